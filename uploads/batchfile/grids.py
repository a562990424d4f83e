"""Grids: the rows of a table in the header's columns, treated as the reading says."""

from dataclasses import dataclass

import numpy as np

from .bytewise import Cells, is_utf8, undecodable_rows
from .header import Header
from .reading import Reading
from .tables import Table

# Rows padded to the header's width may not make a grid many times larger than its table.
_MOST_PADDING = 4
_NOWHERE = np.empty(0, np.intp)


@dataclass(frozen=True)
class Grid:
    """Rows of a table; one line of the arrays a row, one column a column of the header.

    rows: their numbers in the table, ascending.
    cells: in two dimensions; empty where a row stops before a column.
    counts: for how many of the header's columns each row has a cell.
    has_surplus: which of them have content behind the header's columns.
    is_untreated: whether every cell is as it stands in the table.
    others: the numbers of rows with content that are not in the grid: what is theirs is only known cell by
        cell. Rows in neither have no content.
    """

    rows: np.ndarray
    cells: Cells
    counts: np.ndarray
    has_surplus: np.ndarray
    is_untreated: bool
    others: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def are_sent(self, order: np.ndarray) -> np.ndarray:
        """Which cells the encoded rows have, in the order of the columns sent; short rows stay short."""
        are_sent = order < self.counts[:, None]
        # A row begins with its id, be it missing.
        are_sent[:, 0] = True
        return are_sent

    def text(self, table: Table, row: int, column: int) -> str:
        """One cell as text."""
        return table.text(int(self.cells.starts[row, column]), int(self.cells.ends[row, column]))

    def texts(self, table: Table, rows: np.ndarray, columns: np.ndarray) -> list[str]:
        """Many cells as text."""
        return table.texts(self.cells.starts[rows, columns], self.cells.ends[rows, columns])

    def cells_with(self, characters: bytes, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """The rows and columns of the cells that contain any of the ASCII characters, row by row."""
        width = self.cells.sizes.shape[1]
        rows, columns = self.cells_at(table.places_within(characters), table)
        is_declared = columns < width
        return np.divmod(np.unique((rows * width + columns)[is_declared]), width)

    def cells_at(self, places: np.ndarray, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """The row and the column of what stands at each of the places, surplus cells included."""
        if not len(places):
            return _NOWHERE, _NOWHERE
        numbers = table.rows_at(places)
        columns = np.searchsorted(table.separators, places) - table.first_cells[numbers]
        rows = np.searchsorted(self.rows, numbers)
        is_in = rows < len(self)
        is_in[is_in] = self.rows[rows[is_in]] == numbers[is_in]
        rows, columns, places = rows[is_in], columns[is_in], places[is_in]
        # The treatment may have taken it away.
        is_left = columns >= self.cells.sizes.shape[1]
        inner = np.flatnonzero(~is_left)
        cells = rows[inner], columns[inner]
        is_left[inner] = (self.cells.starts[cells] <= places[inner]) & (
            places[inner] < self.cells.ends[cells]
        )
        return rows[is_left], columns[is_left]


class Gridder:
    """Makes the grids of one file."""

    def __init__(self, header: Header, reading: Reading):
        self._width = len(header.names)
        self._trim = reading.trim
        # In a grid all cells are UTF-8: a word that cannot be is in none.
        blanks = (word.encode("utf-8", "surrogatepass") for word in reading.blanks if word)
        self._blanks = [word for word in blanks if is_utf8(word)]

    def grid(self, table: Table, unfit: np.ndarray) -> Grid:
        """The grid of a table whose cells are in clear.

        unfit: the numbers of rows that cannot be in it, whatever they hold.
        """
        flat = Cells.of(table)
        first, behind = table.first_cells[:-1], table.first_cells[1:]
        before = np.concatenate(([0], np.cumsum(flat.sizes)))
        counts = behind - first
        declared = np.minimum(counts, self._width)
        has_content = before[behind] > before[first]
        has_content[unfit] = True
        has_surplus = before[behind] > before[first + declared]
        is_in = has_content.copy()
        is_in[undecodable_rows(table)] = False
        is_in[unfit] = False
        if self._trim or self._blanks:
            # What is surplus is treated, too: a row may turn out to have no content at all.
            is_in &= ~has_surplus
        if self._blanks:
            # A word with a quote in it would stand there with two.
            is_in[table.rows_at(table.doubled)] = False
        if np.count_nonzero(is_in) * self._width > _MOST_PADDING * len(flat.sizes):
            is_in &= counts >= self._width
        rows = np.flatnonzero(is_in)
        cells = self._in_columns(table, flat, rows, counts)
        treated, may_change = self._treated(cells)
        if self._trim or self._blanks:
            # Where nothing else is left, what stands behind the header's columns may go as well.
            may_change |= has_surplus[rows] & ~treated.sizes.any(axis=1)
        if treated is cells and not may_change.any():
            others = np.flatnonzero(has_content & ~is_in)
            return Grid(rows, cells, declared[rows], has_surplus[rows], True, others)
        is_in[rows[may_change]] = False
        is_blank = ~treated.sizes.any(axis=1) & ~may_change
        has_content[rows[is_blank]] = False
        is_kept = ~(may_change | is_blank)
        rows = rows[is_kept]
        others = np.flatnonzero(has_content & ~is_in)
        return Grid(rows, treated[is_kept], declared[rows], has_surplus[rows], False, others)

    def _in_columns(self, table: Table, flat: Cells, rows: np.ndarray, counts: np.ndarray) -> Cells:
        """The cells of the rows in the header's columns, in two dimensions."""
        if len(rows) == len(table) and (counts == self._width).all():
            return flat.in_columns(self._width)
        columns = np.arange(self._width)
        is_there = columns < counts[rows, None]
        cells = flat[np.where(is_there, table.first_cells[rows, None] + columns, 0)]
        return cells if is_there.all() else cells.where(is_there)

    def _treated(self, cells: Cells) -> tuple[Cells, np.ndarray]:
        """The cells after the reading's treatment, and the rows that it may change still more."""
        may_change = np.zeros(len(cells.sizes), bool)
        if self._trim:
            trimmed = cells.trimmed()
            may_change = trimmed.have_space_around().any(axis=1)
            cells = cells if np.array_equal(trimmed.sizes, cells.sizes) else trimmed
        for word in self._blanks:
            found = cells.begin_with(word, np.flatnonzero(cells.sizes == len(word)))
            if len(found):
                is_kept = np.ones(cells.sizes.shape, bool)
                is_kept.ravel()[found] = False
                cells = cells.where(is_kept)
        return cells, may_change
