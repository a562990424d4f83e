"""Which doubtful cells and rows are so alike that the rules find the same in all of them.

In most bad files the same few things are wrong a hundred thousand times. What `RowRules` says of one cell
then holds for all of its kind, but for the line and the value. A kind tells everything that the rules look
at; a cell of which it would not is of no kind, and is judged by itself.
"""

from collections.abc import Iterator

import numpy as np

from .cells import (
    BEYOND_ASCII,
    COMMA,
    CONTROL,
    LINE_BREAK,
    MARKS_OF_BYTES,
    PLUS,
    SLASH,
    SPACE_AROUND,
    UNDECODABLE,
    Look,
)
from .compiling import compiled
from .keys import ECID_DIGITS
from .problems import EXCERPT_LENGTH
from .rules import ID_LIMIT, VALUE_LIMIT
from .tables import Table

_NO_KIND = -1
# All that is in a plain cell and that the rules ask for, but for its length and the look of its digits.
_TELLING = COMMA | LINE_BREAK | CONTROL | PLUS | SLASH | SPACE_AROUND
_NOT_PLAIN = BEYOND_ASCII | UNDECODABLE
# No rule asks for the length of what is no longer, and its excerpt is the cell itself.
_LONGEST_PLAIN = min(EXCERPT_LENGTH, ID_LIMIT, VALUE_LIMIT)
# A row has no more cells than numbers fit into these bits.
_PLACE_BITS = 20


def kinds_of_cells(
    table: Table, look: Look, cells: np.ndarray, columns: np.ndarray, key: int, *, is_third_party: bool
) -> np.ndarray:
    """The kind of each of the cells, that are of these columns; negative for those of no kind.

    key: the number of the id's column; is_third_party: which ids are in it.
    """
    kinds = np.empty(len(cells), np.int64)
    shape = (_TELLING, _NOT_PLAIN, CONTROL, _LONGEST_PLAIN, ECID_DIGITS)
    _kinds_of_cells(
        table.cells, cells, columns, look.marks, MARKS_OF_BYTES, key, is_third_party, shape, kinds
    )
    return kinds


def kinds_of_surplus(table: Table, look: Look, rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The kind of each of the rows, that have surplus values, and the number of the cell that it shows.

    width: how many columns the header has.
    """
    kinds, shown = np.empty((2, len(rows)), np.int64)
    _kinds_of_surplus(
        table.cells, rows, look.marks, width, _NOT_PLAIN, _LONGEST_PLAIN, _PLACE_BITS, kinds, shown
    )
    return kinds, shown


def groups(kinds: np.ndarray) -> Iterator[np.ndarray]:
    """The places of those that are of one kind, ascending, for each kind that several are of."""
    order = np.argsort(kinds, kind="stable")
    bounds = np.flatnonzero(np.diff(kinds[order], prepend=_NO_KIND - 1, append=_NO_KIND - 1))
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if end - start > 1 and kinds[order[start]] != _NO_KIND:
            yield order[start:end]


@compiled
def _kinds_of_cells(cells, numbers, columns, marks, marks_of_bytes, key, is_third_party, shape, kinds):
    """Fill the last array."""
    telling, not_plain, control, longest, ecid_digits = shape
    for place in range(len(numbers)):
        cell = numbers[place]
        begin, end = cells.starts[cell], cells.ends[cell]
        kinds[place] = -1
        if (marks[cell] & not_plain) != 0 or end - begin > longest:
            continue
        if columns[place] == key and (
            not is_third_party or end - begin == ecid_digits or _may_be_mangled(cells.data, begin, end)
        ):
            continue
        character = -1
        if marks[cell] & control:
            character = _only_one(cells.data, begin, end, marks_of_bytes, control)
            if character < 0:
                continue
        kinds[place] = ((columns[place] << 8) + character + 1) << 16 | (marks[cell] & telling)


@compiled
def _may_be_mangled(data, begin, end):
    """Whether an E with a sign behind it is among the bytes, as in what Excel makes of long numbers."""
    for at in range(begin, end - 1):
        if (data[at] | 0x20) == ord("e") and (data[at + 1] == ord("+") or data[at + 1] == ord("-")):
            return True
    return False


@compiled
def _only_one(data, begin, end, marks_of_bytes, mark):
    """The byte with the mark, where all that have it are the same; else -1."""
    only = -1
    for at in range(begin, end):
        if (marks_of_bytes[data[at]] & mark) != 0:
            if only >= 0 and only != data[at]:
                return -1
            only = np.int64(data[at])
    return only


@compiled
def _kinds_of_surplus(cells, rows, marks, width, not_plain, longest, bits, kinds, shown):
    """Fill the last two arrays."""
    for place in range(len(rows)):
        row = rows[place]
        first, last, filled = -1, -1, 0
        for cell in range(cells.first_cells[row] + width, cells.first_cells[row + 1]):
            if cells.ends[cell] > cells.starts[cell]:
                first = cell if first < 0 else first
                last = cell
                filled += 1
        shown[place] = first
        is_plain = (marks[first] & not_plain) == 0 and cells.ends[first] - cells.starts[first] <= longest
        from_first = first - cells.first_cells[row]
        kind = (from_first << bits | (last - first)) << bits | filled
        kinds[place] = kind if is_plain else -1
