"""The templates and the files beside them, as files: whole, strict and free of outside addresses."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from uploads.templatetags.figures import TONE_ICONS

ROOT = settings.BASE_DIR / "templates"
STATIC = settings.BASE_DIR / "uploads" / "static"
TEMPLATES = sorted(ROOT.rglob("*.html"))
OWN_STATIC = sorted(path for kind in ("css", "js", "img") for path in (STATIC / kind).iterdir())
VENDORED = sorted((STATIC / "vendor").iterdir())


def name(path: Path) -> str:
    """The path as templates write it."""
    return path.relative_to(ROOT if path.is_relative_to(ROOT) else STATIC).as_posix()


@pytest.fixture(params=TEMPLATES, ids=name)
def template(request) -> Path:
    """Each template in turn."""
    return request.param


def test_it_compiles_and_its_static_files_exist(template):
    get_template(name(template))
    for wanted in re.findall(r"""{% static ["']([^"']+)["'] %}""", template.read_text()):
        assert finders.find(wanted), wanted


@pytest.mark.parametrize(
    "forbidden",
    [
        pytest.param(r"\sstyle\s*=", id="style-attribute"),
        pytest.param(r"<style\b", id="style-element"),
        pytest.param(r"<script(?![^>]*\ssrc=)", id="inline-script"),
        pytest.param(r"\son[a-z]+\s*=", id="event-handler"),
        pytest.param(r"javascript:", id="javascript-address"),
        pytest.param(r"(?:src|href)=[\"']?(?:https?:)?//", id="outside-address"),
        pytest.param(r"\|safe\b|autoescape off", id="unescaped-value"),
    ],
)
def test_it_holds_nothing_that_the_content_security_policy_forbids(template, forbidden):
    assert not re.search(forbidden, template.read_text(), re.IGNORECASE)


def test_the_sprite_holds_every_icon_in_use_and_no_other():
    sprite = next(STATIC.glob("vendor/bootstrap-icons-*/sprite.svg")).read_text()
    text = "".join(path.read_text() for path in TEMPLATES)
    used = set(re.findall(r'{% icon "([a-z-]+)"', text)) | set(TONE_ICONS.values())
    used |= set(re.findall(r'includes/empty.html" with name="([a-z-]+)"', text))
    assert used == set(re.findall(r'<symbol id="([a-z-]+)"', sprite))


def test_every_sentence_of_the_upload_scripts_is_in_their_template():
    script = "".join((STATIC / "js" / file).read_text() for file in ("upload.js", "transfer.js"))
    words = set(re.findall(r'data-word="([a-z-]+)"', (ROOT / "batches" / "_upload_words.html").read_text()))
    assert set(re.findall(r'(?:say|note|fail|Ended)\("([a-z-]+)"', script)) <= words
    assert words <= set(re.findall(r'"([a-z-]+)"', script))


@pytest.mark.parametrize("path", OWN_STATIC, ids=name)
def test_our_own_files_stay_small_and_name_no_outside_address(path):
    text = path.read_text()
    assert len(text.splitlines()) < 400
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize("folder", VENDORED, ids=name)
def test_vendored_files_carry_version_and_licence_and_no_source_map(folder):
    assert re.search(r"-\d+\.\d+\.\d+$", folder.name)
    assert (folder / "LICENSE").exists()
    assert not [path for path in folder.iterdir() if "sourceMappingURL" in path.read_text()]


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_no_request_and_no_database(code):
    html = get_template(f"{code}.html").render()
    assert "Bulkprofile" in html
    assert "bulkprofile.css" in html
    assert f"Error {code[:3]}" in re.sub(r"\s+", " ", html)


def test_an_unknown_address_answers_in_our_clothes(client):
    answer = client.get("/nothing/here/")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
