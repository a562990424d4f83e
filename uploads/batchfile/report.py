"""The report for people: the rows with problems as they were in the upload, fit to be corrected.

A CSV file for spreadsheets in the upload's own delimiter. What it adds to a row is undone when it is
uploaded again (`corrections`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO

from .corrections import BATCH_COLUMN, HELPER_COLUMNS, SURPLUS_COLUMN, Correction, protect
from .csv_lines import line_writer
from .header import header_cells
from .lines import Source
from .patching import Patch
from .problems import ERROR, UNDECODABLE, Problem
from .reading import Reading
from .records import UNCLOSED_QUOTE, Record, read_records
from .rules import decoded
from .sources import UNPACKED_LIMIT, UnreadableFile
from .store import MergedProblems, ProblemStore

# Columns for values beyond the header; a row may have far more of them than a spreadsheet has columns.
MOST_SURPLUS_COLUMNS = 100
BYTE_ORDER_MARK = "\ufeff"

Explain = Callable[[Problem], str]


def correction_lines(
    stream: BinaryIO,
    reading: Reading,
    store: ProblemStore | MergedProblems,
    explain: Explain,
    *,
    batch: str | None = None,
    only_rejected: bool = False,
    max_bytes: int = UNPACKED_LIMIT,
    patch: Patch | None = None,
) -> Iterator[str]:
    """The lines of the report, for UTF-8; the first one begins with a byte order mark.

    stream, reading: the upload and how it was checked; store: every problem that was found then.
    explain: the sentences about a problem.
    batch: a reference of the batch, to be found again when the report is uploaded; None: no column for it.
    only_rejected: leave out the rows that have warnings only and go as they are.
    max_bytes: how many bytes an archive may hold. patch: what people changed in single rows.

    A row of the report is one row of the file with all its problems, in the file's order. Values that
    could not be read whole are left empty: nothing but what was in the file may be sent later.
    Raises what reading the stream or the store raises.
    """
    line_of = line_writer(reading.delimiter)
    with closing(read_records(Source(stream), reading, max_bytes, patch)) as records:
        table = _Table(_as_far_as_readable(records), reading)
        surplus = min(MOST_SURPLUS_COLUMNS, max(0, store.most_cells() - len(table.names)))
        width = len(table.names) + surplus
        yield BYTE_ORDER_MARK + line_of(
            [*map(protect, table.names), *[SURPLUS_COLUMN] * surplus, *helper_names(batch)]
        )
        for record, problems in _joined(groupby(store, key=attrgetter("line")), table.rows):
            if only_rejected and all(problem.severity != ERROR for problem in problems):
                continue
            cells = table.original(record)[:width] if record else []
            cells += [""] * (width - len(cells))
            helpers = _helper_cells(problems, explain) + ([] if batch is None else [batch])
            yield line_of(map(protect, [*cells, *helpers]))


class _Table:
    """The names and the rows of a file, those of a corrected report as they were before it."""

    def __init__(self, records: Iterator[Record], reading: Reading):
        self._is_encoded = reading.format == "batch"
        header = next((record for record in records if record.fault or any(record.cells)), None)
        self.names: list[str] = []
        self.rows: Iterator[Record] = iter(())
        if header is None:
            return
        correction = Correction.of(header, reading)
        if correction:
            header, records = correction.header(header), map(correction.row, records)
        self.names = [_readable(name) for name in header_cells(header, reading)[0]]
        self.rows = records

    def original(self, record: Record) -> list[str]:
        """The row's cells in clear, empty where they could not be read whole."""
        cells, broken = list(record.cells), set()
        if record.fault:
            cells = cells[:-1] if record.fault == UNCLOSED_QUOTE else []
        if self._is_encoded:
            cells, broken = decoded(cells)
        return ["" if index in broken else _readable(cell) for index, cell in enumerate(cells)]


def _as_far_as_readable(records: Iterator[Record]) -> Iterator[Record]:
    """The records up to where the file ends being one; the store has the problem that says why."""
    try:
        yield from records
    except UnreadableFile:
        return


def _joined(
    groups: Iterable[tuple[int, Iterator[Problem]]], records: Iterator[Record]
) -> Iterator[tuple[Record | None, list[Problem]]]:
    """The problems of each line with the row that begins there; None for those of the file itself."""
    record = next(records, None)
    for line, problems in groups:
        while record is not None and record.line < line:
            record = next(records, None)
        found = record if record is not None and record.line == line else None
        yield found, list(problems)


def helper_names(batch: str | None) -> Sequence[str]:
    """The columns that a report adds; with one for the reference of a batch if there is one."""
    return HELPER_COLUMNS if batch is None else (*HELPER_COLUMNS, BATCH_COLUMN)


def _helper_cells(problems: Sequence[Problem], explain: Explain) -> list[str]:
    """What the helper columns say of one row."""
    return [
        str(problems[0].line),
        ", ".join(dict.fromkeys(problem.code for problem in problems)),
        ", ".join(dict.fromkeys(problem.column for problem in problems if problem.column)),
        " ".join(dict.fromkeys(map(explain, problems))),
    ]


def _readable(cell: str) -> str:
    return "" if UNDECODABLE.search(cell) else cell
