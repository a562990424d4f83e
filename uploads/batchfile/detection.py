"""A first look at a file: the reading to propose, and its first rows to show."""

import io
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from .encoding import BATCH_PREFIX
from .header import header_cells, is_confirmed, read_header
from .keys import suggest_key
from .lines import BYTE_ORDER_MARK, Source
from .problems import Problem, shown
from .reading import DELIMITERS, KEYS, Reading
from .records import Record, read_records
from .rules import decoded

LOOK_BYTES = 1_048_576
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
    sample = stream.read(LOOK_BYTES)
    stream.seek(0)
    is_whole = len(sample) < LOOK_BYTES
    if not is_whole and b"\n" in sample:
        # The last line is cut somewhere; a file of one endless line stays as it is.
        sample = sample[: sample.rindex(b"\n") + 1]
    reading = _proposed_dialect(sample)
    records = _content_records(sample, reading, 1 + _ROWS_COMPARED)
    if not records:
        problems = [Problem(1, "", "empty-file")] if is_whole else []
        return Detection(reading, False, [], [], problems)
    names, _unreadable = header_cells(records[0], reading)
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


def _proposed_dialect(sample: bytes) -> Reading:
    content = sample.removeprefix(BYTE_ORDER_MARK).lstrip(b"\r\n")
    if content.startswith(BATCH_PREFIX):
        return Reading(format="batch")
    return Reading(delimiter=max(DELIMITERS, key=lambda delimiter: _fitness(sample, delimiter)))


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
    records = read_records(Source(io.BytesIO(sample)), reading)
    return list(islice((record for record in records if any(record.cells)), count))


def _clear(cells: list[str], reading: Reading) -> list[str]:
    return decoded(cells)[0] if reading.format == "batch" else cells
