"""Records: the cells of each row with the physical line on which it begins.

`csv.reader` decides what a cell is. Around it stands what it lacks: physical lines, a bound on the
memory, thousands of blank lines at once, and a quote that is not closed does not swallow what follows.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .lines import RECORD_LIMIT, BlankLines, PhysicalLines, Source, line_ends, separator_in, without_mark
from .patching import Patch
from .reading import Reading
from .sources import UNPACKED_LIMIT, container_of, utf8_blocks
from .workbooks import Sheet, opened_sheet

UNCLOSED_QUOTE = "unclosed-quote"
TOO_BIG = "row-too-big"
_SHOWN_OF_TOO_BIG = 1_000


class Record(NamedTuple):
    """One row: where it begins, its cells, and what is wrong with it as a whole.

    line: physical line, counted from 1.
    cells: the text of each cell; a byte that is not UTF-8 is a surrogate (``surrogateescape``).
    fault: None; or UNCLOSED_QUOTE or TOO_BIG, and then the cells are only those at the row's start.
    long_numbers: which cells, counted from 0, a workbook holds as numbers of more digits than it keeps.
    rows: how many rows it stands for; more than one only where none of them has content.
    """

    line: int
    cells: list[str]
    fault: str | None
    long_numbers: tuple[int, ...] = ()
    rows: int = 1


@contextmanager
def opened_records(
    source: Source, reading: Reading, unpacked_limit: int = UNPACKED_LIMIT, patch: Patch | None = None
) -> Iterator["Records | Iterator[Record]"]:
    """Every record of the source, the header and the rows without content included.

    unpacked_limit: how many bytes an archive may hold. patch: what people changed in single rows.
    Raises UnreadableFile, at the first record or later.
    """
    if reading.container != "xlsx" or container_of(source) != "xlsx":
        text = utf8_blocks(source, reading, unpacked_limit)
        yield records_of(patch.over(text, reading) if patch else text, reading)
        return
    with opened_sheet(source, reading.sheet) as sheet:
        rows = records_of_sheet(sheet)
        yield patch.over_rows(rows) if patch else rows


def read_records(
    source: Source, reading: Reading, unpacked_limit: int = UNPACKED_LIMIT, patch: Patch | None = None
) -> Iterator[Record]:
    """The same as an iterator that closes what it has opened."""
    with opened_records(source, reading, unpacked_limit, patch) as records:
        yield from records


def records_of(blocks: Iterable[bytes], reading: Reading) -> "Records":
    """Every record of a text that is UTF-8 already; Excel's first line ``sep=;`` is none."""
    return Records(without_mark(blocks), reading, 1, may_name_separator=reading.format == "csv")


def records_of_sheet(sheet: Sheet) -> Iterator[Record]:
    """Every row of a workbook's sheet as a record; its line is the row's number in the sheet."""
    for line, cells, long_numbers, is_too_big in sheet.rows:
        yield Record(line, cells, TOO_BIG if is_too_big else None, long_numbers)


class Records:
    """The records of a text; they may be left at any record.

    blocks: the text in UTF-8 from the line of the number `first_line` on, cut anywhere, none of them empty.
    may_name_separator: whether the first line can be Excel's own ``sep=;``, which is no record.

    Feeds csv.reader line by line and watches which lines it takes.

    csv.reader asks for a second line of the same record only while a quote is open. Before it gets one,
    the lines ahead are searched for the next quote that is not one of two. If a value can end there, right
    before a delimiter or a line's end, it closes the value; else the open one was never meant to quote, or
    its partner is missing: then the record ends with its line. A line with no other quotes than doubled
    ones cannot leave a quote open when it is read by itself; so no line is searched twice, and a file full
    of stray quotes is read in linear time.
    """

    def __init__(
        self, blocks: Iterable[bytes], reading: Reading, first_line: int, *, may_name_separator: bool = False
    ):
        # The limit is the csv module's own global one; below ours it would break legal rows.
        csv.field_size_limit(max(csv.field_size_limit(), RECORD_LIMIT))
        quoting = csv.QUOTE_NONE if reading.format == "batch" else csv.QUOTE_MINIMAL  # F5
        self._dialect = {"delimiter": reading.delimiter, "quoting": quoting}
        self._behind_value = (reading.delimiter.encode(), b"\r", b"\n", b"")
        self._source = PhysicalLines(blocks, reading.delimiter)
        self._lines = iter(self._source)
        self._line = first_line
        self._ahead: deque[bytes] = deque()
        self._taken = 0
        self._rows = 1
        self._fault: str | None = None
        self._finished = False
        self._may_name_separator = may_name_separator

    @property
    def next_line(self) -> int:
        """The physical line on which the next record begins."""
        return self._line

    def unread(self) -> bytes:
        """What was taken from `blocks` and no record has been made of yet; then there are no more records."""
        return b"".join(self._ahead) + self._source.unread()

    @property
    def blocks(self) -> Iterator[bytes]:
        """The blocks from which nothing was taken yet."""
        return self._source.blocks

    def __iter__(self) -> Iterator[Record]:
        """The records that are left. Nothing is kept between two of them but what is in this object."""
        if self._may_name_separator:
            self._pass_separator_line()
        while not self._finished:
            for cells in csv.reader(self._feed(), **self._dialect):
                record = Record(self._line, cells, self._fault, rows=self._rows)
                self._line += self._taken
                self._taken, self._rows, self._fault = 0, 1, None
                yield record

    def _pass_separator_line(self) -> None:
        self._may_name_separator = False
        first = next(self._lines, None)
        if first is not None and separator_in(first) is not None:
            self._line += 1
        elif first is not None:
            self._ahead.append(first)

    def _feed(self) -> Iterator[str]:
        """Lines for csv.reader; ends early at a faulty record, which csv.reader then gives as it is."""
        size = within = 0
        while (line := self._next_line()) is not None:
            if isinstance(line, BlankLines):
                lines = line_ends(line)
                if not self._taken:
                    self._taken = self._rows = lines
                    yield "\n"
                    continue
                self._taken += lines
            else:
                self._taken += 1
            size = len(line) if self._taken == 1 else size + len(line)
            if size > RECORD_LIMIT:
                self._fault = TOO_BIG
                yield _text(line[:_SHOWN_OF_TOO_BIG])
                return
            yield _text(line)
            within = within - 1 if self._taken else 0
            if self._taken and within <= 0:
                within = self._lines_to_close(size)
                if not within:
                    self._fault = UNCLOSED_QUOTE
                    return
        self._finished = True

    def _next_line(self) -> bytes | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _lines_to_close(self, size: int) -> int:
        """How many of the next lines belong to a record of `size` bytes whose quote is open.

        The last of them closes it, though it may open another. 0: it is not closed within the limit.
        """
        for line in self._lines:
            self._ahead.append(line)
            size += len(line)
            if size > RECORD_LIMIT:
                return 0
            at = line.replace(b'""', b"  ").find(b'"')
            if at >= 0:
                return len(self._ahead) if line[at + 1 : at + 2] in self._behind_value else 0
        return 0


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
