"""docs/settings.md: every variable of the environment, as the code reads it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.support import setting_docs

ROOT = Path(__file__).parents[1]
#: What reads the environment itself, and what it reads.
READS_ENVIRONMENT = re.compile(r"""os\.environ(?:\.get|\.pop)?[\[(]\s*"(\w+)"|os\.getenv\(\s*"(\w+)""")


def test_the_page_is_what_the_code_says():
    assert setting_docs.PAGE.read_text(encoding="utf-8") == setting_docs.page()


def test_no_setting_is_read_past_the_reference():
    for path in sorted((ROOT / "bulkprofile").glob("*.py")):
        if path.name not in ("environment.py", "wsgi.py"):
            assert not READS_ENVIRONMENT.findall(path.read_text()), path.name


def test_what_single_commands_read_stands_on_the_page():
    page = setting_docs.PAGE.read_text(encoding="utf-8")
    read = {
        name
        for path in (ROOT / "uploads").rglob("*.py")
        for names in READS_ENVIRONMENT.findall(path.read_text())
        for name in filter(None, names)
    }
    assert {name for name in read if f"`{name}`" not in page} == set()
    assert "DEMO_PASSWORD" in read


@pytest.mark.parametrize("variable", settings.VARIABLES, ids=lambda variable: variable.name)
def test_each_says_what_it_is_about(variable):
    assert variable.topic and variable.about.endswith(".") and "|" not in variable.about
