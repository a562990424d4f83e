"""The batch files: encoded rows written to parts that each fit one call to Target (F6)."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .encoding import encode_header

PART_NAME = re.compile(r"part-[0-9]{4,}\.csv")
_FLUSH_BYTES = 256 * 1024


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
        size = len(encoded_row) + 1
        if self._file is None or not self._fits(size):
            self._finish()
            self._begin()
            if not self._fits(size):
                raise ValueError(
                    f"A part below {self._limits.below_bytes} bytes cannot hold a row of {size}."
                )
        self._pending.append(encoded_row)
        self._pending_bytes += size
        self._bytes += size
        self._rows += 1
        if self._pending_bytes >= _FLUSH_BYTES:
            self._flush()

    def _fits(self, size: int) -> bool:
        return self._rows < self._limits.rows and self._bytes + size < self._limits.below_bytes

    def _begin(self) -> None:
        self._path = self._folder / f"part-{len(self.parts) + 1:04d}.csv"
        self._file = self._path.open("xb")
        self._hash = hashlib.sha256(self._header)
        self._file.write(self._header)
        self._bytes = len(self._header)
        self._rows = 0
        self._pending: list[str] = []
        self._pending_bytes = 0

    def _flush(self) -> None:
        block = "".join(f"{row}\n" for row in self._pending).encode("ascii")
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


def encoded_rows(parts: Iterable[PartFile]) -> Iterator[str]:
    """The encoded rows of written parts in their order, without line feeds."""
    for part in parts:
        with part.path.open("rb") as file:
            next(file)
            for row in file:
                yield row[:-1].decode("ascii")


def publish(parts: Iterable[PartFile], folder: Path) -> list[PartFile]:
    """Move written parts to the folder, where they take the place of all parts of an earlier check."""
    for old in folder.iterdir():
        if PART_NAME.fullmatch(old.name):
            old.unlink()
    return [replace(part, path=part.path.replace(folder / part.path.name)) for part in parts]
