"""Rows with the same id, found in memory that does not grow with the file.

The log keeps a fingerprint of every id on disk. When all rows are known it is read once for each
partition of the fingerprints; a partition holds so few different ids that they fit in memory.
"""

import hashlib
import heapq
import secrets
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u8"), ("warned", "u1")])
_PACK = struct.Struct("<16sQB").pack
_FOUND = np.dtype([("ordinal", "<u8"), ("line", "<u8"), ("first_line", "<u8"), ("warned", "u1")])
_ENTRIES_A_READ = 250_000
IDS_A_PARTITION = 2_000_000


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

    Ids are kept as keyed 128-bit fingerprints: nobody can make two ids collide on purpose.
    """

    def __init__(self, folder: Path, ids_a_partition: int = IDS_A_PARTITION):
        self._folder = folder
        self._path = folder / "ids"
        self._file = self._path.open("wb")
        self._key = secrets.token_bytes(32)
        self._ids_a_partition = ids_a_partition
        self._count = 0

    def add(self, id_: str, line: int, warned: bool) -> None:
        """Log the id of the next good row."""
        fingerprint = hashlib.blake2b(id_.encode("utf-8"), digest_size=16, key=self._key).digest()
        self._file.write(_PACK(fingerprint, line, warned))
        self._count += 1

    def close(self) -> None:
        """Close the log; nothing can be added any more."""
        self._file.close()

    def duplicates(self) -> Iterator[Duplicate]:
        """Every row but the first of each id, in the order of the rows. Call it once, after `close`."""
        partitions = max(1, -(-self._count // self._ids_a_partition))
        found = [self._find(partition, partitions) for partition in range(partitions)]
        for entry in heapq.merge(*map(_found_in, found)):
            yield Duplicate(*entry[:3], bool(entry[3]))

    def _find(self, partition: int, partitions: int) -> Path:
        """Write the duplicates of one partition, in the order of the rows, to a file of their own."""
        path = self._folder / f"duplicates-{partition}"
        known = _empty(0)
        with path.open("wb") as out:
            for entries, ordinals in self._slices(partition, partitions):
                known, found = _sift(known, entries, ordinals)
                found.tofile(out)
        return path

    def _slices(self, partition: int, partitions: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The partition's entries and their ordinals, gathered to large arrays of bounded size."""
        gathered, ordinals, size = [], [], 0
        for start, block in _blocks(self._path, _ENTRY):
            chosen = np.flatnonzero(block["high"] % np.uint64(partitions) == partition)
            gathered.append(block[chosen])
            ordinals.append(chosen.astype("<u8") + np.uint64(start))
            size += len(chosen)
            if size >= self._ids_a_partition:
                yield np.concatenate(gathered), np.concatenate(ordinals)
                gathered, ordinals, size = [], [], 0
        if size:
            yield np.concatenate(gathered), np.concatenate(ordinals)


def _empty(size: int) -> np.ndarray:
    return np.empty(size, _ENTRY)


def _sift(known: np.ndarray, entries: np.ndarray, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first entry of each id so far, and the duplicates among the new entries.

    known: the first entry of each id seen before; all of them precede `entries`.
    """
    everything = np.concatenate([known, entries])
    # Stable: among entries of one id the earliest stays in front.
    order = np.lexsort((everything["low"], everything["high"]))
    ranked = everything[order]
    is_first = np.ones(len(ranked), bool)
    is_first[1:] = (ranked["high"][1:] != ranked["high"][:-1]) | (ranked["low"][1:] != ranked["low"][:-1])
    first_lines = ranked["line"][is_first][np.cumsum(is_first) - 1]
    repeated = np.flatnonzero(~is_first)
    found = np.empty(len(repeated), _FOUND)
    found["ordinal"] = ordinals[order[repeated] - len(known)]
    found["line"] = ranked["line"][repeated]
    found["first_line"] = first_lines[repeated]
    found["warned"] = ranked["warned"][repeated]
    return ranked[is_first], found[np.argsort(found["ordinal"])]


def _blocks(path: Path, dtype: np.dtype) -> Iterator[tuple[int, np.ndarray]]:
    """The file's entries in blocks of bounded size, each with the ordinal of its first entry."""
    start = 0
    with path.open("rb") as file:
        while len(block := np.fromfile(file, dtype, _ENTRIES_A_READ)):
            yield start, block
            start += len(block)


def _found_in(path: Path) -> Iterator[tuple[int, int, int, int]]:
    for _start, block in _blocks(path, _FOUND):
        yield from block.tolist()
