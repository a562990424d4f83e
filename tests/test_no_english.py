"""Nothing that people see falls back into English."""

import re
from html import unescape

import pytest
from django.urls import reverse

from tests.support import catalogues, rights
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
@pytest.mark.parametrize("who", ["nobody", "uploader", "reviewer", "auditor", "admin"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_falls_back_into_english(request, client, sign_in_confirmed, things, language, who):  # noqa: F811
    if who != "nobody":
        person = request.getfixturevalue(who)
        User.objects.filter(pk=person.pk).update(language=language)
        sign_in_confirmed(User.objects.get(pk=person.pk))
    leaks = []
    for name, serves in rights.addresses().items():
        if "GET" not in serves:
            continue
        answer = client.get(reverse(name, args=things(name)), headers={"accept-language": language})
        if answer.get("Content-Type", "").startswith("text/html") and not answer.streaming:
            page = answer.content.decode()
            leaks += [(name, text) for text in visible(page) if ENGLISH.search(text)]
            leaks += [(name, spoiled) for spoiled in re.findall(r'="-?\d+,\d+[^"]*"', page)]
    assert not leaks
