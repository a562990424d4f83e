"""Values that a column has not had before, recognised by their hash, many at once."""

import secrets

import numpy as np

from .compiling import compiled
from .tables import Table

_HASH = np.dtype("<u8")
_HALF = np.uint64(32)


class SeenValues:
    """Recognises values of columns, as long as they have few different ones.

    columns: how many there are; limit: how many different values count in each.
    """

    def __init__(self, columns: int, limit: int):
        # At most half full: one more than the limit is what tells that there are too many.
        self._slots = np.zeros((columns, 1 << (2 * limit + 1).bit_length()), _HASH)
        self._counts = np.zeros(columns, np.intp)
        self._limit = limit
        # Random, so that nobody can make hashes meet; odd, so that no product loses what was in its factor.
        self._factor = np.uint64(secrets.randbits(64) | 1)

    def new_ones(self, table: Table, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of the cells in these rows and columns whose values are new, and the columns of these.

        Row by row; none is empty, and of a column there are no more than one beyond the limit, ever.
        """
        most = min(len(columns) * (self._limit + 1), len(rows) * len(columns))
        cells, found = np.empty(most, np.intp), np.empty(most, np.intp)
        count = _find_new(
            table.cells, rows, columns, self._slots, self._counts, self._limit, self._factor, cells, found
        )
        return cells[:count], found[:count]


@compiled
def _find_new(cells, rows, columns, slots, counts, limit, factor, new_cells, new_columns):
    """Fill the last two arrays; how many cells are new."""
    new = 0
    mask = np.uint64(slots.shape[1] - 1)
    for row in rows:
        first, count = cells.first_cells[row], cells.first_cells[row + 1] - cells.first_cells[row]
        for column in columns:
            if column >= count:
                break
            begin, end = cells.starts[first + column], cells.ends[first + column]
            if begin == end or counts[column] > limit:
                continue
            # Nothing is lost: for each result there is only one number that it comes from.
            value = np.uint64(end - begin)
            for at in range(begin, end):
                value = (value ^ np.uint64(cells.data[at])) * factor
                value ^= value >> _HALF
            value |= np.uint64(1)
            slot = value >> _HALF & mask
            while slots[column, slot] != value and slots[column, slot] != 0:
                slot = (slot + np.uint64(1)) & mask
            if slots[column, slot] == 0:
                slots[column, slot] = value
                counts[column] += 1
                new_cells[new], new_columns[new] = first + column, column
                new += 1
    return new
