"""Rows with the same id, found in memory that does not grow with the file.

The log keeps a fingerprint of every id on disk. When all rows are known, the fingerprints are dealt
out to partitions, each with so few different ids that they fit in memory, and each is sorted alone.
"""

import heapq
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .fingerprints import IdHash

_ENTRY = np.dtype([("high", "<u8"), ("low", "<u8"), ("ordinal", "<u8"), ("line", "<u8"), ("mark", "u1")])
_FOUND = np.dtype([("ordinal", "<u8"), ("line", "<u8"), ("other_line", "<u8"), ("mark", "u1")])
_ENTRIES_A_READ = 50_000
_IDS_A_BLOCK = 1_000
IDS_A_PARTITION = 200_000
# Each is an open file for a while, and processes may often have no more than 256 of them.
MOST_PARTITIONS = 128


class Duplicate(NamedTuple):
    """A row that is left out because another row has the same id.

    ordinal: the row's number in the log, counted from 0; line: its physical line; mark: as logged.
    other_line: the line of the row that is kept; where none is, of the first row with the id, and for
        the first row itself of the second one.
    """

    ordinal: int
    line: int
    other_line: int
    mark: int


class DuplicateLog:
    """Logs the ids of good rows in order, then gives the rows to leave out.

    folder: for its files; the caller removes it.
    keep: which of the rows with one id stays: ``first``, ``last``, or none of them (``reject``).
    key: of the ids' fingerprints; by default one that nobody knows.
    hash: what makes the fingerprints.
    """

    def __init__(
        self,
        folder: Path,
        keep: str = "first",
        key: bytes | None = None,
        ids_a_partition: int = IDS_A_PARTITION,
    ):
        self._folder = folder
        self._path = folder / "ids"
        self._file = self._path.open("wb")
        self._keep = keep
        self.hash = IdHash(key or secrets.token_bytes(32))
        self._ids_a_partition = ids_a_partition
        self._count = 0
        self._waiting: list[tuple[str, int, int]] = []
        self._kept: list[Path] = []

    def __enter__(self) -> "DuplicateLog":
        return self

    def __exit__(self, *_error) -> None:
        with self._file:
            self._write_waiting()

    def add(self, id_: str, line: int, mark: int = 0) -> None:
        """Log the id of the next good row; mark: a number up to 255 that comes back with it."""
        self._waiting.append((id_, line, mark))
        if len(self._waiting) >= _IDS_A_BLOCK:
            self._write_waiting()

    def add_hashed(self, hashes: np.ndarray, lines: Sequence[int], marks: Sequence[int]) -> None:
        """Log the ids of the next good rows by what `hash` makes of them."""
        self._write_waiting()
        self._write(hashes, lines, marks)

    def _write_waiting(self) -> None:
        if self._waiting:
            ids, lines, marks = zip(*self._waiting, strict=True)
            self._waiting.clear()
            self._write(self.hash.of_texts(ids), lines, marks)

    def _write(self, hashes: np.ndarray, lines: Sequence[int], marks: Sequence[int]) -> None:
        entries = np.empty(len(hashes), _ENTRY)
        entries["high"], entries["low"] = hashes[:, 0], hashes[:, 1]
        entries["ordinal"] = np.arange(self._count, self._count + len(entries))
        entries["line"], entries["mark"] = lines, marks
        entries.tofile(self._file)
        self._count += len(entries)

    def duplicates(self) -> Iterator[Duplicate]:
        """Every row to leave out, in the order of the rows. For when the log is closed."""
        partitions = [_Partition(path, self._ids_a_partition) for path in self._deal_out()]
        for partition in partitions:
            partition.sift(self._keep)
        self._kept = [partition.kept for partition in partitions]
        for entry in heapq.merge(*(found for partition in partitions for found in partition.found())):
            yield Duplicate(*entry)

    def kept_fingerprints(self) -> Iterator[np.ndarray]:
        """The fingerprints of the ids that stay, ascending. For when `duplicates` has been read."""
        return (block for path in self._kept for block in _blocks(path, np.dtype("<u8"), _ENTRIES_A_READ))

    def _deal_out(self) -> list[Path]:
        """Files of entries in the order of the rows, each with the ids of one range of fingerprints."""
        count = min(MOST_PARTITIONS, -(-self._count // self._ids_a_partition))
        if count < 2:
            return [self._path]
        step = np.uint64(2**64 // count + 1)
        paths = [self._folder / f"ids-{number}" for number in range(count)]
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in paths]
            for entries in _blocks(self._path, _ENTRY, _ENTRIES_A_READ):
                partition = entries["high"] // step
                for number, file in enumerate(files):
                    entries[partition == number].tofile(file)
        return paths


class _Partition:
    """The entries of one range of fingerprints, in the order of the rows.

    However often one id comes, what is held is the different ids and one block.
    """

    def __init__(self, path: Path, entries_a_block: int):
        self._path = path
        self._entries_a_block = entries_a_block
        self.kept = path.with_name(f"{path.name}-kept")
        self._repeated = path.with_name(f"{path.name}-repeated")
        self._first = path.with_name(f"{path.name}-first")
        self._backwards = False

    def sift(self, keep: str) -> None:
        """Write the entries to leave out and the fingerprints that stay to files of their own."""
        self._backwards = keep == "last"
        known = np.empty(0, _ENTRY)
        # The line of the second row with each known id; 0 as long as there is none.
        second = np.empty(0, "<u8")
        with self._repeated.open("wb") as out:
            for block in _blocks(self._path, _ENTRY, self._entries_a_block, self._backwards):
                known, second, repeated = _sift(known, second, block)
                repeated.tofile(out)
        firsts = known[second > 0] if keep == "reject" else known[:0]
        _first_of_repeated(firsts, second[second > 0]).tofile(self._first)
        stays = known["high"][second == 0] if keep == "reject" else known["high"]
        np.sort(stays).tofile(self.kept)

    def found(self) -> Iterator[Iterator[tuple[int, int, int, int]]]:
        """The entries to leave out, in ascending streams."""
        for path, backwards in ((self._repeated, self._backwards), (self._first, False)):
            yield (
                entry
                for block in _blocks(path, _FOUND, _ENTRIES_A_READ, backwards)
                for entry in block.tolist()
            )


def _sift(
    known: np.ndarray, second: np.ndarray, entries: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The first entry of each id so far, the second one's line, and the repetitions in `entries`.

    known: the first entry of each id seen before, in any order; second: the line of the second one.
    """
    everything = np.concatenate([known, entries])
    second_of_all = np.concatenate([second, np.zeros(len(entries), "<u8")])
    high = np.sort(everything["high"])
    if not (high[1:] == high[:-1]).any():
        return everything, second_of_all, np.empty(0, _FOUND)
    order, is_first = _ranked(everything["high"].copy(), everything["low"].copy())
    ranked = everything[order]
    firsts, second = ranked[is_first], second_of_all[order][is_first]
    repeated = np.flatnonzero(~is_first)
    id_of_repeated = np.cumsum(is_first)[repeated] - 1
    found = np.empty(len(repeated), _FOUND)
    for name in ("ordinal", "line", "mark"):
        found[name] = ranked[name][repeated]
    found["other_line"] = firsts["line"][id_of_repeated]
    ids, places = np.unique(id_of_repeated, return_index=True)
    second[ids] = np.where(second[ids] == 0, found["line"][places], second[ids])
    # In the order in which they were read: position behind the known ones.
    return firsts, second, found[np.argsort(order[repeated])]


def _ranked(high: np.ndarray, low: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The order of the fingerprints, equal ones as they came, and which are the first of their kind in it."""
    # Nearly always the first half decides, and one half sorts in a fraction of the time.
    order = np.argsort(high, kind="stable")
    is_new = np.diff(high[order], prepend=~high[order[:1]]) != 0
    is_other = np.diff(low[order], prepend=low[order[:1]]) != 0
    if (is_other & ~is_new).any():
        order = np.lexsort((low, high))
        is_new = (np.diff(high[order], prepend=~high[order[:1]]) != 0) | (
            np.diff(low[order], prepend=low[order[:1]]) != 0
        )
    return order, is_new


def _first_of_repeated(firsts: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The first entries of ids that come again, in the order of the rows, naming the second line."""
    found = np.empty(len(firsts), _FOUND)
    for name in ("ordinal", "line", "mark"):
        found[name] = firsts[name]
    found["other_line"] = second[: len(firsts)]
    return found[np.argsort(found["ordinal"])]


def _blocks(
    path: Path, dtype: np.dtype, entries_a_block: int, backwards: bool = False
) -> Iterator[np.ndarray]:
    """The entries of a file in blocks, or from its last entry to its first."""
    count = path.stat().st_size // dtype.itemsize
    starts = range(0, count, entries_a_block)
    # Opened for each block alone: dozens of these may be read side by side.
    for start in reversed(starts) if backwards else starts:
        block = np.fromfile(path, dtype, entries_a_block, offset=start * dtype.itemsize)
        yield block[::-1] if backwards else block
