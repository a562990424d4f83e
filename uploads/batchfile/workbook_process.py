"""Reads one sheet of an Excel workbook, as a program of its own: what a workbook does to it stays in it.

A few kilobytes can unfold to any size, and the library that reads workbooks holds a sheet whole; so
this runs under limits of memory and time. It imports nothing of ours and writes lines of JSON to
standard output: first ``{"sheets": [...], "failure": null}``, then ``[cells, long_numbers, too_big]``
for every row of the sheet from its first one on, and at the end ``"end"``. A failure is ``too-big``,
``broken`` or ``no-sheet``, and then nothing follows.

Standard input: the workbook, a seekable file. Argument: a JSON object with `sheet` (a name or null)
and the limits `bytes` (unpacked), `cells`, `row_characters`, `memory` (bytes) and `seconds`.
"""

import json
import math
import re
import resource
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import BinaryIO

import python_calamine
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

_BLOCK_BYTES = 1024 * 1024
_SHOWN_OF_TOO_BIG = 1_000
# A number of more digits than a spreadsheet keeps: from the sixteenth on they are lost.
_LONG_NUMBER = 10**15

_PARTS = re.compile(r"_rels/\.rels|xl/.*\.(xml|rels)", re.IGNORECASE)
_PARTS_IN_THE_WAY = re.compile(
    r"xl/(media|drawings|charts|pivot|theme|externalLinks|comments)", re.IGNORECASE
)
_ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")
_LONGEST_TAG = 64 * 1024


class _Failure(Exception):
    """The sheet cannot be read; the message is the failure's name."""


def main() -> None:
    """Write the sheet, or why there is none."""
    options = json.loads(sys.argv[1])
    _limit(options["memory"], options["seconds"])
    sheets: list[str] = []
    try:
        workbook = _opened(options["bytes"])
        names, first = _worksheets(workbook)
        sheets += names
        rows = _rows(workbook, _chosen(names, first, options["sheet"]), options["cells"])
    except _Failure as failure:
        _write({"sheets": sheets, "failure": str(failure)})
    except MemoryError:
        _write({"sheets": sheets, "failure": "too-big"})
    except (python_calamine.CalamineError, zipfile.BadZipFile, RuntimeError, ValueError, EOFError, OSError):
        _write({"sheets": sheets, "failure": "broken"})
    else:
        _write({"sheets": sheets, "failure": None})
        for row in rows:
            _write(_as_line(row, options["row_characters"]))
        _write("end")
    sys.stdout.flush()


def _limit(memory: int, seconds: int) -> None:
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except ValueError:
            # Not every system knows every limit, and none may be raised; the counts below still hold.
            pass


def _opened(most_bytes: int) -> CalamineWorkbook:
    copy = _plain_copy(sys.stdin.buffer, most_bytes)
    # By its path: an open file would be read into memory whole.
    return python_calamine.load_workbook(f"/dev/fd/{copy.fileno()}")


def _plain_copy(workbook: BinaryIO, most_bytes: int) -> BinaryIO:
    """The parts of the workbook that make up its sheets, unpacked and counted, in a file without a name."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (it has to outlive this function)
    left = most_bytes
    with zipfile.ZipFile(workbook) as packed, zipfile.ZipFile(copy, "w") as plain:
        names = [
            name
            for name in dict.fromkeys(packed.namelist())
            if _PARTS.fullmatch(name) and not _PARTS_IN_THE_WAY.match(name)
        ]
        # Honest workbooks too big end here; of the others what comes out is counted.
        if sum(packed.getinfo(name).file_size for name in names) > most_bytes:
            raise _Failure("too-big")
        for name in names:
            with packed.open(name) as part, plain.open(name, "w") as out:
                for block in _errors_as_text(iter(lambda part=part: part.read(_BLOCK_BYTES), b"")):
                    left -= len(block)
                    if left < 0:
                        raise _Failure("too-big")
                    out.write(block)
    copy.flush()
    return copy


def _errors_as_text(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The XML with cells like #N/A declared to be text: as errors they would be read as empty."""
    rest = b""
    for block in blocks:
        xml = rest + block
        # A tag may be cut by the end of the block.
        cut = xml.rfind(b"<")
        if cut < 0 or len(xml) - cut > _LONGEST_TAG:
            cut = len(xml)
        whole, rest = xml[:cut], xml[cut:]
        # Most sheets have no such cell; to look for them one by one takes longer than all the rest.
        may_have_errors = b'"e"' in whole or b"'e'" in whole
        yield _ERROR_CELL.sub(rb"\1\2str\2", whole) if may_have_errors else whole
    yield rest


def _worksheets(workbook: CalamineWorkbook) -> tuple[list[str], str | None]:
    """The names of the sheets with cells, and the first one that a person would see."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return [sheet.name for sheet in sheets], next((sheet.name for sheet in visible or sheets), None)


def _chosen(names: list[str], first: str | None, chosen: str | None) -> str:
    name = first if chosen is None else chosen
    if name not in names:
        raise _Failure("no-sheet")
    return name


def _rows(workbook: CalamineWorkbook, name: str, most_cells: int) -> Iterator[list]:
    sheet = workbook.get_sheet_by_name(name)
    if sheet.end is not None and (sheet.end[0] + 1) * sheet.width > most_cells:
        raise _Failure("too-big")
    return sheet.iter_rows()


def _as_line(values: list, most_characters: int) -> tuple[list[str], list[int], bool]:
    """The cells as text, the places of those that are long numbers, and whether there is too much text."""
    cells, long_numbers = [], []
    for index, value in enumerate(values):
        if type(value) is str:
            cells.append(value)
            continue
        cells.append(_text(value))
        if isinstance(value, float) and abs(value) >= _LONG_NUMBER:
            long_numbers.append(index)
    if sum(map(len, cells)) > most_characters:
        return [cells[0][:_SHOWN_OF_TOO_BIG]], [], True
    return cells, long_numbers, False


def _text(value: bool | float | datetime | date | time | timedelta) -> str:
    """The value as it would stand in a CSV file that damages nothing; dates and times as in ISO 8601."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return value.isoformat()


def _number(value: float) -> str:
    """The number without an exponent, and no more exact than the 15 digits that a spreadsheet keeps."""
    if value.is_integer() and abs(value) < _LONG_NUMBER:
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f") if math.isfinite(value) else str(value)


def _write(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main()
