"""Cells found with vector operations, wherever that is provably what csv.reader finds.

The proof: where every quote that opens a field stands at a field's very start, and every other one either
closes it right before a delimiter or a line's end or is one of two in a row, whether a byte is within quotes
depends only on the number of quotes before it. The first quote that breaks this ends what is proven.
"""

from typing import NamedTuple

import numpy as np

from .lines import RECORD_LIMIT
from .tables import CR, LF, QUOTE, Table, is_any_of

# Looked at together, at most: hundreds of thousands of tiny cells would take much memory.
_MOST_PLACES = 120_000
_NOWHERE = np.empty(0, np.intp)


class Tokens(NamedTuple):
    """The records at the start of a piece of a file.

    table: the whole records that are proven; its lines are counted from 0.
    size: how many bytes they take; lines: how many physical lines; seen: how many bytes were looked at.
    is_proven: False where what follows is not proven and must be read otherwise; else it is only the
        beginning of a record.
    """

    table: Table
    size: int
    lines: int
    seen: int
    is_proven: bool


class Tokeniser:
    """Finds the cells of one dialect.

    delimiter: one ASCII character; quoting: whether quotes quote, or are ordinary characters.
    """

    def __init__(self, delimiter: str, quoting: bool):
        self._delimiter = ord(delimiter)
        self._quoting = quoting
        self._special = (self._delimiter, LF, CR, *([QUOTE] if quoting else []))

    def tokenise(self, content: bytes) -> Tokens:
        """The records of a piece that begins where a record does; a last one without an end is left."""
        data = np.frombuffer(content, np.uint8)
        places = np.flatnonzero(is_any_of(data, [byte for byte in self._special if byte in content]))
        is_cut = len(places) > _MOST_PLACES
        if is_cut:
            content = content[: places[_MOST_PLACES]]
            data, places = data[: len(content)], places[:_MOST_PLACES]
        what = data[places]
        ends_line = what == LF
        separates = ends_line | (what == self._delimiter)
        if CR in content:
            # At the very end it may yet turn out to be half of a CRLF.
            is_lone_cr = (what == CR) & (_next(data, places) != LF)
            ends_line |= is_lone_cr
            separates |= is_lone_cr
        proven, doubled = len(content), _NOWHERE
        if self._quoting and QUOTE in content:
            is_quote = what == QUOTE
            proven, doubled = self._check_quotes(data, places[is_quote])
            is_within = np.logical_xor.accumulate(is_quote)
            separates &= ~is_within & (places < proven)
        row_ends = places[separates & ends_line]
        too_big = np.flatnonzero(np.diff(row_ends, prepend=-1) > RECORD_LIMIT)
        if len(too_big):
            proven, row_ends = 0, row_ends[: too_big[0]]
        size = int(row_ends[-1]) + 1 if len(row_ends) else 0
        behind = np.searchsorted(places, size)
        table, lines = self._table(
            content[:size], places[:behind], separates[:behind], ends_line[:behind], doubled
        )
        # A record that cannot be seen whole is not found to end by looking again.
        is_proven = proven == len(content) and (size > 0 or not is_cut)
        return Tokens(table, size, lines, len(content), is_proven)

    def _check_quotes(self, data: np.ndarray, quotes: np.ndarray) -> tuple[int, np.ndarray]:
        """Up to where the quotes are proven, and which of them are the first of two in a quoted field."""
        opening, closing = quotes[0::2], quotes[1::2]
        before = data[opening - 1]
        opens = self._is_boundary(before) | (before == QUOTE) | (opening == 0)
        # What follows the last byte is unknown, but as its record is not whole, nothing comes of it yet.
        after = _next(data, closing)
        closes = self._is_boundary(after) | (after == QUOTE)
        wrong = [*opening[~opens][:1].tolist(), *closing[~closes][:1].tolist()]
        return min(wrong, default=len(data)), closing[after == QUOTE]

    def _is_boundary(self, neighbours: np.ndarray) -> np.ndarray:
        return (neighbours == self._delimiter) | (neighbours == LF) | (neighbours == CR)

    def _table(
        self,
        content: bytes,
        places: np.ndarray,
        separates: np.ndarray,
        ends_line: np.ndarray,
        doubled: np.ndarray,
    ) -> tuple[Table, int]:
        """The table of whole records, and how many physical lines they take."""
        data = np.frombuffer(content, np.uint8)
        separators = ends = places[separates]
        starts = np.concatenate(([0], separators + 1))[:-1]
        if CR in content:
            # The LF of a CRLF has the CR before it, which is no more of the cell than itself.
            ends = ends - ((data[ends] == LF) & (data[ends - 1] == CR) & (ends > starts))
        if self._quoting and QUOTE in content:
            is_quoted = (data[starts] == QUOTE) & (ends > starts)
            starts, ends = starts + is_quoted, ends - is_quoted
        cells_up_to = np.flatnonzero(ends_line[separates]) + 1
        lines_up_to = np.flatnonzero(separates[ends_line]) + 1
        table = Table(
            data=data,
            starts=starts,
            ends=ends,
            separators=separators,
            delimiter=self._delimiter,
            first_cells=np.concatenate(([0], cells_up_to)),
            lines=np.concatenate(([0], lines_up_to))[:-1],
            doubled=doubled[: np.searchsorted(doubled, len(data))],
        )
        return table, int(lines_up_to[-1]) if len(lines_up_to) else 0


def _next(data: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The bytes behind those at the places; behind the last byte as if a line ended there."""
    return np.append(data, LF)[places + 1]
