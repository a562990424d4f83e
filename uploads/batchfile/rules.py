"""The rules for one row: what Target would refuse or drop, found before it leaves (F2, F3, F5, F7, F8, F9).

A row is judged as it would be sent: decoded if it comes from a batch file, treated as the reading says,
without the columns that are not sent.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from .budget import NEAR_LIMIT, PROFILE_LIMIT, text_bytes
from .encoding import RAW_SIGNS, PercentEncodingError, decode_text, encode_row
from .keys import ECID_DIGITS, looks_like_ecid, looks_like_pcid
from .lines import line_ends
from .problems import UNDECODABLE, Problem, excerpt
from .treatment import SPACES, Treatment, with_clear_values

ID_LIMIT = 256  # F3, in characters
VALUE_LIMIT = 256  # F9, in characters
ROW_LIMIT = 64_000  # F8, in encoded bytes without the line feed

_FORBIDDEN_IN_ID = "+/"  # F3
# What Excel, and in its wake pandas and R, make of a long number: 4.89E+12, in some countries 4,89E+12.
_MANGLED_BY_EXCEL = re.compile(f"[{SPACES}]*[0-9]([.,][0-9]+)?[Ee][+-][0-9]{{2,3}}[{SPACES}]*")
# A quick look: an F3 character, or what a mangled number ends with.
_REMARKABLE_ID = re.compile("[+/]|[Ee]-[0-9]{2,3}$")
# F5: legal once encoded, but nobody has promised that every Target server treats them well.
_NOT_PROVEN = re.compile("[,\r\n]")
# Unicode category Cc without tab, LF and CR.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROL_OR_UNDECODABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udcff]")
_SEPARATOR = "\x00"
_SAME_BUT_SEPARATOR = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\udc80-\udcff]")


class Verdict(NamedTuple):
    """What the rules say of one row.

    id: the row's id, empty where it has none.
    cells: its cells in the file's order, decoded and treated, surplus ones included.
    encoded: the row as it would be sent, clear values in place of blanks (F7), without its line feed (F5).
    problems: all its problems in column order; a row is good if none of them is an error.
    """

    id: str
    cells: list[str]
    encoded: str
    problems: Sequence[Problem]


def control_characters(text: str) -> list[str]:
    """The different characters of Unicode category Cc other than tab, CR and LF, as ``U+0007``."""
    return [f"U+{ord(character):04X}" for character in dict.fromkeys(_CONTROL.findall(text))]


class RowRules:
    """Judges the rows of one file.

    names: the header's names as they stand in the file, in its order.
    sent: the indexes of the columns that are sent, the key column first, the others in the file's order.
    attributes: the names under which these others are sent.
    key: ``pcId`` or ``thirdPartyId``.
    treatment: how cells are treated before they are judged.
    percent_encoded: whether the cells come from a batch file and are decoded first.
    rejects_unproven: whether a comma or a line break in a cell keeps its row out (F5).
    clear_values: as `Header` has them.
    """

    def __init__(
        self,
        names: Sequence[str],
        sent: Sequence[int],
        attributes: Sequence[str],
        key: str,
        treatment: Treatment,
        percent_encoded: bool = False,
        rejects_unproven: bool = False,
        clear_values: Mapping[int, str] | None = None,
    ):
        self._columns = [excerpt(name) for name in names]
        self._width = len(names)
        self._order = sent
        self._is_in_order = list(sent) == list(range(len(names)))
        self._sent = frozenset(sent)
        self._key_index = sent[0]
        self._name_bytes = list(map(text_bytes, attributes))
        # An encoded row that is not longer has no more than its names and values may have.
        self._surely_light = min(ROW_LIMIT, NEAR_LIMIT - 1 - sum(self._name_bytes))
        self._third_party = key == "thirdPartyId"
        self._treatment = treatment
        self._percent_encoded = percent_encoded
        self._rejects_unproven = rejects_unproven
        self._clear_values = clear_values or {}

    def judge(self, line: int, cells: list[str], long_numbers: Sequence[int] = ()) -> Verdict | None:
        """The verdict on the row that begins on the physical line; None where it has no content.

        long_numbers: as in `records.Record`.
        """
        broken, found, as_they_stand = set(), [], cells
        if len(cells) > self._width and not any(cells[self._width :]):
            cells = cells[: self._width]
        if self._key_index in long_numbers:
            found.append(self._problem(line, self._key_index, "id-number-too-long", cells[self._key_index]))
        if self._percent_encoded:
            found += self._raw_signs(line, cells)
            cells, broken = decoded(cells)
        cells = self._treatment.of(cells)
        if not any(cells):
            return None
        ordered = self._ordered(with_clear_values(cells, self._clear_values))
        encoded = encode_row(ordered)
        if not (broken or found) and self._surely_good(cells, ordered, encoded):
            return Verdict(ordered[0], cells, encoded, ())
        for index, cell in enumerate(cells):
            if index in self._sent or index >= self._width:
                found += self.problems_of_cell(line, index, cell, index in broken)
        if self._key_index >= len(cells):
            found += self.problems_of_cell(line, self._key_index, "")
        if any(cells[self._width :]):
            found.append(self.surplus(line, cells[self._width :]))
        if not any(ordered[1:]):
            found.append(self.no_values(line))
        if len(encoded) > ROW_LIMIT:
            found.append(self.too_big(line, len(encoded)))
        elif len(encoded) > self._surely_light and (weight := self._weight(ordered)) >= NEAR_LIMIT:
            found.append(self.near_limit(line, weight))
        found = [_with_own_line(problem, as_they_stand) for problem in found]
        return Verdict(ordered[0], cells, encoded, sorted(found, key=lambda problem: problem.position))

    def problems_of_cell(self, line: int, index: int, cell: str, broken: bool = False) -> list[Problem]:
        """What is wrong with one cell of a row, treated as the reading says, whose column is sent or surplus.

        An id that a row is too short for is an empty cell. broken: whether its percent-encoding is.
        """
        is_odd = _CONTROL_OR_UNDECODABLE.search(cell)
        if is_odd and UNDECODABLE.search(cell):
            return [self._problem(line, index, "undecodable", cell)]
        if broken:
            return [self._problem(line, index, "bad-percent-encoding", cell)]
        found = []
        if index == self._key_index:
            found = self._problems_of_id(line, index, cell)
        elif index < self._width and len(cell) > VALUE_LIMIT:
            params = {"length": len(cell), "limit": VALUE_LIMIT}
            found.append(self._problem(line, index, "value-too-long", cell, params))  # F9
        if self._rejects_unproven and index < self._width and _NOT_PROVEN.search(cell):  # F5
            found.append(self._problem(line, index, "value-not-proven", cell))
        if is_odd:
            params = _control_characters(*_CONTROL.findall(cell))
            found.append(self._problem(line, index, "control-character", cell, params))
        return found

    def surplus(self, line: int, cells: Sequence[str]) -> Problem:
        """The problem of a row with cells behind the header's columns: these, not all of them empty."""
        filled = [self._width + number for number, cell in enumerate(cells) if cell]
        params = _surplus(self._width, len(filled), filled[-1] + 1)
        return self._problem(line, filled[0], "too-many-values", cells[filled[0] - self._width], params)

    def no_values(self, line: int) -> Problem:
        """The problem of a row with nothing but an id: Target would ignore it (F7)."""
        return Problem(line, "", "no-values")

    def too_big(self, line: int, encoded_bytes: int) -> Problem:
        """The problem of a row of more than ROW_LIMIT bytes (F8)."""
        return Problem(line, "", "row-too-big", params={"bytes": encoded_bytes, "limit": ROW_LIMIT})

    def near_limit(self, line: int, weight: int) -> Problem:
        """The problem of a row that alone brings its profile near the limit (F8)."""
        return Problem(line, "", "row-near-limit", params={"bytes": weight, "limit": PROFILE_LIMIT})

    def _weight(self, ordered: Sequence[str]) -> int:
        """What a row takes of its profile (F8)."""
        values = zip(self._name_bytes, ordered[1:], strict=False)
        return sum(name_bytes + text_bytes(value) for name_bytes, value in values if value)

    def _raw_signs(self, line: int, cells: list[str]) -> Iterator[Problem]:
        """What Target would take for something else if the row of a batch file were sent as it is (F5)."""
        for index, cell in enumerate(cells):
            if index in self._sent:
                yield from (
                    self._problem(line, index, code, cell) for sign, code in RAW_SIGNS.items() if sign in cell
                )

    def _ordered(self, cells: list[str]) -> list[str]:
        """The cells that are sent with the key first; a short row stays short (F7)."""
        count = len(cells)
        if self._is_in_order:
            return cells if count <= self._width else cells[: self._width]
        if count < self._width:
            id_ = cells[self._key_index] if self._key_index < count else ""
            return [id_, *(cells[index] for index in self._order[1:] if index < count)]
        return [cells[index] for index in self._order]

    def _surely_good(self, cells: list[str], ordered: list[str], encoded: str) -> bool:
        """A quick look that most rows pass; whatever it turns down is judged rule by rule."""
        id_ = ordered[0]
        text = _SEPARATOR.join(ordered)
        return (
            len(cells) <= self._width
            and 0 < len(id_) != ECID_DIGITS
            and self._is_plain_id(id_)
            and len(text) > len(id_) + len(ordered) - 1
            and (len(text) <= VALUE_LIMIT or max(map(len, ordered)) <= VALUE_LIMIT)
            and len(encoded) <= self._surely_light
            and not _SAME_BUT_SEPARATOR.search(text)
            and text.count(_SEPARATOR) == len(ordered) - 1
            and not (self._rejects_unproven and _NOT_PROVEN.search(text))
        )

    def _is_plain_id(self, id_: str) -> bool:
        """Whether an id that is not empty surely has no problem but its length or an ECID's shape."""
        if id_[0] in SPACES or id_[-1] in SPACES:
            return False
        if self._third_party:
            return not _REMARKABLE_ID.search(id_)
        return looks_like_pcid(id_)

    def _problems_of_id(self, line: int, index: int, id_: str) -> list[Problem]:
        if not id_:
            return [self._problem(line, index, "id-missing", "")]
        found = []
        if self._third_party and ("+" in id_ or "/" in id_):  # F3
            params = _characters(*(character for character in _FORBIDDEN_IN_ID if character in id_))
            found.append(self._problem(line, index, "id-forbidden-character", id_, params))
        if self._third_party and len(id_) > ID_LIMIT:  # F3
            params = {"length": len(id_), "limit": ID_LIMIT}
            found.append(self._problem(line, index, "id-too-long", id_, params))
        if len(id_) == ECID_DIGITS and looks_like_ecid(id_):  # F2
            found.append(self._problem(line, index, "id-looks-like-ecid", id_))
        elif not self._third_party and not looks_like_pcid(id_):  # F2
            found.append(self._problem(line, index, "id-not-pcid-form", id_))
        if id_[0] in SPACES or id_[-1] in SPACES:
            found.append(self._problem(line, index, "id-surrounding-spaces", id_))
        if _MANGLED_BY_EXCEL.fullmatch(id_):
            found.append(self._problem(line, index, "id-mangled-by-excel", id_))
        return found

    def _problem(self, line: int, index: int, code: str, value: str, params: dict | None = None) -> Problem:
        column = self._columns[index] if index < self._width else ""
        return Problem(line, column, code, excerpt(value), params or {}, index + 1)


def _with_own_line(problem: Problem, cells: list[str]) -> Problem:
    """The problem; of bytes that are no text, with the line of the first of them, if it is not the row's.

    A row of many lines is searched for them with an editor.
    """
    if problem.code != "undecodable":
        return problem
    *before, cell = cells[: problem.position]
    found = UNDECODABLE.search(cell)
    above = [*before, cell[: found.start()] if found else ""]
    breaks = sum(line_ends(text.encode("utf-8", "surrogateescape")) for text in above)
    return problem._replace(params={"at_line": problem.line + breaks}) if breaks else problem


# The same few parameters for very many problems take less time to make and to store.
@lru_cache
def _characters(*characters: str) -> dict:
    return {"characters": list(characters)}


@lru_cache
def _control_characters(*characters: str) -> dict:
    return {"characters": control_characters("".join(characters))}


@lru_cache
def _surplus(columns: int, surplus: int, cells: int) -> dict:
    return {"columns": columns, "surplus": surplus, "cells": cells}


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
