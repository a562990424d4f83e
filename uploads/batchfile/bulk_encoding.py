"""Percent-encoding of many rows at once (F5), in one loop over their bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

import numpy as np

from .compiling import compiled
from .tables import Table

_COMMA, _LF = b",\n"
_WORD = np.dtype(np.uint32)
_LONGEST = 3
_ENCODED = [quote_from_bytes(bytes([byte]), safe="-._~").encode() for byte in range(256)]
_ESCAPES = np.frombuffer(b"".join(text.ljust(_WORD.itemsize) for text in _ENCODED), _WORD)
_SIZES = np.array([len(text) for text in _ENCODED])


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


def encode_rows(table: Table, rows: np.ndarray, order: Sequence[int]) -> EncodedRows:
    """These rows of the table, encoded.

    order: the numbers of the columns that are sent, as `RowRules` takes them.
    """
    # As if each byte were escaped: what is never written to takes no memory.
    size = _LONGEST * len(table.data) + len(table.starts) + len(rows)
    data = np.empty(size + _WORD.itemsize, np.uint8)
    # The word that begins at each byte.
    words = np.ndarray((size + 1,), _WORD, data.data, strides=(1,))
    bounds, column_bytes = np.zeros(len(rows) + 1, np.intp), np.zeros(len(order), np.intp)
    _encode(table.cells, rows, np.array(order), _ESCAPES, _SIZES, data, words, bounds, column_bytes)
    return EncodedRows(data[: bounds[-1]], bounds, column_bytes)


@compiled
def _encode(cells, rows, order, escapes, sizes, encoded, words, row_bounds, column_bytes):
    written = 0
    for number, row in enumerate(rows):
        first, count = cells.first_cells[row], cells.first_cells[row + 1] - cells.first_cells[row]
        for place, column in enumerate(order):
            # Short rows stay short (F7), but all begin with their id, be it missing.
            if place > 0:
                if column >= count:
                    break
                encoded[written] = _COMMA
                written += 1
            elif column >= count:
                continue
            begin = written
            for at in range(cells.starts[first + column], cells.ends[first + column]):
                byte = cells.data[at]
                # Always a whole word, of which the next one overwrites what is too much: faster than to ask.
                words[written] = escapes[byte]
                written += sizes[byte]
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
