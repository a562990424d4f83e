"""Percent-encoding of many rows at once (F5), in one loop over their bytes."""

from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote_from_bytes

import numpy as np

from .compiling import compiled
from .encoding import encode_text
from .header import Header
from .tables import Table

_COMMA, _LF = b",\n"
_WORD = np.dtype(np.uint32)
_LONGEST = 3
_ENCODED = [quote_from_bytes(bytes([byte]), safe="-._~").encode() for byte in range(256)]
_ESCAPES = np.frombuffer(b"".join(text.ljust(_WORD.itemsize) for text in _ENCODED), _WORD)
_SIZES = np.array([len(text) for text in _ENCODED])


class SentColumns(NamedTuple):
    """The columns that are sent, as the loop knows them.

    order: their numbers, as `RowRules` takes them.
    clear_data: the clear values (F7), encoded; clear_bounds: where in them that of each of the columns
        begins, and behind these the end of all.
    least: how many cells a row has at least, once it has its clear values.
    """

    order: np.ndarray
    clear_data: np.ndarray
    clear_bounds: np.ndarray
    least: int

    @classmethod
    def of(cls, header: Header) -> "SentColumns":
        """Those of a file with this header."""
        texts = [encode_text(header.clear_values.get(index, "")).encode() for index in header.order]
        data = np.frombuffer(b"".join(texts), np.uint8).copy()
        least = max(header.clear_values, default=-1) + 1
        return cls(np.array(header.order), data, np.cumsum([0, *map(len, texts)]), least)

    @property
    def most_added(self) -> int:
        """How many bytes a row can get that it does not have in the file."""
        return len(self.clear_data) + self.least


@dataclass(frozen=True)
class EncodedRows:
    """Rows as they stand in a batch file, each with its line feed.

    data: their bytes; bounds: where in them each row begins, and behind these the end of all.
    column_bytes: the bytes of each column that is sent, in the order in which they are.
    """

    data: np.ndarray
    bounds: np.ndarray
    column_bytes: np.ndarray

    @property
    def row_sizes(self) -> np.ndarray:
        """The bytes of each row without its line feed."""
        return np.diff(self.bounds) - 1

    def chosen(self, first: int, are_chosen: np.ndarray) -> bytes:
        """Those of the rows from number `first` on that are chosen."""
        bounds = self.bounds[first : first + len(are_chosen) + 1]
        chosen = np.empty(bounds[-1] - bounds[0], np.uint8)
        return chosen[: _choose(self.data, bounds, are_chosen, chosen)].tobytes()


def encode_rows(table: Table, rows: np.ndarray, sent: SentColumns) -> EncodedRows:
    """These rows of the table, encoded."""
    # As if each byte were escaped: what is never written to takes no memory.
    size = _LONGEST * len(table.data) + len(table.starts) + len(rows) * (1 + sent.most_added)
    data = np.empty(size + _WORD.itemsize, np.uint8)
    # The word that begins at each byte.
    words = np.ndarray((size + 1,), _WORD, data.data, strides=(1,))
    bounds, column_bytes = np.zeros(len(rows) + 1, np.intp), np.zeros(len(sent.order), np.intp)
    _encode(table.cells, rows, sent, _ESCAPES, _SIZES, data, words, bounds, column_bytes)
    return EncodedRows(data[: bounds[-1]], bounds, column_bytes)


@compiled
def _encode(cells, rows, sent, escapes, sizes, encoded, words, row_bounds, column_bytes):
    written = 0
    for number, row in enumerate(rows):
        first, count = cells.first_cells[row], cells.first_cells[row + 1] - cells.first_cells[row]
        for place, column in enumerate(sent.order):
            # Short rows stay short (F7), but all begin with their id, be it missing.
            if place > 0:
                if column >= count and column >= sent.least:
                    break
                encoded[written] = _COMMA
                written += 1
            begin = written
            if column < count:
                for at in range(cells.starts[first + column], cells.ends[first + column]):
                    byte = cells.data[at]
                    # Always a whole word, of which the next overwrites what is too much: faster than to ask.
                    words[written] = escapes[byte]
                    written += sizes[byte]
            if written == begin:
                for at in range(sent.clear_bounds[place], sent.clear_bounds[place + 1]):
                    encoded[written] = sent.clear_data[at]
                    written += 1
            column_bytes[place] += written - begin
        encoded[written] = _LF
        written += 1
        row_bounds[number + 1] = written


@compiled
def _choose(data, bounds, are_chosen, chosen):
    """Copy rows; how many bytes they are."""
    written = 0
    for row in range(len(are_chosen)):
        if are_chosen[row]:
            size = bounds[row + 1] - bounds[row]
            chosen[written : written + size] = data[bounds[row] : bounds[row + 1]]
            written += size
    return written
