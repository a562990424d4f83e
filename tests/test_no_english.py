"""Nothing that people see falls back into English."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from tests.conftest import PASSWORD
from tests.support import catalogues, rights
from tests.support.second_factor import confirm
from tests.test_rights import things  # noqa: F401 (a fixture)
from uploads.models import User

LANGUAGES = sorted(catalogues.PLURALS)
#: Words of English that neither Spanish nor French has; no whole sentence of ours does without all of them.
ENGLISH = re.compile(r"\b(?:the|and|is|are|of|with|this|your|was|which|you|it|not|has|by|to|for)\b", re.I)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_product_is_translated(language):
    """`make messages` writes those that are missing into the files; docs/languages.md says how to go on."""
    known = catalogues.updated(language, catalogues.extracted())
    assert catalogues.open_sentences(known) == []
    assert catalogues.po_bytes(language, known) == catalogues.po_path(language).read_bytes()


def visible(page: str) -> list[str]:
    """The texts that a page shows; not what stands in it as somebody wrote it: code, values, names."""
    text = re.sub(r"<(head|script|pre|code)\b.*?</\1>", "", page, flags=re.DOTALL)
    text = re.sub(r'<(\w+) class="[^"]*\bvalue\b[^>]*>.*?</\1>', "", text, flags=re.DOTALL)
    named = re.findall(r'\b(?:aria-label|title|alt|placeholder|data-label)="([^"]*)"', text)
    plain = re.sub(r"<[^>]*>", "\n", text).splitlines()
    return [unescape(one).strip() for one in [*named, *plain] if one.strip()]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_falls_back_into_english(request, subtests, things, language):  # noqa: F811
    """One of everything serves all: to make it takes as long as to ask for each page."""
    for who in ("nobody", "uploader", "reviewer", "auditor", "admin"):
        with subtests.test(who=who):
            client = Client()
            if who != "nobody":
                person = request.getfixturevalue(who)
                User.objects.filter(pk=person.pk).update(language=language)
                client.force_login(User.objects.get(pk=person.pk))
                confirm(client, PASSWORD)
            assert not leaks(client, language, things)


def leaks(client: Client, language: str, things) -> list[tuple[str, str]]:  # noqa: F811
    """What the pages that this person may ask for show in English, by the address's name."""
    found = []
    for name, serves in rights.addresses().items():
        if "GET" not in serves:
            continue
        answer = client.get(reverse(name, args=things(name)), headers={"accept-language": language})
        if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            page = answer.content.decode()
            found += [(name, text) for text in visible(page) if ENGLISH.search(text)]
            found += [(name, spoiled) for spoiled in re.findall(r'="-?\d+,\d+[^"]*"', page)]
    return found
