"""The catalogues of the languages: every sentence of the product, and what it is in Spanish and French.

`python -m tests.support.catalogues` (`make messages`) reads the sentences out of the code and the templates,
brings `django.po` of each language up to date, and compiles it to the `django.mo` that the product reads.
Both are kept: whoever installs the product needs no tool for it. A file holds no date and no line numbers,
so that it changes with its sentences only.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "uploads" / "locale"
#: The languages besides English, each with how it counts: the forms that gettext numbers from 0.
PLURALS = {"es": "nplurals=2; plural=(n != 1);", "fr": "nplurals=2; plural=(n > 1);"}
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_HEADER = """\
# docs/languages.md has the words to use; `make messages` adds what is new.
msgid ""
msgstr ""
"Project-Id-Version: Bulkprofile\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


class _Dateless(Catalog):
    """A catalogue whose head says neither when nor by what it was written."""

    mime_headers = property(
        lambda self: [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]
    )


def po_path(language: str) -> Path:
    """Where people translate."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    """What the product reads."""
    return po_path(language).with_suffix(".mo")


def sources() -> Iterator[Path]:
    """Whatever may hold a sentence, as paths."""
    yield from sorted((ROOT / "uploads").rglob("*.py"))
    yield from sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))


def as_python(template: str) -> bytes:
    """A template as calls of gettext among noise; in parentheses, because Python minds how lines begin."""
    return f"({templatize(template)}\n)".encode()


def extracted() -> Catalog:
    """Every sentence that is marked, with the files that hold it."""
    catalog = Catalog()
    for path in sources():
        code = path.read_bytes() if path.suffix == ".py" else as_python(path.read_text())
        for line, message, comments, context in extract(
            "python", io.BytesIO(code), KEYWORDS, ["Translators:"]
        ):
            place = (path.relative_to(ROOT).as_posix(), line)
            catalog.add(message, locations=[place], auto_comments=comments, context=context)
    return catalog


def translated(language: str) -> Catalog:
    """What stands in the language's file; nothing before there is one."""
    if not po_path(language).exists():
        return Catalog(locale=language)
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, template: Catalog) -> Catalog:
    """The language's catalogue with exactly the sentences of the template. A new sentence that resembles a
    former one begins with its translation, marked fuzzy until somebody has looked at it."""
    catalog = translated(language)
    catalog.update(template, update_creation_date=False)
    catalog.obsolete.clear()
    for message in catalog:
        message.previous_id = ()
    return catalog


def po_bytes(language: str, catalog: Catalog) -> bytes:
    """The catalogue as its file holds it: in the order of the sentences."""
    written = io.BytesIO(_HEADER.format(language=language, plurals=PLURALS[language]).encode())
    written.seek(0, io.SEEK_END)
    write_po(written, catalog, width=100, omit_header=True, sort_output=True, include_lineno=False)
    return written.getvalue()


def mo_bytes(language: str) -> bytes:
    """The language's file, compiled. What is fuzzy or not translated stays English."""
    catalog, written = _Dateless(locale=language), io.BytesIO()
    for message in translated(language):
        if message.id:
            catalog[message.id] = message
    write_mo(written, catalog)
    return written.getvalue()


def open_sentences(catalog: Catalog) -> list[str]:
    """Those that are not translated, or only by resemblance, or into too few forms."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalog
        if message.id and (message.fuzzy or not all(_forms(message.string)))
    ]


def _forms(text: str | tuple[str, ...] | None) -> tuple[str | None, ...]:
    return text if isinstance(text, tuple) else (text,)


if __name__ == "__main__":
    sentences = extracted()
    for code in PLURALS:
        current = updated(code, sentences)
        po_path(code).parent.mkdir(parents=True, exist_ok=True)
        po_path(code).write_bytes(po_bytes(code, current))
        mo_path(code).write_bytes(mo_bytes(code))
        left = len(open_sentences(current))
        sys.stdout.write(f"{po_path(code).relative_to(ROOT)}: {left} to translate\n")
