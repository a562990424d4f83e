"""The figures and notices of many rows at once; what they mean stands in `figures`."""

from collections.abc import Sequence
from itertools import groupby, islice

import numpy as np

from .bytewise import Cells
from .encoding_table import EncodedRows
from .figures import (
    EXAMPLES,
    LONGEST_ID_OF_EXAMPLE,
    NULL_WORDS,
    CountedRow,
    FigureCounter,
    may_be_example,
)
from .grids import Grid
from .seen import SeenValues
from .tables import Table

# Of the cells that a notice is about: the grid's rows and the columns, both by number.
_Places = tuple[np.ndarray, np.ndarray]
# A row that is not in the grid, with its number in the table.
NumberedRow = tuple[int, CountedRow]

_NULL_WORDS_BY_SIZE = {
    size: [word.encode() for word in words] for size, words in groupby(sorted(NULL_WORDS, key=len), len)
}


class BulkFigures:
    """Counts the rows of tables for one `FigureCounter`.

    sent: the numbers of the columns that are sent, in the order of the encoded rows.
    """

    def __init__(self, figures: FigureCounter, sent: Sequence[int]):
        self._figures = figures
        self._sent = np.array(sent, np.intp)
        self._seen = SeenValues(len(figures.columns), figures.distinct_limit)

    def add(
        self,
        table: Table,
        grid: Grid,
        encoded: EncodedRows,
        is_good: np.ndarray,
        others: Sequence[NumberedRow],
    ) -> None:
        """Count the rows of a table whose cells are in clear.

        encoded: the rows of the grid; is_good: which of them have no error; others: the rows with content
        that are not in the grid.
        """
        self._figures.count_waiting()
        self._show_values(table, grid, others)
        if len(grid):
            self._add_sums(grid, encoded)
        if others:
            self._figures.count_rows([row for _number, row in others])
        self._note(table, grid, is_good, others)

    def _add_sums(self, grid: Grid, encoded: EncodedRows) -> None:
        columns, cells = self._figures.columns, grid.cells
        sizes = cells.sizes_by_column
        self._figures.rows += len(grid)
        characters = sizes if cells.continued is None else np.ascontiguousarray(cells.characters.T)
        sums = (
            each.tolist()
            for each in (np.count_nonzero(sizes, axis=1), sizes.sum(axis=1), characters.max(axis=1))
        )
        for column, filled_here, bytes_here, longest_here in zip(columns, *sums, strict=True):
            column.filled += filled_here
            column.bytes += bytes_here
            column.longest = max(column.longest, longest_here)
        for index, size in zip(self._sent.tolist(), self._encoded_bytes(grid, encoded), strict=True):
            columns[index].encoded_bytes += size

    def _encoded_bytes(self, grid: Grid, encoded: EncodedRows) -> list[int]:
        """How many there are of each column that is sent."""
        width, sizes = len(self._sent), encoded.cell_sizes
        if len(sizes) == len(grid) * width:
            return np.ascontiguousarray(sizes.reshape(-1, width).T).sum(axis=1).tolist()
        place = np.nonzero(grid.are_sent(self._sent))[1]
        return np.bincount(place, sizes, width).astype(np.intp).tolist()

    def _show_values(self, table: Table, grid: Grid, others: Sequence[NumberedRow]) -> None:
        """Let the columns see what may be new to them, in the order of the rows."""
        columns = self._figures.columns
        curious = [index for index, column in enumerate(columns) if not column.knows_enough]
        shown: dict[int, list[tuple[int, str]]] = {index: [] for index in curious}
        new = self._seen.new_ones(grid.cells, np.array(curious, np.intp))
        texts = grid.texts(table, new.rows, new.columns)
        for number, index, text in zip(
            grid.rows[new.rows].tolist(), new.columns.tolist(), texts, strict=True
        ):
            shown[index].append((number, text))
        for number, row in others:
            for index, value in zip(range(len(columns)), row.cells, strict=False):
                if value and index in shown:
                    shown[index].append((number, value))
        for index, values in shown.items():
            values.sort(key=_number)
            columns[index].see(dict.fromkeys(value for _row, value in values))
        for index in new.many.tolist():
            columns[index].give_up_counting()

    def _note(self, table: Table, grid: Grid, is_good: np.ndarray, others: Sequence[NumberedRow]) -> None:
        columns = self._figures.columns
        for code, (rows, indexes) in (
            ("null-words", self._null_words(grid)),
            ("comma-in-value", grid.cells_with(b",", table)),
            ("line-break-in-value", grid.cells_with(b"\r\n", table)),
        ):
            counts = np.bincount(indexes, minlength=len(columns))
            for index in np.flatnonzero(counts).tolist():
                columns[index].note(code, int(counts[index]))
            for index in self._sent.tolist():
                if columns[index].wants_examples(code) and (counts[index] or others):
                    mine = rows[indexes == index]
                    self._add_examples(code, index, table, grid, mine[is_good[mine]], others)

    def _add_examples(
        self,
        code: str,
        index: int,
        table: Table,
        grid: Grid,
        rows: np.ndarray,
        others: Sequence[NumberedRow],
    ) -> None:
        """Remember good cells that the notice is about, in the order of the rows."""
        key = int(self._sent[0])
        examples = [
            (number, row.line, row.cells[key], row.cells[index])
            for number, row in others
            if may_be_example(row, index, key, code)
        ]
        ids = ((row, grid.text(table, row, key)) for row in rows.tolist())
        may_be = ((row, id_) for row, id_ in ids if len(id_) <= LONGEST_ID_OF_EXAMPLE)
        for row, id_ in islice(may_be, EXAMPLES):
            number = int(grid.rows[row])
            examples.append((number, int(table.lines[number]), id_, grid.text(table, row, index)))
        for _number, line, id_, value in sorted(examples):
            self._figures.columns[index].add_example(code, line, id_, value)

    def _null_words(self, grid: Grid) -> _Places:
        """The cells that hold nothing but a word for no value; the columns learn how it is written."""
        cells, width = grid.cells, len(self._figures.columns)
        found = [np.empty(0, np.intp)]
        for size, words in _NULL_WORDS_BY_SIZE.items():
            candidates = np.flatnonzero(cells.sizes == size)
            for word in words:
                found.append(cells.begin_with(word, candidates, ignore_case=True))
                self._learn(cells, found[-1], size)
        return np.divmod(np.sort(np.concatenate(found)), width)

    def _learn(self, cells: Cells, found: np.ndarray, size: int) -> None:
        """Let the columns know in which ways the words of so many bytes are written in them."""
        while len(found):
            start = cells.starts.ravel()[found[0]]
            written = cells.data[start : start + size].tobytes()
            alike = cells.begin_with(written, found)
            for index in np.unique(alike % cells.sizes.shape[1]).tolist():
                self._figures.columns[index].words.add(written.decode())
            found = np.setdiff1d(found, alike, assume_unique=True)


def _number(value: tuple[int, str]) -> int:
    return value[0]
