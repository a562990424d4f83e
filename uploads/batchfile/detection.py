"""A first look at a file: the reading to propose, and its first rows to show."""

import codecs
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from .corrections import Correction
from .encoding import BATCH_PREFIX
from .header import header_cells, is_confirmed, read_header
from .keys import suggest_key
from .lines import BYTE_ORDER_MARK, separator_in, without_mark
from .problems import Problem, shown
from .reading import DELIMITERS, KEYS, Reading
from .records import Record, records_of
from .rules import decoded
from .transcoding import as_utf8

LOOK_BYTES = 1_048_576
_MARKS = {
    BYTE_ORDER_MARK: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
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
    """

    reading: Reading
    confirmed: bool
    header: list[str]
    rows: list[list[str]]
    problems: list[Problem]


def detect(stream: BinaryIO) -> Detection:
    """Look at no more than the first LOOK_BYTES of a seekable binary stream; leaves it at its start."""
    stream.seek(0)
    look = stream.read(LOOK_BYTES)
    stream.seek(0)
    is_whole = len(look) < LOOK_BYTES
    encoding = proposed_encoding(look)
    sample = b"".join(without_mark(as_utf8([look], encoding)))
    if not is_whole and b"\n" in sample:
        # The last line is cut somewhere; a file of one endless line stays as it is.
        sample = sample[: sample.rindex(b"\n") + 1]
    reading = _proposed_dialect(sample, encoding)
    records = _content_records(sample, reading, 1 + _ROWS_COMPARED)
    if not records:
        problems = [Problem(1, "", "empty-file")] if is_whole else []
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
    if not rows and is_whole:
        problems.append(Problem(records[0].line, "", "no-rows"))
    shown_rows = [[shown(cell) for cell in row] for row in rows[:_ROWS_SHOWN]]
    return Detection(reading, confirmed, [shown(name) for name in names], shown_rows, problems)


def proposed_encoding(look: bytes) -> str:
    """The encoding that the first bytes speak of; a character cut by their end does not matter.

    A byte order mark decides; without one it is UTF-8 if the bytes can be, and else Windows-1252, in
    which Excel writes its "CSV" in western Europe.
    """
    for mark, encoding in _MARKS.items():
        if look.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(look)
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def _proposed_dialect(sample: bytes, encoding: str) -> Reading:
    if sample.lstrip(b"\r\n").startswith(BATCH_PREFIX):
        return Reading(format="batch", encoding=encoding)
    named = separator_in(sample.partition(b"\n")[0].partition(b"\r")[0])
    if named in DELIMITERS:
        return Reading(encoding=encoding, delimiter=named)
    delimiter = max(DELIMITERS, key=lambda delimiter: _fitness(sample, delimiter))
    return Reading(encoding=encoding, delimiter=delimiter)


def _fitness(sample: bytes, delimiter: str) -> tuple:
    """How well the delimiter fits; equal fitness leaves the choice to the order of DELIMITERS.

    One that splits the header is better than one that does not; then one that frees the key's exact
    name; then one after which more of the rows are as wide as the header; then the wider header.
    """
    records = _content_records(sample, Reading(delimiter=delimiter), 1 + _ROWS_COMPARED)
    if not records or len(records[0].cells) < 2:
        return (False,)
    header, *rows = [record.cells for record in records]
    even = sum(len(row) == len(header) for row in rows) / len(rows) if rows else 1.0
    return (True, is_confirmed(header), even, len(header))


def _content_records(sample: bytes, reading: Reading, count: int) -> list[Record]:
    records = records_of([sample] if sample else [], reading)
    return list(islice((record for record in records if record.fault or any(record.cells)), count))


def _clear(cells: list[str], reading: Reading) -> list[str]:
    return decoded(cells)[0] if reading.format == "batch" else cells
