"""Percent-encoding of many rows at once (F5).

ASCII has few characters that are escaped, and each is replaced by itself. Of other text each byte becomes a
cell of four in a table, itself or its three characters, padded with NUL bytes, which one pass over the result
deletes: that costs the same for any content.
"""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote_from_bytes

import numpy as np

from .grids import Grid
from .tables import LF, Table

# Bytes that no text in UTF-8 contains stand for what is not text.
_LEFT_OUT, _CELL_END, _ROW_END = 0xFF, 0xFE, 0xFD
_SAFE = "-._~"
_COMMA = ord(",")


def _encoding_table() -> np.ndarray:
    cells = [quote_from_bytes(bytes([byte]), safe=_SAFE) for byte in range(256)]
    cells[_LEFT_OUT], cells[_CELL_END], cells[_ROW_END] = "", ",", "\n"
    return np.frombuffer("".join(cell.ljust(4, "\0") for cell in cells).encode(), np.uint32)


_TABLE = _encoding_table()
_ASCII, _FIRST_PRINTABLE = 0x80, 0x20
# The percent sign first: the others put more of them into the text.
_ESCAPES = {
    byte: quote_from_bytes(bytes([byte]), safe=_SAFE).encode()
    for byte in (ord("%"), *(set(range(_ASCII)) - {ord("%")}))
}
_ESCAPES = {byte: escape for byte, escape in _ESCAPES.items() if len(escape) > 1}
_MARKS = bytes(range(256)).translate(bytes.maketrans(bytes([_CELL_END, _ROW_END]), b",\n"))


@dataclass(frozen=True)
class EncodedRows:
    """Rows as they stand in a batch file, each with its line feed.

    counts: how many cells each of them has.
    """

    content: bytes
    counts: np.ndarray

    @cached_property
    def cell_ends(self) -> np.ndarray:
        """The place of the comma or line feed behind each cell: in the encoded text there are no others."""
        data = np.frombuffer(self.content, np.uint8)
        return np.flatnonzero((data == _COMMA) | (data == LF))

    @cached_property
    def row_ends(self) -> np.ndarray:
        """The place of the line feed of each row."""
        return self.cell_ends[np.cumsum(self.counts) - 1]

    @cached_property
    def row_sizes(self) -> np.ndarray:
        """The bytes of each row without its line feed."""
        return np.diff(self.row_ends, prepend=-1) - 1

    @property
    def cell_sizes(self) -> np.ndarray:
        """The bytes of each cell, row by row."""
        return np.diff(self.cell_ends, prepend=-1) - 1

    def rows(self, first: int, behind: int) -> bytes:
        """The rows from number `first` to the one before `behind`."""
        begin = self.row_ends[first - 1] + 1 if first else 0
        return self.content[begin : self.row_ends[behind - 1] + 1]


def encode_rows(table: Table, grid: Grid, order: np.ndarray) -> EncodedRows:
    """The rows of the grid, encoded.

    order: the numbers of the columns that are sent, as `RowRules` takes them.
    """
    if grid.is_untreated and np.array_equal(order, np.arange(grid.cells.sizes.shape[1])):
        marks, counts = _in_place(table, grid), grid.counts
    else:
        marks, counts = _rearranged(table, grid, order), grid.are_sent(order).sum(axis=1)
    return EncodedRows(_escaped_ascii(marks) if table.content.isascii() else _escaped(marks), counts)


def _escaped_ascii(marks: np.ndarray) -> bytes:
    has_controls = bool((marks < _FIRST_PRINTABLE).any())
    text = marks.tobytes()
    for byte, escape in _ESCAPES.items():
        if has_controls or byte >= _FIRST_PRINTABLE:
            text = text.replace(bytes([byte]), escape)
    return text.replace(bytes([_LEFT_OUT]), b"").translate(_MARKS)


def _escaped(marks: np.ndarray) -> bytes:
    # Every index is within the table: "clip" only saves looking.
    return _TABLE.take(marks, mode="clip").tobytes().translate(None, b"\0")


def _in_place(table: Table, grid: Grid) -> np.ndarray:
    """The bytes of the table, with marks for all that is not text of the grid's cells."""
    marks = table.data.copy()
    separators, row_ends = table.separators, table.row_ends
    if not np.array_equal(table.ends, separators):
        # Between a cell and its separator there may be a quote, a CR or both of them.
        is_apart = table.ends != separators
        marks[table.ends[is_apart]] = _LEFT_OUT
        marks[separators[is_apart] - 1] = _LEFT_OUT
        is_quoted = table.starts != np.concatenate(([0], separators[:-1] + 1))
        marks[table.starts[is_quoted] - 1] = _LEFT_OUT
        marks[table.doubled] = _LEFT_OUT
    marks[separators] = _CELL_END
    if len(grid) < len(table):
        is_out = np.ones(len(table), bool)
        is_out[grid.rows] = False
        marks[np.repeat(is_out, np.diff(row_ends, prepend=-1))] = _LEFT_OUT
    ends = separators[table.first_cells[grid.rows] + grid.counts - 1]
    is_longer = ends < row_ends[grid.rows]
    for end, behind in zip(ends[is_longer].tolist(), row_ends[grid.rows][is_longer].tolist(), strict=True):
        marks[end : behind + 1] = _LEFT_OUT
    marks[ends] = _ROW_END
    return marks


def _rearranged(table: Table, grid: Grid, order: np.ndarray) -> np.ndarray:
    """The text of the cells in the order in which they are sent, each with a mark behind it."""
    cells = grid.cells[:, order]
    sizes = ((cells.ends - cells.starts + 1) * grid.are_sent(order)).ravel()
    behind = np.cumsum(sizes)
    # Where each byte comes from: as far from where it goes to as its cell is.
    source = np.repeat(cells.starts.ravel() - behind + sizes, sizes)
    source += np.arange(len(source))
    data = table.data
    if len(table.doubled):
        data = data.copy()
        data[table.doubled] = _LEFT_OUT
    marks = data.take(source, mode="clip")
    marks[behind - 1] = _CELL_END
    marks[behind[len(order) - 1 :: len(order)] - 1] = _ROW_END
    return marks
