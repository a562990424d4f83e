"""Tables: the cells of many records at once, as places in one array of bytes.

All that is done in bulk is done to tables; where they come from, bytes or records, it need not know.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .problems import UNDECODABLE
from .records import Record

LF, CR, QUOTE = b'\n\r"'
# They separate the cells of a table made of records: control characters, which no good cell contains.
CELL_END, ROW_END = b"\x1f\x1e"
_CELL_END_TEXT, _ROW_END_TEXT = chr(CELL_END), chr(ROW_END)


@dataclass(frozen=True)
class Table:
    """Consecutive records; places are offsets into `data`.

    data: the bytes (uint8): cells in UTF-8 as far as they are text, and whatever stands around them.
    starts, ends: where the content of each cell begins and ends, the quotes around it left out.
    separators: the place of the delimiter or line end behind each cell; delimiter: the former.
    first_cells: the number of each record's first cell, and behind them the number of all cells.
    lines: the physical line on which each record begins.
    doubled: places of quotes to be left out, each the first of two within a quoted cell; ascending.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    separators: np.ndarray
    delimiter: int
    first_cells: np.ndarray
    lines: np.ndarray
    doubled: np.ndarray

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def content(self) -> bytes:
        """`data` as bytes."""
        return self.data.tobytes()

    @cached_property
    def row_ends(self) -> np.ndarray:
        """The place of the separator behind each record."""
        return self.separators[self.first_cells[1:] - 1]

    def cells(self, row: int) -> list[str]:
        """The text of each cell of one record, as `Record.cells` has it."""
        first, behind = self.first_cells[row : row + 2].tolist()
        return self.texts(self.starts[first:behind], self.ends[first:behind])

    @cached_property
    def _ascii(self) -> str | None:
        return self.content.decode("ascii") if self.content.isascii() else None

    def texts(self, starts: np.ndarray, ends: np.ndarray) -> list[str]:
        """What stands in many cells."""
        places = zip(starts.tolist(), ends.tolist(), strict=True)
        if self._ascii is not None and not len(self.doubled):
            # Most files are such, and this takes a fraction of the time.
            return [self._ascii[start:end] for start, end in places]
        return [self.text(start, end) for start, end in places]

    def text(self, start: int, end: int) -> str:
        """What stands in a cell, or in a part of it."""
        text = self.content[start:end].decode("utf-8", "surrogateescape")
        # A cell that is not quoted has no quotes at all.
        return text.replace('""', '"') if len(self.doubled) else text

    def cells_behind(self, width: int, rows: np.ndarray) -> Iterator[list[str]]:
        """The text of the cells of each of the records, but for the first `width` ones."""
        firsts, ends = (self.first_cells[rows] + width).tolist(), self.first_cells[rows + 1].tolist()
        for first, behind in zip(firsts, ends, strict=True):
            yield self.texts(self.starts[first:behind], self.ends[first:behind])

    def rows_at(self, places: np.ndarray) -> np.ndarray:
        """The numbers of the records in which the places are."""
        return np.searchsorted(self.row_ends, places)

    def places_within(self, characters: bytes) -> np.ndarray:
        """Where the cells have any of the ASCII characters, ascending."""
        wanted = [character for character in characters if self._has_within(character)]
        if not wanted:
            return np.empty(0, np.intp)
        is_wanted = is_any_of(self.data, wanted)
        is_wanted[self.separators] = False
        places = np.flatnonzero(is_wanted)
        # What stands between a cell and its separator, like the CR of a CRLF, is in none.
        return places[places < self.ends[np.searchsorted(self.separators, places)]]

    def _has_within(self, character: int) -> bool:
        """Whether cells have the character; now and then said of one that only stands around them."""
        if character not in self.content:
            return False
        if character == self.delimiter:
            around = len(self.starts) - len(self)
        else:
            around = np.count_nonzero(self.data[self.row_ends] == character)
            if character == CR:
                is_apart = self.ends[self.first_cells[1:] - 1] < self.row_ends
                around += np.count_nonzero(self.data[self.row_ends[is_apart] - 1] == CR)
        return bool(np.count_nonzero(self.data == character) > around)


def is_any_of(data: np.ndarray, values: Sequence[int]) -> np.ndarray:
    """Which of the bytes have one of the values: many times as fast as looking each of them up."""
    found = np.zeros(data.shape, bool) if not values else data == values[0]
    for value in values[1:]:
        found |= data == value
    return found


def table_of(records: Sequence[Record]) -> tuple[Table, np.ndarray]:
    """The table of records, and the numbers of those that cannot be in it and are empty there instead.

    Those have a fault, one of our separators in a cell, or bytes that are not UTF-8: from both sides of a
    quote that is left out, such bytes could come together as a character.
    """
    texts = [_CELL_END_TEXT.join(record.cells) for record in records]
    counts = [len(record.cells) or 1 for record in records]
    odd: list[int] = []
    if not _are_even(texts, counts) or any(record.fault for record in records):
        for number, (record, text, count) in enumerate(zip(records, texts, counts, strict=True)):
            if record.fault or not _are_even([text], [count]):
                odd.append(number)
                texts[number], counts[number] = "", 1
    data = np.frombuffer(_joined(texts).encode(), np.uint8)
    cells_up_to = np.cumsum(counts)
    ends = np.flatnonzero((data == CELL_END) | (data == ROW_END))
    table = Table(
        data=data,
        starts=np.concatenate(([0], ends[:-1] + 1)),
        ends=ends,
        separators=ends,
        delimiter=CELL_END,
        first_cells=np.concatenate(([0], cells_up_to)),
        lines=np.array([record.line for record in records]),
        doubled=np.empty(0, np.intp),
    )
    return table, np.array(odd, np.intp)


def _joined(texts: Sequence[str]) -> str:
    return "".join([f"{text}{_ROW_END_TEXT}" for text in texts])


def _are_even(texts: Sequence[str], counts: Sequence[int]) -> bool:
    """Whether the texts are UTF-8 and have no more separators than their numbers of cells call for."""
    joined = _joined(texts)
    return (
        joined.count(_ROW_END_TEXT) == len(texts)
        and joined.count(_CELL_END_TEXT) == sum(counts) - len(texts)
        and not UNDECODABLE.search(joined)
    )


def records_in(batch: Table | Sequence[Record]) -> Iterable[Record]:
    """The records one by one, be they in a table or not."""
    if not isinstance(batch, Table):
        return batch
    return (Record(line, batch.cells(row), None) for row, line in enumerate(batch.lines.tolist()))
