"""Excel workbooks: the rows of one sheet, read by a process of its own (see `workbook_process`).

Exporting to CSV is where spreadsheets damage ids; so the cells are taken from the workbook itself, each
as its text.
"""

import json
import subprocess  # nosec B404 # a program of our own, see below
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from .lines import RECORD_LIMIT, Source
from .sources import UnreadableFile

# All ours: a sheet is held in memory while it is read, some 130 bytes a cell.
CELL_LIMIT = 3_000_000
UNPACKED_LIMIT = 300_000_000
PACKED_LIMIT = 100_000_000
_MEMORY_LIMIT = 1 << 30
_SECONDS_LIMIT = 300
_MOST_NAMED = 10

_PROGRAM = Path(__file__).with_name("workbook_process.py")


class SheetRow(NamedTuple):
    """One row of a sheet.

    line: the row's number in the sheet, counted from 1.
    cells: the text of each cell from the first column that holds anything; as wide as the sheet.
    long_numbers: which of them, counted from 0, are numbers of more digits than Excel keeps.
    is_too_big: whether the row has more than RECORD_LIMIT characters; `cells` is then only its start.
    """

    line: int
    cells: list[str]
    long_numbers: tuple[int, ...]
    is_too_big: bool


class Sheet(NamedTuple):
    """The sheet that is read.

    sheets: the names of all sheets with cells that the workbook has, in its order.
    rows: every row from the sheet's first one on; raises UnreadableFile where reading ends too early.
    """

    sheets: list[str]
    rows: Iterator[SheetRow]


@contextmanager
def opened_sheet(source: Source, name: str | None) -> Iterator[Sheet]:
    """The sheet with the name, or the first one that is visible. Reads the whole source.

    Raises UnreadableFile.
    """
    with tempfile.TemporaryFile() as copy:
        for block in source.blocks():
            if source.size > PACKED_LIMIT:
                raise _too_big()
            copy.write(block)
        copy.seek(0)
        process = _started(copy, name)
    with process, process.stdout as lines:
        try:
            yield _sheet(lines, name)
        finally:
            process.kill()


def _started(workbook: IO[bytes], name: str | None) -> subprocess.Popen:
    options = {
        "sheet": name,
        "bytes": UNPACKED_LIMIT,
        "cells": CELL_LIMIT,
        "row_characters": RECORD_LIMIT,
        "memory": _MEMORY_LIMIT,
        "seconds": _SECONDS_LIMIT,
    }
    return subprocess.Popen(  # nosec B603 # no shell, and no word of anybody else's
        # Isolated: this package's own folder must not stand in for parts of the standard library.
        [sys.executable, "-I", _PROGRAM, json.dumps(options)],
        stdin=workbook,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _sheet(lines: IO[bytes], name: str | None) -> Sheet:
    head = _next(lines)
    if head["failure"] == "too-big":
        raise _too_big()
    if head["failure"] == "broken":
        raise UnreadableFile("not-a-csv", kind="broken-workbook")
    if head["failure"] == "no-sheet" and not head["sheets"]:
        raise UnreadableFile("not-a-csv", kind="workbook-without-sheets")
    if head["failure"] == "no-sheet":
        raise UnreadableFile("sheet-missing", sheet=name, found=head["sheets"][:_MOST_NAMED])
    return Sheet(head["sheets"], _rows(lines))


def _rows(lines: IO[bytes]) -> Iterator[SheetRow]:
    line = 0
    while (row := _next(lines)) != "end":
        line += 1
        cells, long_numbers, is_too_big = row
        yield SheetRow(line, cells, tuple(long_numbers), is_too_big)


def _next(lines: IO[bytes]):
    """The next thing the program says; what it did not say to its end, it died of."""
    try:
        return json.loads(lines.readline())
    except ValueError:
        raise _too_big() from None


def _too_big() -> UnreadableFile:
    return UnreadableFile("workbook-too-big", cells=CELL_LIMIT, bytes=UNPACKED_LIMIT)
