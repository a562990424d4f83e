"""Fixing one row: its cells as a person sees and changes them, and what the patch then says of it."""

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import BinaryIO

from .corrections import Correction, protect, unprotect
from .encoding import PercentEncodingError, decode_text, encode_text
from .header import header_cells
from .lines import RECORD_LIMIT, PhysicalLines, Source, line_ends
from .patching import Change, Patch, written
from .reading import Reading
from .records import TOO_BIG, UNCLOSED_QUOTE, Record, Records, read_records
from .sources import UNPACKED_LIMIT, utf8_blocks

# What no field of a form brings back as it was: bytes that are not UTF-8, and control characters.
_NOT_TYPED = re.compile("[\udc80-\udcff\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_BREAK = re.compile("\r\n|\r|\n")


class NotWritable(ValueError):
    """The row cannot stand in the file like this: it has more line breaks than before, or is too long."""


@dataclass(frozen=True)
class Cell:
    """One cell as a person sees it.

    name: of its column, "" behind the last one. position: its number in problems, counted from 1.
    text: what stands there in clear; a replacement character for what cannot be typed.
    index: its place in the row as it stands in the file, counted from 0.
    """

    name: str
    position: int
    text: str
    index: int


@dataclass(frozen=True)
class OpenRow:
    """One row of a file, to be fixed.

    line, lines: the physical line on which it begins, and how many it takes.
    was: its cells in the file; now: its cells with the change that was made of it already, if any.
    cells: what a person sees of them; none where the row is too big to be read and can only be left out.
    was_open: whether a quote in it is not closed in the file.
    """

    line: int
    lines: int
    was: tuple[str, ...]
    now: tuple[str, ...]
    change: Change | None
    cells: tuple[Cell, ...]
    was_open: bool
    reading: Reading
    is_correction: bool

    def left_out(self) -> Change:
        """The change that leaves the row out."""
        return Change(self.line, self.lines, self.was, None, was_open=self.was_open)

    @property
    def mark(self) -> str:
        """Tells the row as it is now from what somebody else may make of it meanwhile."""
        is_left_out = self.change is not None and self.change.is_left_out
        shown = json.dumps([self.line, self.now, is_left_out])
        return hashlib.sha256(shown.encode()).hexdigest()

    def edited(self, texts: dict[int, str]) -> Change | None:
        """The change that puts the texts into the cells of these indexes; None where it changes nothing.

        A cell whose text is the one shown keeps its bytes. A row in which nothing is left is left out. Raises
        NotWritable.
        """
        cells = list(self.now)
        for cell in self.cells:
            text = _typed(texts.get(cell.index, cell.text))
            if text != _typed(cell.text):
                cells += [""] * (cell.index + 1 - len(cells))
                cells[cell.index] = self._in_file(text)
        if not any(cells):
            return self.left_out()
        comes_back = self.change is not None and self.change.is_left_out
        is_open = self.was_open and self.change is None
        if tuple(cells) == self.now and not is_open and not comes_back:
            return None
        self._prove(cells)
        differs = [now != was for now, was in zip_longest(cells, self.was, fillvalue="")]
        columns = [cell.name for cell in self.cells if any(differs[cell.index : cell.index + 1])]
        return Change(self.line, self.lines, self.was, tuple(cells), tuple(columns), self.was_open)

    def _in_file(self, text: str) -> str:
        if self.reading.format == "batch":
            return encode_text(text)
        return protect(text) if self.is_correction else text

    def _prove(self, cells: Sequence[str]) -> None:
        """That the row, and nothing but it, will be read from its lines."""
        if self.reading.container == "xlsx":
            return
        text = written(cells, self.reading)
        if len(text) > RECORD_LIMIT or line_ends(text) >= self.lines:
            raise NotWritable
        if [(record.cells, record.fault) for record in Records([text], self.reading, 1)] != [(cells, None)]:
            raise NotWritable


def open_row(
    stream: BinaryIO,
    reading: Reading,
    line: int,
    patch: Patch | None = None,
    *,
    max_bytes: int = UNPACKED_LIMIT,
) -> OpenRow | None:
    """The row that begins on this physical line; None where the header or no row with content does.

    line: one on which a row is known to begin. patch: the changes so far.
    max_bytes: how many bytes an archive may hold. Raises `sources.UnreadableFile`.
    """
    with closing(read_records(Source(stream), reading, max_bytes)) as records:
        header = next((record for record in records if record.fault or any(record.cells)), None)
    if header is None or line <= header.line:
        return None
    found = _row_at(stream, reading, line, max_bytes)
    if found is None:
        return None
    record, lines = found
    change = patch.on(line) if patch else None
    was = () if record.fault == TOO_BIG else tuple(record.cells)
    now = was if change is None or change.cells is None else change.cells
    correction = Correction.of(header, reading)
    names = header_cells(correction.header(header) if correction else header, reading)[0]
    return OpenRow(
        line=line,
        lines=lines,
        was=was,
        now=now,
        change=change,
        cells=tuple(_cells(now, names, reading, correction)) if record.fault != TOO_BIG else (),
        was_open=record.fault == UNCLOSED_QUOTE,
        reading=reading,
        is_correction=correction is not None,
    )


def disturbed_row(
    stream: BinaryIO, reading: Reading, patch: Patch, *, max_bytes: int = UNPACKED_LIMIT
) -> int | None:
    """The line of the first row that would be read differently though it was not changed; None if none is.

    Where a quote is not closed, it depends on the rows behind it how far it reaches: a change there could
    make it swallow them. Raises `sources.UnreadableFile`.
    """
    if reading.container == "xlsx" or not patch.changes:
        return None
    end = max(change.line + change.lines for change in patch.changes)
    left_out = {change.line for change in patch.changes if change.is_left_out}
    begins = [
        [line for line in _lines_of_rows(stream, reading, laid_over, max_bytes, end) if line not in left_out]
        for laid_over in (None, patch)
    ]
    differing = (max(filter(None, pair)) for pair in zip_longest(*begins) if pair[0] != pair[1])
    return next(differing, None)


def _lines_of_rows(
    stream: BinaryIO, reading: Reading, patch: Patch | None, max_bytes: int, end: int
) -> Iterator[int]:
    with closing(read_records(Source(stream), reading, max_bytes, patch)) as records:
        for record in records:
            if record.fault or any(record.cells):
                yield record.line
                if record.line >= end:
                    return


def _row_at(stream: BinaryIO, reading: Reading, line: int, max_bytes: int) -> tuple[Record, int] | None:
    """The row that begins on the line, with how many lines it takes; cells are what quotes do not hide."""
    source = Source(stream)
    if reading.container == "xlsx":
        with closing(read_records(source, reading, max_bytes)) as rows:
            row = next((row for row in rows if row.line >= line), None)
        return (row, 1) if row and row.line == line and (row.fault or any(row.cells)) else None
    lines = PhysicalLines(_from_line(utf8_blocks(source, reading, max_bytes), line), reading.delimiter)
    first = next(iter(lines), b"")
    records = Records(filter(None, chain([first + lines.unread()], lines.blocks)), reading, line)
    record = next(iter(records), None)
    if record is None or not (record.fault or any(record.cells)):
        return None
    count = records.next_line - line
    if record.fault == UNCLOSED_QUOTE and count == 1:
        text = first.decode("utf-8", "surrogateescape")
        cells = next(csv.reader([text], delimiter=reading.delimiter, quoting=csv.QUOTE_NONE))
        record = record._replace(cells=cells)
    return record, count


def _from_line(blocks: Iterator[bytes], wanted: int) -> Iterator[bytes]:
    """The text from a physical line on."""
    line, rest = 1, b""
    while line < wanted:
        block = next(blocks, b"")
        content, rest = rest + block, b""
        if block and content.endswith(b"\r"):
            # It may be half of a CRLF: it waits for the next block.
            content, rest = content[:-1], b"\r"
        last = line + line_ends(content)
        if last >= wanted:
            yield b"".join(content.splitlines(keepends=True)[wanted - line :]) + rest
        elif not block:
            return
        line = last
    yield from blocks


def _cells(
    now: Sequence[str], names: Sequence[str], reading: Reading, correction: Correction | None
) -> Iterator[Cell]:
    """The cells of a row, at least one for each column; of a report only those that were in its file."""
    places: Iterable[int] = correction.places if correction else range(max(len(names), len(now)))
    for number, index in enumerate(places):
        text = now[index] if index < len(now) else ""
        if reading.format == "batch":
            text = _in_clear(text)
        elif correction:
            text = unprotect(text)
        name = names[number] if number < len(names) else ""
        yield Cell(_shown(name), number + 1, _shown(text), index)


def _in_clear(text: str) -> str:
    try:
        return decode_text(text)
    except (PercentEncodingError, UnicodeEncodeError):
        return text


def _shown(text: str) -> str:
    return _NOT_TYPED.sub("\N{REPLACEMENT CHARACTER}", text)


def _typed(text: str) -> str:
    """The text as a form brings it: browsers write every line break anew."""
    return _LINE_BREAK.sub("\n", text)
