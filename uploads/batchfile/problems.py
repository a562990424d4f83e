"""Problems: what is wrong with a row or with the whole file, as values.

A problem carries a stable code and parameters, no sentences. The codes are public: once released
none is renamed. The sentences live in `uploads.explanations`.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

ERROR = "error"
WARNING = "warning"
NOTICE = "notice"
EXCERPT_LENGTH = 200

# What `surrogateescape` makes of the bytes that are not UTF-8.
UNDECODABLE = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Code:
    """What is fixed about a code: its severity, and whether it is of the file, of a column or of a row.

    An error of a row that stands on the header's line makes the file unusable as well. A notice is of a
    column, and no problem: it is counted once for the whole file.
    """

    severity: str
    scope: str


CODES = {
    "empty-file": Code(ERROR, "file"),
    "no-rows": Code(ERROR, "file"),
    "not-a-csv": Code(ERROR, "file"),
    "wrong-container": Code(ERROR, "file"),
    "sheet-missing": Code(ERROR, "file"),
    "unpacked-too-big": Code(ERROR, "file"),
    "workbook-too-big": Code(ERROR, "file"),
    "header-too-big": Code(ERROR, "file"),
    "too-many-columns": Code(ERROR, "file"),
    "header-key": Code(ERROR, "file"),
    "header-name": Code(ERROR, "file"),
    "header-duplicate": Code(ERROR, "file"),
    "header-without-column": Code(ERROR, "file"),
    "pcid-with-ecid": Code(ERROR, "file"),
    "undecodable": Code(ERROR, "row"),
    "unclosed-quote": Code(ERROR, "row"),
    "bad-percent-encoding": Code(ERROR, "row"),
    "control-character": Code(ERROR, "row"),
    "id-missing": Code(ERROR, "row"),
    "id-forbidden-character": Code(ERROR, "row"),
    "id-too-long": Code(ERROR, "row"),
    "id-looks-like-ecid": Code(ERROR, "row"),
    "id-number-too-long": Code(ERROR, "row"),
    "id-duplicate": Code(ERROR, "row"),
    "too-many-values": Code(ERROR, "row"),
    "no-values": Code(ERROR, "row"),
    "row-too-big": Code(ERROR, "row"),
    "value-not-proven": Code(ERROR, "row"),
    "row-near-limit": Code(WARNING, "row"),
    "value-too-long": Code(WARNING, "row"),
    "raw-plus": Code(WARNING, "row"),
    "raw-ampersand": Code(WARNING, "row"),
    "id-mangled-by-excel": Code(WARNING, "row"),
    "id-surrounding-spaces": Code(WARNING, "row"),
    "id-looks-like-email": Code(WARNING, "row"),
    "id-not-pcid-form": Code(WARNING, "row"),
    "null-words": Code(NOTICE, "column"),
    "comma-in-value": Code(NOTICE, "column"),
    "line-break-in-value": Code(NOTICE, "column"),
}

# F5: legal, but not known to be treated well by every Target server.
UNPROVEN_NOTICES = ("comma-in-value", "line-break-in-value")


class Problem(NamedTuple):
    """One finding about one row, or about the file.

    line: the physical line, counted from 1, on which the row begins.
    column: the column's name in the file's header; empty where no one column is meant.
    value: what stands there, as an excerpt of at most EXCERPT_LENGTH characters and an ellipsis.
    params: small JSON values that the sentence about the problem needs; never changed.
    position: the cell's number in the row, counted from 1; 0 where the whole row or file is meant.
    """

    line: int
    column: str
    code: str
    value: str = ""
    params: dict = {}
    position: int = 0

    @property
    def severity(self) -> str:
        """``error`` (the row stays out, or the file cannot be used) or ``warning`` (it may go)."""
        return CODES[self.code].severity


@dataclass(frozen=True)
class Notice:
    """What is worth knowing about one column, counted over all rows that could be read.

    code: of a notice in CODES; column: the column's name in the file's header.
    count: how many of its cells it is about.
    example: ``line``, ``id`` and ``value`` (an excerpt) of one such cell in a row that is sent, for
        reading it back from Target (T13); None where no such row is at hand.
    params: small JSON values that the sentence about the notice needs.
    """

    code: str
    column: str
    count: int
    example: dict | None = None
    params: dict = field(default_factory=dict)


def shown(text: str) -> str:
    r"""The text with every byte that is not UTF-8 written out as ``\xNN``, fit to store and show."""
    if not UNDECODABLE.search(text):
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def excerpt(text: str) -> str:
    """The text as `shown`, cut after EXCERPT_LENGTH characters with an ellipsis."""
    if text.isascii() and len(text) <= EXCERPT_LENGTH:
        return text
    whole = shown(text[: EXCERPT_LENGTH + 1])
    return whole if len(whole) <= EXCERPT_LENGTH else whole[:EXCERPT_LENGTH] + "…"
