"""Tables: the cells of many records at once, as places in one array of bytes.

All that is done in bulk is done to tables; where they come from, bytes or records, it need not know.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from .records import UNCLOSED_QUOTE, Record

NO_ROWS = np.empty(0, np.intp)


class Cells(NamedTuple):
    """The fields of a table that loops are about."""

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    first_cells: np.ndarray


@dataclass(frozen=True)
class Table:
    """Consecutive records; a cell or a record has its number, counted from 0.

    data: bytes (uint8), among them those of all cells, in UTF-8 as far as they are text.
    starts, ends: where in them each cell begins and ends; ascending.
    first_cells: the number of each record's first cell, and behind these the number of all cells.
    lines: the physical line on which each record begins.
    unclosed: the numbers of records whose quote is not closed: their last cell is the rest of its line.
    torn: what truly are the cells of records in which bytes stand together that did not in the file.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    first_cells: np.ndarray
    lines: np.ndarray
    unclosed: np.ndarray
    torn: Mapping[int, list[str]]

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def cells(self) -> Cells:
        """What compiled loops know of the table."""
        return Cells(self.data, self.starts, self.ends, self.first_cells)

    def record(self, row: int) -> Record:
        """One record as the reference has it."""
        first, behind = self.first_cells[row : row + 2].tolist()
        fault = UNCLOSED_QUOTE if row in self.unclosed else None
        cells = self.torn.get(row) or self.texts(np.arange(first, behind))
        return Record(int(self.lines[row]), cells, fault)

    def texts(self, cells: np.ndarray) -> list[str]:
        """The text of many cells."""
        places = zip(self.starts[cells].tolist(), self.ends[cells].tolist(), strict=True)
        if self._ascii is not None:
            # Most files are such, and this takes a fraction of the time.
            return [self._ascii[start:end] for start, end in places]
        return [self._content[start:end].decode("utf-8", "surrogateescape") for start, end in places]

    def cells_behind(self, width: int, rows: np.ndarray) -> Iterator[list[str]]:
        """The text of the cells of each of the records, but for the first `width` ones."""
        firsts = self.first_cells[rows] + width
        counts = self.first_cells[rows + 1] - firsts
        ends = np.cumsum(counts)
        texts = iter(self.texts(np.repeat(firsts - ends + counts, counts) + np.arange(counts.sum())))
        return (list(islice(texts, count)) for count in counts.tolist())

    def rows_of(self, cells: np.ndarray) -> np.ndarray:
        """The numbers of the records that the cells are of."""
        return np.searchsorted(self.first_cells, cells, side="right") - 1

    def are_blank(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Which cells in the columns (second axis) of the records (first axis) are empty or missing."""
        firsts = self.first_cells[rows, np.newaxis]
        are_there = firsts + columns < self.first_cells[rows + 1, np.newaxis]
        cells = np.where(are_there, firsts + columns, 0)
        return ~are_there | (self.starts[cells] == self.ends[cells])

    @cached_property
    def _content(self) -> bytes:
        return self.data.tobytes()

    @cached_property
    def _ascii(self) -> str | None:
        return self._content.decode("ascii") if self._content.isascii() else None


def table_of(records: Sequence[Record]) -> Table:
    """The table of records; those with a fault are empty in it."""
    rows = [[] if record.fault else record.cells for record in records]
    texts = list(chain.from_iterable(rows))
    # Joined as text: to join bytes takes 80 bytes more of memory for each cell.
    joined = "".join(texts)
    sizes = map(len, texts) if joined.isascii() else (len(_encoded(text)) for text in texts)
    ends = np.cumsum(np.fromiter(sizes, np.intp, len(texts)))
    return Table(
        # Copied, as what is made of bytes cannot be written to, and loops are compiled for one kind.
        data=np.frombuffer(_encoded(joined), np.uint8).copy(),
        starts=np.concatenate(([0], ends))[:-1],
        ends=ends,
        first_cells=np.cumsum([0, *map(len, rows)]),
        lines=np.array([record.line for record in records], np.intp),
        unclosed=NO_ROWS,
        torn={},
    )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def records_in(batch: Table | Sequence[Record]) -> Iterable[Record]:
    """The records one by one, be they in a table or not."""
    return map(batch.record, range(len(batch))) if isinstance(batch, Table) else batch
