"""How often clear values are sent (F7): blank cells of good rows, but for those that stay out after all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .duplicates import Duplicate

_ROWS_A_LOOK = 10_000


class SentBlanks:
    """Notes on disk, as bits, which cells of each good row are blank, for it may turn out to be a duplicate.

    path: of its file; the caller removes it.
    columns: the numbers of the columns with a clear value, ascending; without any, nothing is noted.
    """

    def __init__(self, path: Path, columns: Sequence[int]):
        self.columns = np.array(columns, np.intp)
        self._path = path
        self._file = path.open("wb")
        self._counts = np.zeros(len(columns), np.int64)
        self._left_out: list[int] = []

    def __enter__(self) -> "SentBlanks":
        return self

    def __exit__(self, *_error) -> None:
        self._file.close()

    def blank_in(self, rows: Sequence[Sequence[str]]) -> np.ndarray:
        """Which of the columns (second axis) are blank or missing in the cells of each row (first axis)."""
        blank = [[not any(cells[index : index + 1]) for index in self.columns] for cells in rows]
        return np.array(blank, bool).reshape(len(rows), len(self.columns))

    def add(self, are_blank: np.ndarray) -> None:
        """Note the next good rows, as `blank_in` has them."""
        if len(self.columns):
            self._counts += are_blank.sum(axis=0)
            self._file.write(np.packbits(are_blank, axis=1).tobytes())

    def without(self, duplicate: Duplicate) -> Duplicate:
        """The duplicate itself, its row no longer counted. For when this is closed."""
        if len(self.columns):
            self._left_out.append(duplicate.ordinal)
            if len(self._left_out) >= _ROWS_A_LOOK:
                self._take_back()
        return duplicate

    def counts(self) -> dict[int, int]:
        """How often the clear value of each column is sent. For when this is closed."""
        self._take_back()
        return dict(zip(self.columns.tolist(), self._counts.tolist(), strict=True))

    def _take_back(self) -> None:
        if self._left_out:
            noted = np.memmap(self._path, np.uint8, "r").reshape(-1, -(-len(self.columns) // 8))
            are_blank = np.unpackbits(noted[self._left_out], axis=1, count=len(self.columns))
            self._counts -= are_blank.sum(axis=0, dtype=np.int64)
            self._left_out.clear()
