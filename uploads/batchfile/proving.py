"""Which rows are provably good, found for many at once, without a finding about any.

Everything here may doubt a good row, but never takes one for good that `RowRules` has a word about: what is
not proven, `RowRules` judges. So the rules stand there alone, and here only what rules their cases out.
"""

import numpy as np

from .bytewise import Cells, are_ecids, are_pcids, end_like_mangled, rows_with_controls
from .grids import Grid
from .header import Header
from .rules import ID_LIMIT, ROW_LIMIT, VALUE_LIMIT
from .tables import Table

_ID_MATRIX_BYTES = 4_000_000


class Prover:
    """Finds the rows of one file that are provably good.

    header: of the file; rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, header: Header, *, rejects_unproven: bool):
        self._key = header.key_index
        self._values = np.array(header.order[1:], np.intp)
        self._is_third_party = header.key == "thirdPartyId"
        self._rejects_unproven = rejects_unproven

    def are_good(self, table: Table, grid: Grid, encoded_sizes: np.ndarray) -> np.ndarray:
        """Which rows of the grid `RowRules` surely has no word about.

        encoded_sizes: the bytes of each row as it would be sent, without its line feed.
        """
        ids = grid.cells[:, self._key]
        values = grid.cells[:, self._values]
        good = ~grid.has_surplus & (encoded_sizes <= ROW_LIMIT)  # F8
        good &= values.sizes.any(axis=1) & (values.characters <= VALUE_LIMIT).all(axis=1)  # F7, F9
        good &= self._are_good_ids(ids)
        for rows in (rows_with_controls(table), *self._unproven_rows(table)):
            is_doubted = np.zeros(len(table), bool)
            is_doubted[rows] = True
            good &= ~is_doubted[grid.rows]
        return good

    def _unproven_rows(self, table: Table) -> list[np.ndarray]:
        if not self._rejects_unproven:
            return []
        return [table.rows_at(table.places_within(b",")), table.rows_at(table.places_within(b"\r\n"))]

    def _are_good_ids(self, cells: Cells) -> np.ndarray:
        # The first of two quotes would be taken for a part of the id.
        good = (cells.sizes > 0) & (cells.ends - cells.starts == cells.sizes)
        if not good.any():
            return good
        # One long id among many short ones must not cost much memory: then it is doubted.
        width = min(int(cells.sizes.max()), _ID_MATRIX_BYTES // len(good))
        good &= cells.sizes <= width
        cells = cells[good]
        ids = cells.padded(width)
        if not self._is_third_party:
            good[good] = are_pcids(ids, cells.sizes)
            return good
        is_marked = (ids == ord("+")) | (ids == ord("/"))  # F3
        good[good] = ~(
            is_marked.any(axis=1)
            | (cells.sizes > ID_LIMIT)
            | cells.have_space_around()
            | end_like_mangled(ids, cells.sizes)
            | are_ecids(ids, cells.sizes)
        )
        return good
