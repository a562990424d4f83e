"""The batch files: encoded rows written to parts that each fit one call to Target (F6)."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .encoding import BATCH_PREFIX, decode_text, encode_header

PART_NAME = re.compile(r"part-[0-9]{4,}\.csv")
_FLUSH_BYTES = 256 * 1024
READ_BYTES = 256 * 1024
_LINE_FEED = ord("\n")


@dataclass(frozen=True)
class PartLimits:
    """F6: a part is smaller than `below_bytes`, its header included, and has at most `rows` rows.

    Both count what is sent: encoded bytes, and rows without the header.
    """

    below_bytes: int = 50_000_000
    rows: int = 500_000


@dataclass(frozen=True)
class PartFile:
    """One batch file: where it is (None if it was only counted), its rows, its bytes, its SHA-256 in hex."""

    path: Path | None
    rows: int
    bytes: int
    sha256: str


class PartWriter:
    """Writes encoded rows to part-0001.csv, part-0002.csv, … in a folder. A context manager.

    `parts` lists them, each complete once the writer is closed.
    """

    def __init__(self, folder: Path, names: Iterable[str], limits: PartLimits):
        self._folder = folder
        self._header = encode_header(names)
        self._limits = limits
        self._file = None
        self.parts: list[PartFile] = []

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, *_error) -> None:
        self._finish()

    def add(self, encoded_row: str) -> None:
        """Append one row, given without its line feed; ValueError if no part can be large enough for it."""
        self.add_rows(f"{encoded_row}\n".encode("ascii"), 1)

    def add_rows(self, rows: bytes, count: int) -> None:
        """Append so many rows, each with its line feed; raises as `add` does."""
        while count:
            if self._file is None:
                self._begin()
            size, fitting = self._fitting(rows, count)
            if not fitting and not self._rows:
                size = rows.index(b"\n") + 1
                raise ValueError(
                    f"A part below {self._limits.below_bytes} bytes cannot hold a row of {size}."
                )
            self._append(rows[:size], fitting)
            rows, count = rows[size:], count - fitting
            if count:
                self._finish()

    def _fitting(self, rows: bytes, count: int) -> tuple[int, int]:
        """The bytes and the number of the first rows that still fit into the part."""
        free_bytes = self._limits.below_bytes - 1 - self._bytes
        free_rows = self._limits.rows - self._rows
        if len(rows) <= free_bytes and count <= free_rows:
            return len(rows), count
        ends = np.flatnonzero(np.frombuffer(rows, np.uint8) == _LINE_FEED) + 1
        fitting = int(min(np.searchsorted(ends, free_bytes, side="right"), free_rows))
        return (int(ends[fitting - 1]), fitting) if fitting else (0, 0)

    def _append(self, rows: bytes, count: int) -> None:
        self._pending.append(rows)
        self._pending_bytes += len(rows)
        self._bytes += len(rows)
        self._rows += count
        if self._pending_bytes >= _FLUSH_BYTES:
            self._flush()

    def _begin(self) -> None:
        self._path = self._folder / f"part-{len(self.parts) + 1:04d}.csv"
        self._file = self._path.open("xb")
        self._hash = hashlib.sha256(self._header)
        self._file.write(self._header)
        self._bytes = len(self._header)
        self._rows = 0
        self._pending: list[bytes] = []
        self._pending_bytes = 0

    def _flush(self) -> None:
        block = b"".join(self._pending)
        self._file.write(block)
        self._hash.update(block)
        self._pending.clear()
        self._pending_bytes = 0

    def _finish(self) -> None:
        if self._file is None:
            return
        with self._file:
            self._flush()
        self._file = None
        self.parts.append(PartFile(self._path, self._rows, self._bytes, self._hash.hexdigest()))


def encoded_names(part: Path) -> list[str]:
    """The names in the first line of a written part, as they stand there (F1); that of the id comes first."""
    with part.open("rb") as file:
        return file.readline().removeprefix(BATCH_PREFIX).rstrip(b"\n").decode("ascii").split(",")


def rows_without(parts: Iterable[Path], ordinals: Iterable[int]) -> Iterator[tuple[bytes, int, list[str]]]:
    """The encoded rows of written parts in their order, but for those of these ordinals, which ascend from 0.

    Many at a time: the rows with their line feeds, how many they are, and the rows left out among them.
    """
    ordinals = iter(ordinals)
    ordinal = next(ordinals, None)
    first = 0
    for rows in row_blocks(parts):
        ends = (np.flatnonzero(np.frombuffer(rows, np.uint8) == _LINE_FEED) + 1).tolist()
        kept, left_out, begin = [], [], 0
        while ordinal is not None and ordinal < first + len(ends):
            number = ordinal - first
            start = ends[number - 1] if number else 0
            kept.append(rows[begin:start])
            begin = ends[number]
            left_out.append(rows[start : begin - 1].decode("ascii"))
            ordinal = next(ordinals, None)
        kept.append(rows[begin:])
        yield b"".join(kept), len(ends) - len(left_out), left_out
        first += len(ends)


def cut(part: Path, rows: int, folder: Path) -> tuple[PartFile, PartFile]:
    """Two parts in place of a written one: its first rows, so many, and the others. Written into the folder.

    The rows stay in their order and as they are, byte for byte. Raises FileNotFoundError where the part is
    gone, ValueError where it has no more rows than that.
    """
    names = list(map(decode_text, encoded_names(part)))
    folders = [folder / name for name in ("first", "rest")]
    for each in folders:
        each.mkdir()
    first, rest = (PartWriter(each, names, PartLimits()) for each in folders)
    with first, rest:
        for block in row_blocks([part]):
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == _LINE_FEED) + 1
            taken = min(rows, len(ends))
            end = int(ends[taken - 1]) if taken else 0
            first.add_rows(block[:end], taken)
            rest.add_rows(block[end:], len(ends) - taken)
            rows -= taken
    if not (first.parts and rest.parts):
        raise ValueError("Both the first rows and the others must be some.")
    return first.parts[0], rest.parts[0]


def row_blocks(parts: Iterable[Path], block_bytes: int = READ_BYTES) -> Iterator[bytes]:
    """The encoded rows of written parts in order, with their line feeds, about so many bytes at a time."""
    for part in parts:
        with part.open("rb") as file:
            next(file)
            rest = b""
            while block := file.read(block_bytes):
                rows, line_feed, rest = (rest + block).rpartition(b"\n")
                yield rows + line_feed


def publish(parts: Iterable[PartFile], folder: Path) -> list[PartFile]:
    """Move written parts to the folder, where they take the place of all parts of an earlier check."""
    for old in folder.iterdir():
        if PART_NAME.fullmatch(old.name):
            old.unlink()
    return [replace(part, path=part.path.replace(folder / part.path.name)) for part in parts]
