"""Reading Target's answers: XML of a few fields (T4, T5, T7, T9) and one profile as JSON (T13).

Both come from outside. XML is read as it streams in, in constant memory, with document types and
entities refused; anything unexpected is Unreadable, never half an answer.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from defusedxml.ElementTree import DefusedXMLParser, ParseError

MAX_TEXT = 4096
MAX_DEPTH = 16
MAX_FIELDS = 64

IdSink = Callable[[str], None]


class Unreadable(Exception):
    """These bytes are no answer of Target's; carries nothing of them."""


@dataclass
class XmlAnswer:
    """The fields directly below <response>."""

    fields: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A field's text without surrounding blanks, "" where it is empty or missing."""
        return self.fields.get(name, "")

    def count(self, name: str) -> int | None:
        """A field as a number, None where it is empty or missing (T7); Unreadable where it is no number."""
        text = self.text(name)
        if not text:
            return None
        # F6: nothing there is to count has ten digits, which a database might not keep.
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Unreadable
        return int(text)


@dataclass(frozen=True)
class Attribute:
    """One attribute of a profile (T13); `modified_at` is None where Target gave no time that can be read."""

    value: str
    modified_at: datetime | None = None


@dataclass(frozen=True)
class Profile:
    """One profile as Target has it (T13): when it last changed, and its attributes by name.

    The site and this API overwrite each other's attributes (F13): an attribute's `modified_at` after
    the batch tells "changed since" from "never arrived". Values are personal data and stay out of the
    representation.
    """

    modified_at: datetime | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict, repr=False)


def read_xml(chunks: Iterable[bytes], failed_ids: IdSink | None = None) -> XmlAnswer:
    """The answer in these pieces of XML; raises Unreadable, and whatever `failed_ids` raises.

    `failed_ids` gets the id of every row that is listed as failed (T9), while the answer is read.
    """
    builder = _AnswerBuilder()
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    for chunk in chunks:
        _parse(parser.feed, chunk)
        listed = builder.take_failed_ids()
        if failed_ids:
            for identifier in listed:
                failed_ids(identifier)
    _parse(parser.close)
    return builder.answer


def possible_ids(listed: str) -> tuple[str, ...]:
    """The ids of a batch file that a listed one may stand for, the likeliest first (T9, F5).

    Nothing says whether Target lists ids as they travelled (`a%20b`) or as they are meant (`a b`); its
    XML has no need of percent-encoding, so an id is taken as written first, and decoded second.
    """
    decoded = listed
    if "%" in listed:
        try:
            decoded = unquote(listed, errors="strict")
        except UnicodeDecodeError:
            pass  # no percent-encoded UTF-8: it can only be meant as written
    return (listed,) if decoded == listed else (listed, decoded)


def read_profile(raw: bytes) -> Profile:
    """One profile (T13); raises Unreadable."""
    try:
        profile = json.loads(raw)
        attributes = {
            name: Attribute(_text(attribute["value"]), _moment(attribute.get("modifiedAt")))
            for name, attribute in profile["profileAttributes"].items()
        }
        return Profile(_moment(profile.get("modifiedAt")), attributes)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unreadable from None


def read_no_profile(raw: bytes) -> None:
    """Make sure that Target itself says that it does not know the id (T13); raises Unreadable."""
    try:
        known = json.loads(raw)["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable from None
    if not isinstance(known, str):
        raise Unreadable


def _parse(step: Callable, *chunk: bytes) -> None:
    try:
        step(*chunk)
    # ValueError: a refused document type or entity, an encoding nobody knows, a text beyond limits.
    except (ParseError, ValueError, LookupError):
        raise Unreadable from None


def _moment(text) -> datetime | None:
    """A time with its zone, None where this is none."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else None


def _text(value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class _AnswerBuilder:
    """The parser's target: keeps what is asked for and lets go of the rest."""

    def __init__(self):
        self.answer = XmlAnswer()
        self._failed_ids: list[str] = []
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
            if name in ("id", "status"):
                self._row[name] = text
        elif len(self._path) == 1:
            self._keep_field(name, text.strip())

    def take_failed_ids(self) -> list[str]:
        """The ids of failed rows that were read since the last time."""
        taken, self._failed_ids = self._failed_ids, []
        return taken

    def close(self) -> None:
        """Nothing to finish; the parser wants the method."""

    def _begin_text(self) -> None:
        self._text = []
        self._length = 0

    def _keep_field(self, name: str, text: str) -> None:
        self.answer.fields.setdefault(name, text)
        if len(self.answer.fields) > MAX_FIELDS:
            raise ValueError("too many fields")

    def _keep_failed_row(self) -> None:
        failed = self._row.get("status", "").strip().lower() in ("failed", "error")  # T9
        if failed and "id" in self._row:
            self._failed_ids.append(self._row["id"])
