"""Values that a column has had before, recognised by their hash, many at once."""

import secrets
from typing import NamedTuple

import numpy as np

from .bytewise import Cells
from .figures import SAMPLES

_NONE = np.empty(0, np.intp)
_WORD = np.dtype("<u8")
_WORD_BYTES = 8
# The bits of a word that are its first so many bytes.
_FIRST_BYTES = np.array([(1 << 8 * size) - 1 for size in range(_WORD_BYTES + 1)], _WORD)
_HALF_OF_WORD = np.uint64(32)
# Values of more bytes are new each time.
_LONGEST = 256
_SLOTS_A_VALUE, _SLOTS_OF_ALL = 4, 1_000_000
# More than samples are wanted of, even if some of them turn out not to be new.
_FEW = 2 * SAMPLES


class NewValues(NamedTuple):
    """Cells whose values may be new to their columns, row by row; none is empty.

    rows, columns: where they are; many: columns with more different values than count, of which only the
        first few are among them.
    """

    rows: np.ndarray
    columns: np.ndarray
    many: np.ndarray


class SeenValues:
    """Recognises values of columns; of two that share a slot only the later one.

    columns: how many there are; limit: how many different values count in each.
    """

    def __init__(self, columns: int, limit: int):
        bits = min(_SLOTS_A_VALUE * limit, max(2, _SLOTS_OF_ALL // columns)).bit_length() - 1
        self._shift = np.uint64(8 * _WORD_BYTES - bits)
        self._slots = np.zeros((columns, 1 << bits), _WORD)
        self._limit = limit
        # Random, so that nobody can make hashes meet; odd, so that no product loses what was in its factor.
        self._factor = np.uint64(secrets.randbits(64) | 1)
        self._start = np.uint64(secrets.randbits(64))

    def new_ones(self, cells: Cells, columns: np.ndarray) -> NewValues:
        """What is new in these columns of cells in two dimensions, and is not new from then on."""
        if not len(columns) or not len(cells.sizes):
            return NewValues(_NONE, _NONE, _NONE)
        cells = cells[:, columns]
        # As they stand in the table: of two quotes both, which tells values apart as well.
        sizes = cells.ends - cells.starts
        hashes = self._hashes(cells.data, cells.starts.ravel(), np.minimum(sizes.ravel(), _LONGEST))
        slots = (hashes >> self._shift).astype(np.intp).reshape(sizes.shape)
        is_new = (self._slots[columns, slots] != hashes.reshape(sizes.shape)) & (sizes > 0)
        new, many = self._first_of_each(np.flatnonzero(is_new & (sizes <= _LONGEST)), hashes, len(columns))
        places = new % len(columns)
        self._slots[columns[places], slots.ravel()[new]] = hashes[new]
        new = np.sort(np.concatenate((new, np.flatnonzero(sizes > _LONGEST))))
        rows, places = np.divmod(new, len(columns))
        return NewValues(rows, columns[places], columns[many])

    def _first_of_each(
        self, cells: np.ndarray, hashes: np.ndarray, width: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of each value in each column the first cell, and the columns in which these are too many."""
        # Times another odd number for each column, the same hash is another one.
        in_column = hashes[cells] * (2 * (cells % width) + 1).astype(_WORD)
        cells = cells[np.sort(np.unique(in_column, return_index=True)[1])]
        places = cells % width
        many = np.flatnonzero(np.bincount(places, minlength=width) > self._limit)
        is_left = np.ones(len(cells), bool)
        for place in many.tolist():
            is_left[np.flatnonzero(places == place)[_FEW:]] = False
        return cells[is_left], many

    def _hashes(self, data: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        """A hash of each value."""
        padded = np.concatenate((data, np.zeros(_WORD_BYTES, np.uint8)))
        # The word that begins at each byte.
        words = np.ndarray((len(data) + 1,), _WORD, padded.data, strides=(1,))
        first = words[starts] & _FIRST_BYTES[np.minimum(sizes, _WORD_BYTES)]
        hashes = self._mixed(self._mixed(sizes.astype(_WORD) ^ self._start) ^ first)
        going_on = np.flatnonzero(sizes > _WORD_BYTES)
        offset = _WORD_BYTES
        while len(going_on):
            left = sizes[going_on] - offset
            part = words[starts[going_on] + offset] & _FIRST_BYTES[np.minimum(left, _WORD_BYTES)]
            hashes[going_on] = self._mixed(hashes[going_on] ^ part)
            offset += _WORD_BYTES
            going_on = going_on[left > _WORD_BYTES]
        return hashes

    def _mixed(self, hashes: np.ndarray) -> np.ndarray:
        # Nothing is lost: for each result there is only one number that it comes from.
        hashes = hashes * self._factor
        return hashes ^ (hashes >> _HALF_OF_WORD)
