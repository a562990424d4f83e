"""The catalogues: what people translated is what the product reads, and says what it should."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from babel.messages import Message

from tests.support import catalogues
from uploads.pages.words import CLIENT_SAYS

LANGUAGES = sorted(catalogues.PLURALS)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}|%%|</?\w+>")
#: What stands in templates as it is in every language: names, and what a style sheet or a browser reads.
AS_IT_IS = {"Bulkprofile", "narrow", "medium", "width=device-width, initial-scale=1"}


def sentences(language: str) -> list[Message]:
    """Every sentence of the language's file that is translated."""
    return [message for message in catalogues.translated(language) if message.id and not message.fuzzy]


def forms(text) -> tuple[str, ...]:
    """A sentence, or its singular and plural; without what is not translated yet."""
    return tuple(filter(None, text if isinstance(text, tuple) else (text,)))


def shape(text: str) -> tuple:
    """What a translation keeps: white space at the ends, and whether it is a sentence."""
    return text[:1].isspace(), text[-1:].isspace(), text.rstrip()[-1:] in ".?", text.rstrip()[-1:] == "…"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_product_reads_is_what_people_translated(language):
    """`make messages` compiles it anew."""
    assert catalogues.mo_path(language).read_bytes() == catalogues.mo_bytes(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_what_the_sentence_names(language):
    def named(text: str) -> list[str]:
        return sorted(PLACEHOLDER.findall(text))

    wrong = [
        (message.id, said)
        for message in sentences(language)
        for said in forms(message.string)
        if named(said) not in [named(form) for form in forms(message.id)]
    ]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_is_a_sentence_where_the_original_is_one(language):
    abbreviated = {"No."}
    wrong = [
        (message.id, said)
        for message in sentences(language)
        for said in forms(message.string)
        if shape(said) != shape(forms(message.id)[0]) and message.id not in abbreviated
    ]
    assert not wrong


def phrases(path: Path) -> Iterator[str]:
    """The sentences that a module of Target's client writes, with {code} for a number of HTTP."""
    tree = ast.parse(path.read_text())
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    inside |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and "ValueError" in ast.unparse(node)
        for part in ast.walk(node)
    }
    inside |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{code}" for part in parts)
        if isinstance(node, ast.JoinedStr | ast.Constant) and re.fullmatch(r"[A-Z][\w']* .*\.", text):
            yield text


def test_the_pages_know_every_phrase_of_targets_client():
    """It is kept as it stands, and translated when it is shown."""
    folder = catalogues.ROOT / "uploads" / "target"
    assert {text for name in ("client.py", "http.py") for text in phrases(folder / name)} == CLIENT_SAYS


def hard_coded(template: str) -> list[str]:
    """The texts of a template that no translation can reach."""
    text = re.sub(r"{#.*?#}|{% comment.*?endcomment %}", "", template, flags=re.DOTALL)
    text = re.sub(r"{% blocktrans(?:late)?\b.*?{% endblocktrans(?:late)? %}", "", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)
    named = re.findall(r'\b(?:aria-label|title|alt|placeholder|data-label|content)="([^"]*)"', text)
    plain = re.sub(r"<[^>]*>", "\n", unescape(text)).splitlines()
    texts = (one.strip(" ·\t") for one in [*named, *plain])
    return [one for one in texts if re.search(r"[^\W\d_]{2}", one) and one not in AS_IT_IS]


@pytest.mark.parametrize(
    "path",
    [path for path in catalogues.sources() if path.suffix != ".py"],
    ids=lambda path: path.relative_to(catalogues.ROOT / "templates").as_posix(),
)
def test_no_template_holds_a_text_that_cannot_be_translated(path):
    assert hard_coded(path.read_text()) == []
