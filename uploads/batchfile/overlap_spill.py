"""Rows dealt out on disk: of many files, those of one visitor come together without being held.

A row is put in with a number, the same for all rows that may be of one visitor. They come back by ranges of
numbers, so many bytes at a time.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .overlap_loops import gather

_HEAD = np.dtype([("number", "<u4"), ("size", "<u4")])


class Rows(NamedTuple):
    """Rows by ascending numbers; those of one number in the order in which they were put in.

    data: the bytes of all; starts, ends: where in them each row is, without its line feed.
    numbers, parts: of each row, as they were put in.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    numbers: np.ndarray
    parts: np.ndarray


class _Block(NamedTuple):
    """Rows that were put in together, by ascending numbers: their heads, and behind these their bytes.

    part: of all of them; offset: where in the file they begin; rows, bytes: how many lie before each range.
    """

    part: int
    offset: int
    rows: np.ndarray
    bytes: np.ndarray


class Spill:
    """Takes rows, then gives them back. A context manager.

    folder: for its file, which is gone with the process at the latest.
    numbers: how many there are; numbers_a_range: what is never taken apart.
    """

    def __init__(self, folder: Path, numbers: int, numbers_a_range: int):
        self._folder = folder
        self._begins = np.append(np.arange(0, numbers, numbers_a_range), numbers)
        self._blocks: list[_Block] = []

    def __enter__(self) -> "Spill":
        self._file = tempfile.TemporaryFile(dir=self._folder)
        return self

    def __exit__(self, *_error) -> None:
        self._file.close()

    def put(
        self, part: int, numbers: np.ndarray, data: np.ndarray, starts: np.ndarray, ends: np.ndarray
    ) -> None:
        """Put in rows of one part: their numbers, and where in the data each is, without its line feed."""
        if not len(numbers):
            return
        order = np.argsort(numbers, kind="stable")
        numbers, starts, ends = numbers[order], starts[order], ends[order]
        heads = np.empty(len(numbers), _HEAD)
        heads["number"], heads["size"] = numbers, ends - starts + 1
        behind = np.append(0, np.cumsum(heads["size"], dtype=np.int64))
        gathered = np.empty(behind[-1], np.uint8)
        gather(data, starts, ends, gathered)
        rows = np.searchsorted(numbers, self._begins)
        self._blocks.append(_Block(part, self._file.tell(), rows, behind[rows]))
        self._file.write(heads)
        self._file.write(gathered)

    def taken(self, most_bytes: int) -> Iterator[Rows]:
        """All rows by ascending numbers, each time as many ranges as have so many bytes, but at least one."""
        sizes = sum(np.diff(block.bytes) for block in self._blocks)
        first = 0
        while first < len(sizes):
            fitting = int(np.searchsorted(np.cumsum(sizes[first:]), most_bytes, side="right"))
            behind = first + max(1, fitting)
            if sizes[first:behind].any():
                yield self._take(first, behind)
            first = behind

    def _take(self, first: int, behind: int) -> Rows:
        """The rows in ranges from the first one to that before `behind`."""
        heads, pieces, parts = [], [], []
        for block in self._blocks:
            row, row_behind = block.rows[[first, behind]].tolist()
            byte, byte_behind = block.bytes[[first, behind]].tolist()
            if row < row_behind:
                heads.append(self._read(_HEAD, block.offset + row * _HEAD.itemsize, row_behind - row))
                data_at = block.offset + int(block.rows[-1]) * _HEAD.itemsize
                pieces.append(self._read(np.dtype(np.uint8), data_at + byte, byte_behind - byte))
                parts.append(np.full(row_behind - row, block.part))
        heads = np.concatenate(heads)
        ends = np.cumsum(heads["size"], dtype=np.intp)
        order = np.argsort(heads["number"], kind="stable")
        return Rows(
            np.concatenate(pieces),
            (ends - heads["size"])[order],
            ends[order] - 1,
            heads["number"][order],
            np.concatenate(parts)[order],
        )

    def _read(self, dtype: np.dtype, offset: int, count: int) -> np.ndarray:
        read = np.empty(count, dtype)
        self._file.seek(offset)
        self._file.readinto(read)
        return read
