"""The rules for one row: what Target would refuse or drop, found before it leaves (F3, F5, F7, F8, F9)."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .encoding import PercentEncodingError, decode_text, encode_row
from .keys import looks_like_ecid
from .problems import UNDECODABLE, Problem, excerpt

ID_LIMIT = 256  # F3, in characters
VALUE_LIMIT = 256  # F9, in characters
ROW_LIMIT = 64_000  # F8, in encoded bytes without the line feed
ECID_LENGTH = 38

_FORBIDDEN_IN_ID = re.compile("[+/]")  # F3
# Unicode category Cc without tab, LF and CR.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SEPARATOR = "\x00"
_CONTROL_OR_UNDECODABLE = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udcff]")


class Verdict(NamedTuple):
    """What the rules say of one row.

    id: the row's id, empty where it has none.
    encoded: the row as it would be sent, without its line feed (F5).
    problems: all its problems in column order; a row is good if none of them is an error.
    """

    id: str
    encoded: str
    problems: Sequence[Problem]


def control_characters(text: str) -> list[str]:
    """The different characters of Unicode category Cc other than tab, CR and LF, as ``U+0007``."""
    return [f"U+{ord(character):04X}" for character in dict.fromkeys(_CONTROL.findall(text))]


class RowRules:
    """Judges the rows of one file.

    names: the header's names as they stand in the file, in its order.
    key_index: which of them is the key column; key: ``pcId`` or ``thirdPartyId``.
    percent_encoded: whether the cells come from a batch file and are decoded first.
    """

    def __init__(self, names: Sequence[str], key_index: int, key: str, percent_encoded: bool):
        self._columns = [excerpt(name) for name in names]
        self._width = len(names)
        self._key_index = key_index
        self._third_party = key == "thirdPartyId"
        self._percent_encoded = percent_encoded

    def judge(self, line: int, cells: list[str]) -> Verdict:
        """The verdict on the content row that begins on the physical line."""
        broken = set()
        if len(cells) > self._width and not any(cells[self._width :]):
            cells = cells[: self._width]
        if self._percent_encoded:
            cells, broken = decoded(cells)
        ordered = self._ordered(cells)
        encoded = encode_row(ordered)
        if not broken and self._surely_good(cells, ordered, encoded):
            return Verdict(ordered[0], encoded, ())
        problems = sorted(
            self._every_problem(line, cells, broken, len(encoded)), key=lambda problem: problem.position
        )
        return Verdict(ordered[0], encoded, problems)

    def _ordered(self, cells: list[str]) -> list[str]:
        """The declared cells with the key first; a short row stays short (F7)."""
        if len(cells) > self._width:
            cells = cells[: self._width]
        index = self._key_index
        if index == 0:
            return cells
        if index >= len(cells):
            return ["", *cells]
        return [cells[index], *cells[:index], *cells[index + 1 :]]

    def _surely_good(self, cells: list[str], ordered: list[str], encoded: str) -> bool:
        """A quick look that most rows pass; whatever it turns down is judged rule by rule."""
        id_ = ordered[0]
        text = _SEPARATOR.join(ordered)
        return (
            len(cells) <= self._width
            and 0 < len(id_) != ECID_LENGTH
            and len(text) > len(id_) + len(ordered) - 1
            and (len(text) <= VALUE_LIMIT or max(map(len, ordered)) <= VALUE_LIMIT)
            and len(encoded) <= ROW_LIMIT
            and not _FORBIDDEN_IN_ID.search(id_)
            and not _CONTROL_OR_UNDECODABLE.search(text)
            and text.count(_SEPARATOR) == len(ordered) - 1
        )

    def _every_problem(
        self, line: int, cells: list[str], broken: set[int], encoded_bytes: int
    ) -> Iterator[Problem]:
        for index, cell in enumerate(cells):
            yield from self._problems_of_cell(line, index, cell, index in broken)
        if self._key_index >= len(cells):
            yield self._problem(line, self._key_index, "id-missing", "")
        surplus = [index for index in range(self._width, len(cells)) if cells[index]]
        if surplus:
            params = {"columns": self._width, "surplus": len(surplus)}
            yield self._problem(line, surplus[0], "too-many-values", cells[surplus[0]], params)
        if not any(cell for index, cell in enumerate(cells[: self._width]) if index != self._key_index):
            yield Problem(line, "", "no-values")  # F7
        if encoded_bytes > ROW_LIMIT:
            yield Problem(line, "", "row-too-big", params={"bytes": encoded_bytes, "limit": ROW_LIMIT})

    def _problems_of_cell(self, line: int, index: int, cell: str, broken: bool) -> Iterator[Problem]:
        if UNDECODABLE.search(cell):
            yield self._problem(line, index, "undecodable", cell)
            return
        if broken:
            yield self._problem(line, index, "bad-percent-encoding", cell)
            return
        if index == self._key_index:
            yield from self._problems_of_id(line, index, cell)
        elif index < self._width and len(cell) > VALUE_LIMIT:
            params = {"length": len(cell), "limit": VALUE_LIMIT}
            yield self._problem(line, index, "value-too-long", cell, params)  # F9
        if found := control_characters(cell):
            yield self._problem(line, index, "control-character", cell, {"characters": found})

    def _problems_of_id(self, line: int, index: int, id_: str) -> Iterator[Problem]:
        if not id_:
            yield self._problem(line, index, "id-missing", "")
        if self._third_party and (found := _FORBIDDEN_IN_ID.findall(id_)):  # F3
            params = {"characters": sorted(set(found))}
            yield self._problem(line, index, "id-forbidden-character", id_, params)
        if self._third_party and len(id_) > ID_LIMIT:  # F3
            params = {"length": len(id_), "limit": ID_LIMIT}
            yield self._problem(line, index, "id-too-long", id_, params)
        if looks_like_ecid(id_):  # F2
            yield self._problem(line, index, "id-looks-like-ecid", id_)

    def _problem(self, line: int, index: int, code: str, value: str, params: dict | None = None) -> Problem:
        column = self._columns[index] if index < self._width else ""
        return Problem(line, column, code, excerpt(value), params or {}, index + 1)


def decoded(cells: list[str]) -> tuple[list[str], set[int]]:
    """The cells of a batch file's row in clear, and the indexes of those whose encoding is broken (F5)."""
    clear, broken = list(cells), set()
    for index, cell in enumerate(cells):
        if "%" in cell and not UNDECODABLE.search(cell):
            try:
                clear[index] = decode_text(cell)
            except PercentEncodingError:
                broken.add(index)
    return clear, broken
