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
from defusedxml.ElementTree import fromstring
from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

_BLOCK_BYTES = 1024 * 1024
_SHOWN_OF_TOO_BIG = 1_000
# A number of more digits than a spreadsheet keeps: from the sixteenth on they are lost.
_LONG_NUMBER = 10**15

_PARTS = re.compile(r"_rels/\.rels|xl/.*\.(xml|rels)", re.IGNORECASE)
_PARTS_IN_THE_WAY = re.compile(
    r"xl/(media|drawings|charts|pivot|theme|externalLinks|comments)", re.IGNORECASE
)
_SHEET = re.compile(r"xl/worksheets/.*", re.IGNORECASE)
_STYLES = re.compile(r"xl/styles\.xml", re.IGNORECASE)
_MOST_STYLES_BYTES = 16_000_000
# A number format that shows so many digits at least, as Excel's own for postal codes do.
_LEADING_ZEROS = re.compile(r"(?:\[\$-[0-9A-Fa-f]+\])?(0{2,})(?:;.*)?", re.DOTALL)
_ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*)(["'])e\2""")
# A cell with a whole number that a spreadsheet keeps exactly, and the formula it may come from.
_NUMBER_CELL = re.compile(
    rb"""(<(?:\w+:)?c\s)([^<>]*)(>(?:\s*<(?:\w+:)?f\b[^<>]*(?:/>|>[^<>]*</(?:\w+:)?f>))?\s*<(?:\w+:)?v>)"""
    rb"""\s*([0-9]{1,15})(?:\.0+)?\s*(?=</(?:\w+:)?v>)"""
)
_STYLE = re.compile(rb"""(?:^|\s)s\s*=\s*["']([0-9]+)["']""")
_TYPE = re.compile(rb"""(?:^|\s)t\s*=\s*["']([^"']*)["']""")
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
        digits = _digits_of_styles(packed, names)
        for name in names:
            with packed.open(name) as part, plain.open(name, "w") as out:
                blocks = iter(lambda part=part: part.read(_BLOCK_BYTES), b"")
                for block in _as_shown(blocks, digits if _SHEET.fullmatch(name) else {}):
                    left -= len(block)
                    if left < 0:
                        raise _Failure("too-big")
                    out.write(block)
    copy.flush()
    return copy


def _digits_of_styles(packed: zipfile.ZipFile, names: Iterable[str]) -> dict[bytes, int]:
    """How many digits at least each style of cells shows that shows leading zeros, by the style's number."""
    name = next(filter(_STYLES.fullmatch, names), None)
    if name is None or packed.getinfo(name).file_size > _MOST_STYLES_BYTES:
        return {}
    try:
        styles = fromstring(packed.read(name))
    except SyntaxError:
        # Whether such a workbook can be read at all, the library decides.
        return {}
    formats = {}
    for known in styles.iterfind("{*}numFmts/{*}numFmt"):
        if zeros := _LEADING_ZEROS.fullmatch(known.get("formatCode", "")):
            formats[known.get("numFmtId")] = len(zeros[1])
    cells = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    return {
        b"%d" % place: formats[xf.get("numFmtId")] for place, xf in cells if xf.get("numFmtId") in formats
    }


def _as_shown(blocks: Iterable[bytes], digits: dict[bytes, int]) -> Iterator[bytes]:
    """The XML with cells declared to be text whose value would else be lost.

    These are cells like #N/A, which would be read as empty, and numbers shown with leading zeros.
    digits: as of `_digits_of_styles`.
    """
    rest = b""
    for block in blocks:
        xml = rest + block
        cut = _cut(xml)
        whole, rest = xml[:cut], xml[cut:]
        # Most sheets have no such cell; to look for them one by one takes longer than all the rest.
        if b'"e"' in whole or b"'e'" in whole:
            whole = _ERROR_CELL.sub(rb"\1\2str\2", whole)
        yield _NUMBER_CELL.sub(lambda cell: _with_zeros(cell, digits), whole) if digits else whole
    yield rest


def _cut(xml: bytes) -> int:
    """Where no cell is cut, or at least no tag: both may be by the end of a block."""
    cell, tag = xml.rfind(b"c>"), xml.rfind(b"<")
    if cell >= 0 and len(xml) - cell <= _BLOCK_BYTES:
        return cell + len(b"c>")
    return tag if tag >= 0 and len(xml) - tag <= _LONGEST_TAG else len(xml)


def _with_zeros(cell: re.Match[bytes], digits: dict[bytes, int]) -> bytes:
    """The cell as it was, or as text with the zeros that its style shows before the number."""
    start, attributes, between, number = cell.groups()
    style, kind = _STYLE.search(attributes), _TYPE.search(attributes)
    if style is None or style[1] not in digits or (kind is not None and kind[1] != b"n"):
        return cell[0]
    return start + _TYPE.sub(b"", attributes) + b' t="str"' + between + number.zfill(digits[style[1]])


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
