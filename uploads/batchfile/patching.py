"""Patches: what people changed in single rows of a file that itself stays as it was uploaded.

A patch is laid over the text while it is read, before any cell of it is found, so that whatever reads the
file reads the same. No line moves: what a row no longer needs of its lines stays there, blank.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from .csv_lines import line_writer
from .lines import line_ends
from .reading import Reading

#: More than that is no longer fixing single rows, but work for a spreadsheet.
MOST_CHANGES = 200
# Which rows a file has, and what their cells are, depends on these choices of its reading.
_CHOICES = ("format", "encoding", "delimiter", "container", "sheet")
# Behind a lone CR, a lone LF would end the same line once more.
_LINE_END = b"\r\n"


class TooManyChanges(Exception):
    """A patch cannot hold more than MOST_CHANGES rows."""


@dataclass(frozen=True)
class Change:
    """What a person made of one row.

    line, lines: the physical line on which the row begins, counted from 1, and how many it takes.
    was: its cells in the file; a byte that is not UTF-8 is a surrogate, as in `records.Record`.
    cells: what stands there now; None where the row is left out.
    columns: for each cell that differs, in their order, the name of its column, "" behind the last one.
    was_open: whether a quote in it was not closed.
    """

    line: int
    lines: int
    was: tuple[str, ...]
    cells: tuple[str, ...] | None
    columns: tuple[str, ...] = ()
    was_open: bool = False

    @property
    def is_left_out(self) -> bool:
        """Whether the row does not count any more."""
        return self.cells is None

    def text(self, reading: Reading) -> bytes:
        """The row's lines as they are read, with their ends."""
        row = b"" if self.cells is None else written(self.cells, reading) + _LINE_END
        return row + _LINE_END * (self.lines - line_ends(row))

    def blank_lines(self, reading: Reading) -> int:
        """How many of the row's lines are blank now."""
        if self.cells is None:
            return self.lines
        return 0 if reading.container == "xlsx" else self.lines - 1 - line_ends(written(self.cells, reading))


@dataclass(frozen=True)
class Patch:
    """The changes of one file, by line.

    of: the hexadecimal SHA-256 of the file that it is for; choices: how that was read.
    nonce: makes every patch's own digest one that tells nothing about what the patch holds.
    """

    of: str
    choices: dict
    changes: tuple[Change, ...] = ()
    nonce: str = ""

    @classmethod
    def begun(cls, of: str, reading: Reading) -> "Patch":
        """A patch without any change yet."""
        return cls(of, _choices(reading))

    @classmethod
    def from_json(cls, value: dict) -> "Patch":
        """What `to_json` gave."""
        changes = [
            Change(
                each["line"],
                each["lines"],
                tuple(each["was"]),
                None if each["cells"] is None else tuple(each["cells"]),
                tuple(each["columns"]),
                each["was_open"],
            )
            for each in value["changes"]
        ]
        return cls(value["of"], value["choices"], tuple(changes), value["nonce"])

    def to_json(self) -> dict:
        """The patch as an object that JSON can hold."""
        return asdict(self)

    def fits(self, of: str, reading: Reading) -> bool:
        """Whether it is for this file, read like this: the rows are then the ones that were changed."""
        return self.of == of and self.choices == _choices(reading)

    def on(self, line: int) -> Change | None:
        """The change of the row that begins on this line."""
        return next((change for change in self.changes if change.line == line), None)

    def with_change(self, change: Change) -> "Patch":
        """The patch with this change, in place of any of the same row; raises TooManyChanges."""
        changes = [change, *self.without(change.line).changes]
        if len(changes) > MOST_CHANGES:
            raise TooManyChanges
        return self._holding(changes)

    def without(self, *lines: int) -> "Patch":
        """The patch without the changes of the rows that begin on these lines."""
        return self._holding(change for change in self.changes if change.line not in lines)

    def _holding(self, changes: Iterable[Change]) -> "Patch":
        ordered = tuple(sorted(changes, key=lambda change: change.line))
        return replace(self, changes=ordered, nonce=secrets.token_hex(16))

    @property
    def left_out(self) -> int:
        """How many rows it leaves out."""
        return sum(change.is_left_out for change in self.changes)

    @property
    def edited(self) -> int:
        """How many rows it changes and keeps."""
        return len(self.changes) - self.left_out

    @property
    def has_open_quote(self) -> bool:
        """Whether a row that it changes had a quote that was not closed."""
        return any(change.was_open for change in self.changes)

    def blank_lines(self, reading: Reading) -> int:
        """How many blank lines, or rows of a sheet, stand where rows were."""
        return sum(change.blank_lines(reading) for change in self.changes)

    def over(self, blocks: Iterable[bytes], reading: Reading) -> Iterator[bytes]:
        """The text in UTF-8, cut anywhere, with the changes in it; no block is empty."""
        return _laid_over(iter(blocks), [(change, change.text(reading)) for change in self.changes])

    def over_rows(self, rows: Iterable[NamedTuple]) -> Iterator[NamedTuple]:
        """The `records.Record`s of a sheet, with the changes in them."""
        by_line = {change.line: change for change in self.changes}
        for row in rows:
            change = by_line.get(row.line)
            yield row if change is None else _changed(row, change)


def written(cells: Iterable[str], reading: Reading) -> bytes:
    """The cells as a row of such a file in UTF-8, without a line's end."""
    if reading.format == "batch":
        return ",".join(cells).encode("utf-8", "surrogateescape")  # F5
    line = line_writer(reading.delimiter)(cells)
    return line.removesuffix("\r\n").encode("utf-8", "surrogateescape")


def _choices(reading: Reading) -> dict:
    return {name: getattr(reading, name) for name in _CHOICES}


def _laid_over(blocks: Iterator[bytes], changes: list[tuple[Change, bytes]]) -> Iterator[bytes]:
    left = iter(changes)
    over = _Over(*change) if (change := next(left, None)) else None
    line, rest = 1, b""
    while over is not None:
        block = next(blocks, b"")
        content, rest = rest + block, b""
        if block and content.endswith(b"\r"):
            # It may be half of a CRLF: it waits for the next block.
            content, rest = content[:-1], b"\r"
        last = line + line_ends(content)
        pieces = [content]
        if over.change.line <= last:
            pieces = []
            for piece in content.splitlines(keepends=True):
                pieces.append(over.take(line, piece) if over else piece)
                line += piece.endswith((b"\r", b"\n"))
                if over and line >= over.behind:
                    over = _Over(*change) if (change := next(left, None)) else None
        line = last
        if joined := b"".join(pieces):
            yield joined
        if not block:
            return
    if rest:
        yield rest
    yield from blocks


class _Over:
    """One change on its way into the text."""

    def __init__(self, change: Change, text: bytes):
        self.change = change
        self.behind = change.line + change.lines
        self._text = text

    def take(self, line: int, piece: bytes) -> bytes:
        """What is read in place of a piece of a line: all of the row for its first piece, then nothing."""
        if line < self.change.line:
            return piece
        text, self._text = self._text, b""
        return text


def _changed(row: NamedTuple, change: Change) -> NamedTuple:
    cells = list(change.cells or ())
    kept = [index for index in row.long_numbers if cells[index : index + 1] == row.cells[index : index + 1]]
    return row._replace(cells=cells, fault=None, long_numbers=tuple(kept))
