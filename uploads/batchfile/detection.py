"""A first look at a file: the reading to propose, and its first rows to show."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import BinaryIO, NamedTuple

from .corrections import Correction
from .encoding import BATCH_PREFIX
from .header import header_cells, is_confirmed, read_header
from .keys import suggest_key
from .lines import BLOCK_BYTES, BYTE_ORDER_MARK, Source, separator_in, without_mark
from .problems import UNDECODABLE, Problem, shown
from .reading import DELIMITERS, KEYS, Reading
from .records import Record, records_of, records_of_sheet
from .rules import decoded
from .sources import UNPACKED_LIMIT, UnreadableFile, container_of, unpacked_blocks
from .transcoding import as_utf8
from .workbooks import opened_sheet

LOOK_BYTES = 1_048_576
_MARKS = {
    BYTE_ORDER_MARK: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Bytes that Windows-1252 leaves undefined, and its two letters that are next to never written.
_NO_LETTERS = set(b"\x81\x8d\x8f\x90\x9d\xfe\xff".decode("ascii", "surrogateescape"))
_ROWS_COMPARED = 50
_ROWS_SHOWN = 5


@dataclass(frozen=True)
class Detection:
    """What a first look tells.

    reading: the reading to propose; its key and key column are a suggestion unless `confirmed`.
    confirmed: the header itself has exactly one ``pcId`` or ``thirdPartyId``: there is nothing to ask.
    header: the names as they stand, none where only empty rows are in sight; rows: the cells of the
        first content rows, at most five.
    problems: problems of the file that are visible already. Where the file is not `confirmed`, a
        ``header-key`` is among them; the others are those that remain if the proposal is taken.
    sheets: the names of a workbook's sheets, to choose from; none in other files.
    """

    reading: Reading
    confirmed: bool
    header: list[str]
    rows: list[list[str]]
    problems: list[Problem]
    sheets: list[str] = field(default_factory=list)


class _Look(NamedTuple):
    """The first content records; is_whole: whether the file is known to have no others."""

    reading: Reading
    records: list[Record]
    is_whole: bool
    sheets: list[str]


def detect(
    stream: BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    max_bytes: int = UNPACKED_LIMIT,
) -> Detection:
    """Take a first look at a seekable binary stream; leaves it at its start.

    Reads no more than LOOK_BYTES, of an archive as many unpacked ones, but a workbook whole.
    encoding, delimiter, sheet: what a person has chosen already; the rest is proposed accordingly.
    max_bytes: how many bytes an archive may hold.
    """
    source = Source(stream)
    container = None
    try:
        container = container_of(source)
        if container == "xlsx":
            look = _look_at_sheet(source, sheet)
        else:
            look = _look_at_text(unpacked_blocks(source, container, max_bytes), encoding, delimiter)
    except UnreadableFile as unreadable:
        return Detection(Reading(container=container), False, [], [], [unreadable.problem])
    finally:
        stream.seek(0)
    reading = replace(look.reading, container=container, sheet=sheet if container == "xlsx" else None)
    found = _detection(look._replace(reading=reading))
    return replace(found, sheets=look.sheets)


def _look_at_sheet(source: Source, name: str | None) -> _Look:
    with opened_sheet(source, name) as sheet:
        records = _first_content(records_of_sheet(sheet))
    return _Look(Reading(), records, len(records) <= _ROWS_COMPARED, sheet.sheets)


def _look_at_text(blocks: Iterator[bytes], encoding: str | None, delimiter: str | None) -> _Look:
    look = b""
    for block in blocks:
        look += block
        if len(look) >= LOOK_BYTES:
            break
    is_whole = len(look) < LOOK_BYTES
    encoding = encoding or proposed_encoding(look)
    sample = b"".join(without_mark(as_utf8([look[:LOOK_BYTES]], encoding)))
    if not is_whole and b"\n" in sample:
        # The last line is cut somewhere; a file of one endless line stays as it is.
        sample = sample[: sample.rindex(b"\n") + 1]
    reading = _proposed_dialect(sample, encoding, delimiter)
    return _Look(reading, _records_in(sample, reading), is_whole, [])


def _detection(look: _Look) -> Detection:
    reading, records = look.reading, look.records
    if not records:
        problems = [Problem(1, "", "empty-file")] if look.is_whole else []
        return Detection(reading, False, [], [], problems)
    correction = Correction.of(records[0], reading)
    if reading.format == "csv":
        reading = replace(reading, corrects=correction is not None)
    if correction:
        records = [correction.header(records[0]), *map(correction.row, records[1:])]
    names, unreadable = header_cells(records[0], reading)
    if not names:
        return Detection(reading, False, [], [], unreadable)
    rows = [_clear(record.cells, reading) for record in records[1:]]
    confirmed = is_confirmed(names)
    if confirmed:
        column = key = next(name for name in names if name in KEYS)
    else:
        column, key = suggest_key(names, rows)
    reading = replace(reading, key_column=column, key=key)
    unchosen = replace(reading, key_column=None, key=None)
    problems = [p for p in read_header(records[0], unchosen, rows).problems if p.code == "header-key"]
    problems += [p for p in read_header(records[0], reading).problems if p.code != "header-key"]
    if not rows and look.is_whole:
        problems.append(Problem(records[0].line, "", "no-rows"))
    shown_rows = [[shown(cell) for cell in row] for row in rows[:_ROWS_SHOWN]]
    return Detection(reading, confirmed, [shown(name) for name in names], shown_rows, problems)


def proposed_encoding(look: bytes) -> str:
    """The encoding that the first bytes speak of; a character cut by their end does not matter.

    A byte order mark decides; without one it is UTF-8 if the bytes can be, and else Windows-1252, in
    which Excel writes its "CSV" in western Europe. But a text that is plainly UTF-8 with some broken
    bytes stays UTF-8: those bytes are then reported, instead of every accent in it being sent wrong.
    """
    for mark, encoding in _MARKS.items():
        if look.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(look)
    except UnicodeDecodeError:
        return "utf-8" if _is_broken_utf8(look) else "windows-1252"
    return "utf-8"


def _is_broken_utf8(look: bytes) -> bool:
    """Whether more characters of several bytes are whole than broken, or no broken byte is a letter."""
    beyond_ascii = re.sub("[\x00-\x7f]+", "", look.decode("utf-8", "surrogateescape"))
    broken = UNDECODABLE.findall(beyond_ascii)
    return len(beyond_ascii) > 2 * len(broken) or set(broken) <= _NO_LETTERS


def _proposed_dialect(sample: bytes, encoding: str, delimiter: str | None) -> Reading:
    if sample.lstrip(b"\r\n").startswith(BATCH_PREFIX):
        return Reading(format="batch", encoding=encoding)
    named = separator_in(sample.partition(b"\n")[0].partition(b"\r")[0])
    if delimiter is None and named in DELIMITERS:
        delimiter = named
    if delimiter is None:
        text = sample.lstrip(b"\r\n")
        delimiter = max(DELIMITERS, key=lambda candidate: _fitness(text, candidate))
    return Reading(encoding=encoding, delimiter=delimiter)


def _fitness(sample: bytes, delimiter: str) -> tuple:
    """How well the delimiter fits; equal fitness leaves the choice to the order of DELIMITERS.

    One that splits the header is better than one that does not; then one that frees the key's exact
    name; then one after which more of the rows are as wide as the header; then the wider header.
    """
    records = _records_in(sample, Reading(delimiter=delimiter))
    if not records or len(records[0].cells) < 2:
        return (False,)
    header, *rows = [record.cells for record in records]
    even = sum(len(row) == len(header) for row in rows) / len(rows) if rows else 1.0
    return (True, is_confirmed(header), even, len(header))


def _records_in(sample: bytes, reading: Reading) -> list[Record]:
    blocks = (sample[start : start + BLOCK_BYTES] for start in range(0, len(sample), BLOCK_BYTES))
    return _first_content(records_of(blocks, reading))


def _first_content(records: Iterable[Record]) -> list[Record]:
    """The header and the rows that are compared with it, as far as there are any."""
    return list(
        islice((record for record in records if record.fault or any(record.cells)), 1 + _ROWS_COMPARED)
    )


def _clear(cells: list[str], reading: Reading) -> list[str]:
    return decoded(cells)[0] if reading.format == "batch" else cells
