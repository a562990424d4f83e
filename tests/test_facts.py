"""What Target expects and does stands where it is enforced, played or said, and where it is shown."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FACTS = [
    re.match(r"\| ([FT]\d+) \|", line)[1]
    for line in (ROOT / "docs" / "target.md").read_text("utf-8").splitlines()
    if re.match(r"\| [FT]\d+ \|", line)
]


def tags_in(folder: str) -> set[str]:
    sources = (path for path in (ROOT / folder).rglob("*.py") if path != Path(__file__))
    return {tag for path in sources for tag in re.findall(r"\b[FT]\d+\b", path.read_text("utf-8"))}


def test_the_docs_list_every_fact_once():
    files, calls = ([tag for tag in FACTS if tag[0] == letter] for letter in "FT")
    assert files == [f"F{number}" for number in range(1, 14)]
    assert calls == [f"T{number}" for number in range(1, 15)]


@pytest.mark.parametrize("folder", ["uploads", "tests"])
def test_every_fact_is_cited(folder):
    assert set(FACTS) - tags_in(folder) == set()
