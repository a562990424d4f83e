"""What in many rows is provably good, found without a finding about any.

Everything here may doubt what is good, but never takes for good what `RowRules` has a word about: `RowRules`
judges whatever is not proven. So the rules stand there alone, and here only what rules their cases out.
"""

from dataclasses import dataclass

import numpy as np

from .bytewise import Cells, are_ecids, are_pcids, control_places, end_like_mangled
from .grids import Grid
from .header import Header
from .rules import ID_LIMIT, ROW_LIMIT, VALUE_LIMIT
from .tables import Table, is_any_of

_ID_MATRIX_BYTES = 4_000_000


@dataclass(frozen=True)
class Doubts:
    """What is not proven to be good in the rows of a grid.

    rows, columns: the cells to be judged, each once, row by row; ids that are missing are not among them.
    without_id, without_values, with_surplus, too_big: the rows that surely are what the name says.
    odd: which rows are to be judged as a whole instead.
    """

    rows: np.ndarray
    columns: np.ndarray
    without_id: np.ndarray
    without_values: np.ndarray
    with_surplus: np.ndarray
    too_big: np.ndarray
    odd: np.ndarray


class Prover:
    """Finds what is to be judged in the rows of one file.

    header: of the file; rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, header: Header, *, rejects_unproven: bool):
        self._width = len(header.names)
        self._key = header.key_index
        self._values = np.array(header.order[1:], np.intp)
        self._is_sent = np.array([name is not None for name in header.sent])
        self._is_third_party = header.key == "thirdPartyId"
        self._rejects_unproven = rejects_unproven

    def doubts(self, table: Table, grid: Grid, encoded_sizes: np.ndarray, odd: np.ndarray) -> Doubts:
        """What `RowRules` may have a word about in the rows of the grid.

        encoded_sizes: the bytes of each row as it would be sent, without its line feed.
        odd: which rows are to be judged as a whole, whatever they hold.
        """
        ids = grid.cells[:, self._key]
        odd = odd.copy()
        cells = [np.flatnonzero(~self._are_good_ids(ids) & (ids.sizes > 0)) * self._width + self._key]
        if grid.cells.sizes.max(initial=0) > VALUE_LIMIT:
            is_long = grid.cells.characters > VALUE_LIMIT  # F9
            is_long[:, self._key] = False
            cells.append(np.flatnonzero(is_long))
        for places in (control_places(table), *self._unproven_places(table)):
            rows, columns = grid.cells_at(places, table)
            is_surplus = columns >= self._width
            odd[rows[is_surplus]] = True
            cells.append((rows * self._width + columns)[~is_surplus])
        rows, columns = np.divmod(np.unique(np.concatenate(cells)), self._width)
        is_asked = self._is_sent[columns] & ~odd[rows]
        return Doubts(
            rows[is_asked],
            columns[is_asked],
            without_id=np.flatnonzero((ids.sizes == 0) & ~odd),
            without_values=np.flatnonzero(~self._have_values(grid.cells) & ~odd),  # F7
            with_surplus=np.flatnonzero(grid.has_surplus & ~odd),
            too_big=np.flatnonzero((encoded_sizes > ROW_LIMIT) & ~odd),  # F8
            odd=odd,
        )

    def _have_values(self, cells: Cells) -> np.ndarray:
        if len(self._values) < self._width - 1:
            return cells.sizes_by_column[self._values].any(axis=0)
        return cells.sizes_by_column.sum(axis=0) > cells.sizes[:, self._key]

    def _unproven_places(self, table: Table) -> list[np.ndarray]:
        return [table.places_within(each) for each in (b",", b"\r\n")] if self._rejects_unproven else []

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
        is_marked = np.zeros(len(ids), bool)
        is_marked[np.flatnonzero(is_any_of(ids, b"+/")) // width] = True  # F3
        good[good] = ~(
            is_marked
            | (cells.sizes > ID_LIMIT)
            | cells.have_space_around()
            | end_like_mangled(ids, cells.sizes)
            | are_ecids(ids, cells.sizes)
        )
        return good
