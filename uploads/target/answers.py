"""Reading Target's answers: XML of a few fields (T4, T5, T7, T9) and one profile as JSON (T13).

Both come from outside. XML is read as it streams in, in constant memory, with document types and
entities refused; anything unexpected is Unreadable, never half an answer.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from defusedxml.ElementTree import DefusedXMLParser, ParseError

FAILED_IDS_KEPT = 1000
MAX_TEXT = 4096
MAX_DEPTH = 16


class Unreadable(Exception):
    """These bytes are no answer of Target's; carries nothing of them."""


@dataclass
class XmlAnswer:
    """The fields directly below <response>, and the ids of rows that are listed as failed (T9)."""

    fields: dict[str, str] = field(default_factory=dict)
    failed_ids: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A field's text without surrounding blanks, "" where it is empty or missing."""
        return self.fields.get(name, "")

    def count(self, name: str) -> int | None:
        """A field as a number, None where it is empty or missing (T7); Unreadable where it is no number."""
        text = self.text(name)
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise Unreadable
        return int(text)


def read_xml(chunks: Iterable[bytes]) -> XmlAnswer:
    """The answer in these pieces of XML; raises Unreadable."""
    target = _AnswerBuilder()
    parser = DefusedXMLParser(target=target, forbid_dtd=True)
    try:
        for chunk in chunks:
            parser.feed(chunk)
        parser.close()
    # ValueError: a refused document type or entity, an encoding nobody knows, a text beyond limits.
    except (ParseError, ValueError, LookupError):
        raise Unreadable from None
    return target.answer


def read_profile(raw: bytes) -> dict[str, str]:
    """The attributes of one profile, name to value (T13); raises Unreadable."""
    try:
        attributes = json.loads(raw)["profileAttributes"]
        return {name: _text(attribute["value"]) for name, attribute in attributes.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable from None


def _text(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _AnswerBuilder:
    """The parser's target: keeps what is asked for and lets go of the rest."""

    def __init__(self):
        self.answer = XmlAnswer()
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._row: dict[str, str] = {}

    def start(self, tag: str, attributes: dict) -> None:
        name = tag.rpartition("}")[2]
        if not self._path and name != "response":
            raise ValueError("no response")
        if len(self._path) >= MAX_DEPTH:
            raise ValueError("too deep")
        self._path.append(name)
        self._begin_text()
        if name == "profile":
            self._row = {}

    def data(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise ValueError("too long")
        self._text.append(text)

    def end(self, tag: str) -> None:
        name = self._path.pop()
        text = "".join(self._text)
        self._begin_text()
        if name == "profile":
            self._keep_failed_row()
        elif self._path and self._path[-1] == "profile":
            self._row[name] = text
        elif len(self._path) == 1:
            self.answer.fields.setdefault(name, text.strip())

    def close(self) -> None:
        """Nothing to finish; the parser wants the method."""

    def _begin_text(self) -> None:
        self._text = []
        self._length = 0

    def _keep_failed_row(self) -> None:
        failed = self._row.get("status", "").strip().lower() in ("failed", "error")  # T9
        if failed and "id" in self._row and len(self.answer.failed_ids) < FAILED_IDS_KEPT:
            self.answer.failed_ids.append(self._row["id"])
