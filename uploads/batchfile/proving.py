"""What in many rows is provably good, found without a finding about any.

Everything here may doubt what is good, but never takes for good what `RowRules` has a word about: `RowRules`
judges whatever is not proven. So the rules stand there alone, and here only what rules their cases out.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .cells import COMMA, CONTROL, LINE_BREAK, PLUS, SLASH, SPACE_AROUND, Look
from .compiling import compiled
from .header import Header
from .keys import ECID_DIGITS, LEAST_PCID_DIGITS
from .rules import ID_LIMIT, ROW_LIMIT, VALUE_LIMIT
from .tables import Table

# What a row may be marked with.
_WITHOUT_ID, _WITHOUT_VALUES, _WITH_SURPLUS, _ODD = (1 << bit for bit in range(4))
_DASH, _DOT, _UNDERSCORE = b"-._"


@dataclass(frozen=True)
class Doubts:
    """What is not proven to be good in some rows of a table; rows are told by their place among these.

    rows, columns: the cells to be judged, row by row; ids that are missing are not among them.
    without_id, without_values, with_surplus, too_big: the rows that surely are what the name says.
    odd: the rows to be judged as a whole instead.
    """

    rows: np.ndarray
    columns: np.ndarray
    without_id: np.ndarray
    without_values: np.ndarray
    with_surplus: np.ndarray
    too_big: np.ndarray
    odd: np.ndarray


class _Rules(NamedTuple):
    """What the loop knows of the rules.

    is_sent: which columns are; key: the number of the id's.
    id_marks, value_marks: the marks of ids and of all cells that are doubted; is_third_party: of which kind
        the ids are. The limits and digits are those of F2, F3 and F9.
    """

    is_sent: np.ndarray
    key: int
    is_third_party: bool
    id_marks: int
    value_marks: int
    id_limit: int = ID_LIMIT
    value_limit: int = VALUE_LIMIT
    least_pcid_digits: int = LEAST_PCID_DIGITS
    ecid_digits: int = ECID_DIGITS


class Prover:
    """Finds what is to be judged in the rows of one file.

    header: of the file; rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, header: Header, *, rejects_unproven: bool):
        # Every row gets its clear values.
        self._all_have_values = bool(header.clear_values)
        self._rules = _Rules(
            is_sent=np.array([name is not None for name in header.sent]),
            key=header.key_index,
            is_third_party=header.key == "thirdPartyId",
            id_marks=PLUS | SLASH | SPACE_AROUND,
            value_marks=CONTROL | (COMMA | LINE_BREAK if rejects_unproven else 0),
        )

    def doubts(
        self, table: Table, look: Look, rows: np.ndarray, encoded_sizes: np.ndarray, is_odd: np.ndarray
    ) -> Doubts:
        """What `RowRules` may have a word about in these rows.

        encoded_sizes: the bytes of each row as it would be sent, without its line feed.
        is_odd: which rows are to be judged as a whole, whatever they hold.
        """
        marks = np.where(is_odd, np.uint8(_ODD), np.uint8(0))
        most = min(len(table.starts), len(rows) * len(self._rules.is_sent))
        places, columns = np.empty((2, most), np.intp)
        count = _doubt(table.cells, rows, look.marks, look.characters, self._rules, marks, places, columns)
        places, columns = places[:count], columns[:count]
        is_odd = (marks & _ODD) > 0
        is_asked = ~is_odd[places]
        without_id, without_values, with_surplus = (
            np.flatnonzero((marks & (mark | _ODD)) == mark)
            for mark in (_WITHOUT_ID, _WITHOUT_VALUES, _WITH_SURPLUS)
        )
        too_big = np.flatnonzero((encoded_sizes > ROW_LIMIT) & ~is_odd)  # F8
        return Doubts(
            places[is_asked],
            columns[is_asked],
            without_id=without_id,
            without_values=without_values[:0] if self._all_have_values else without_values,
            with_surplus=with_surplus,
            too_big=too_big,
            odd=np.flatnonzero(is_odd),
        )


@compiled
def _doubt(cells, rows, marks, characters, rules, row_marks, doubted_rows, doubted_columns):
    """Fill the last arrays; how many cells are doubted."""
    doubted = 0
    for place, row in enumerate(rows):
        first, behind = cells.first_cells[row], cells.first_cells[row + 1]
        row_marks[place] |= _WITHOUT_ID | _WITHOUT_VALUES  # F7
        for cell in range(first, behind):
            column = cell - first
            if cells.starts[cell] == cells.ends[cell]:
                continue
            is_doubted = (marks[cell] & rules.value_marks) != 0
            if column >= len(rules.is_sent):
                row_marks[place] |= _WITH_SURPLUS | (_ODD if is_doubted else 0)
                continue
            if not rules.is_sent[column]:
                continue
            if column == rules.key:
                row_marks[place] &= ~_WITHOUT_ID
                is_doubted |= _is_doubtful_id(cells, cell, marks[cell], characters[cell], rules)
            else:
                row_marks[place] &= ~_WITHOUT_VALUES
                is_doubted |= characters[cell] > rules.value_limit  # F9
            if is_doubted:
                doubted_rows[doubted], doubted_columns[doubted] = place, column
                doubted += 1
    return doubted


@compiled
def _is_doubtful_id(cells, cell, marks, characters, rules):
    data, begin, end = cells.data, cells.starts[cell], cells.ends[cell]
    if not rules.is_third_party:
        return not _is_pcid(data, begin, end, rules.least_pcid_digits)
    return (
        (marks & rules.id_marks) != 0
        or characters > rules.id_limit  # F3
        or (end - begin == rules.ecid_digits and _digits(data, begin, end) == end - begin)  # F2
        or _ends_like_mangled(data, begin, end)
    )


@compiled
def _digits(data, begin, end):
    """How many digits stand at the beginning."""
    at = begin
    while at < end and ord("0") <= data[at] <= ord("9"):
        at += 1
    return at - begin


@compiled
def _is_pcid(data, begin, end, least_digits):
    """Whether the bytes have the form of a pcId (F2)."""
    digits = _digits(data, begin, end)
    at = begin + digits
    if digits < least_digits:
        return False
    for mark in (_DASH, _DOT, _UNDERSCORE):
        if at == end:
            return mark == _DOT
        digits = _digits(data, at + 1, end)
        if data[at] != mark or digits == 0:
            return False
        at += 1 + digits
    return at == end


@compiled
def _ends_like_mangled(data, begin, end):
    """Whether the bytes end in an E and a minus before two or three digits."""
    for digits in (2, 3):
        at = end - digits - 2
        if at >= begin and data[at + 1] == _DASH and (data[at] == ord("E") or data[at] == ord("e")):
            return True
    return False
