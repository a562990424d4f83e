"""Rows with the same id, found in memory that does not grow with the file.

The log keeps a fingerprint of every id on disk. When all rows are known, the fingerprints are dealt
out to partitions, each with so few different ids that they fit in memory, and each is sorted alone.
"""

import hashlib
import heapq
import secrets
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("ordinal", "<u8"), ("line", "<u8"), ("warned", "u1")])
_PACK = struct.Struct("<16sQQB").pack
_FOUND = np.dtype([("ordinal", "<u8"), ("line", "<u8"), ("first_line", "<u8"), ("warned", "u1")])
_ENTRIES_A_READ = 50_000
IDS_A_PARTITION = 200_000
# Each is an open file for a while, and processes may often have no more than 256 of them.
MOST_PARTITIONS = 128


class Duplicate(NamedTuple):
    """A row whose id an earlier row already has.

    ordinal: the row's number in the log, counted from 0; line, first_line: the physical lines of it
    and of the first row with the id; warned: whether the row has warnings.
    """

    ordinal: int
    line: int
    first_line: int
    warned: bool


class DuplicateLog:
    """Logs the ids of good rows in order, then gives the duplicates among them.

    folder: for its files; the caller removes it.
    Ids are kept as keyed 128-bit fingerprints: nobody can make two ids collide on purpose.
    """

    def __init__(self, folder: Path, ids_a_partition: int = IDS_A_PARTITION):
        self._folder = folder
        self._path = folder / "ids"
        self._file = self._path.open("wb")
        self._key = secrets.token_bytes(32)
        self._ids_a_partition = ids_a_partition
        self._count = 0

    def __enter__(self) -> "DuplicateLog":
        return self

    def __exit__(self, *_error) -> None:
        self._file.close()

    def add(self, id_: str, line: int, warned: bool) -> None:
        """Log the id of the next good row."""
        fingerprint = hashlib.blake2b(id_.encode("utf-8"), digest_size=16, key=self._key).digest()
        self._file.write(_PACK(fingerprint, self._count, line, warned))
        self._count += 1

    def duplicates(self) -> Iterator[Duplicate]:
        """Every row but the first of each id, in the order of the rows. For when the log is closed."""
        found = [self._find(number, path) for number, path in enumerate(self._deal_out())]
        for entry in heapq.merge(*map(_found_in, found)):
            yield Duplicate(*entry[:3], bool(entry[3]))

    def _deal_out(self) -> list[Path]:
        """Files of entries, in the order of the rows; all entries of one id are in the same file."""
        count = min(MOST_PARTITIONS, -(-self._count // self._ids_a_partition))
        if count < 2:
            return [self._path]
        paths = [self._folder / f"ids-{number}" for number in range(count)]
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in paths]
            for entries in _blocks(self._path, _ENTRY, _ENTRIES_A_READ):
                partition = entries["high"] % np.uint64(count)
                for number, file in enumerate(files):
                    entries[partition == number].tofile(file)
        return paths

    def _find(self, number: int, entries: Path) -> Path:
        """Write the duplicates of one partition, in the order of the rows, to a file of their own."""
        path = self._folder / f"duplicates-{number}"
        known = np.empty(0, _ENTRY)
        with path.open("wb") as out:
            # However often one id comes, what is held is the different ids and one block.
            for block in _blocks(entries, _ENTRY, self._ids_a_partition):
                known, found = _sift(known, block)
                found.tofile(out)
        return path


def _sift(known: np.ndarray, entries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first entry of each id so far, and the duplicates among the new entries in their order.

    known: the first entry of each id seen before; all of them precede `entries`.
    """
    everything = np.concatenate([known, entries])
    # Stable: among entries of one id the earliest stays in front.
    ranked = everything[np.lexsort((everything["low"], everything["high"]))]
    is_first = np.ones(len(ranked), bool)
    is_first[1:] = (ranked["high"][1:] != ranked["high"][:-1]) | (ranked["low"][1:] != ranked["low"][:-1])
    firsts = ranked[is_first]
    repeated = np.flatnonzero(~is_first)
    found = np.empty(len(repeated), _FOUND)
    for name in ("ordinal", "line", "warned"):
        found[name] = ranked[name][repeated]
    found["first_line"] = firsts["line"][np.cumsum(is_first)[repeated] - 1]
    return firsts, found[np.argsort(found["ordinal"])]


def _blocks(path: Path, dtype: np.dtype, entries_a_block: int) -> Iterator[np.ndarray]:
    with path.open("rb") as file:
        while len(block := np.fromfile(file, dtype, entries_a_block)):
            yield block


def _found_in(path: Path) -> Iterator[tuple[int, int, int, int]]:
    for block in _blocks(path, _FOUND, _ENTRIES_A_READ):
        yield from block.tolist()
