"""SQLite files that are written once, whole, and then only read, block by block and by page."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar, Self, TypeVar
from urllib.parse import quote

Found = TypeVar("Found")


class BlockFileWriter:
    """Makes such a file anew. A context manager.

    The file is complete and on disk when the block ends; an exception in the block removes it.
    """

    #: The statements that make the tables.
    schema: ClassVar[tuple[str, ...]]

    def __init__(self, path: Path):
        self._path = Path(path)

    def __enter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        # The file can be made again from its source: a journal would only double the writing.
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN", *self.schema):
            self._connection.execute(statement)
        return self

    def __exit__(self, error_type, *_error) -> None:
        try:
            if error_type is None:
                self._finish()
                self._connection.execute("COMMIT")
        finally:
            self._connection.close()
            if error_type is not None:
                self._path.unlink(missing_ok=True)
        if error_type is None:
            with self._path.open("rb") as file:
                os.fsync(file.fileno())

    def _finish(self) -> None:
        """Write what is left to be written when all was taken."""


class BlockFile:
    """Reads such a file; may be shared between threads. A context manager that closes it."""

    def __init__(self, path: Path):
        uri = f"file:{quote(str(Path(path).resolve()))}?mode=ro"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)

    @classmethod
    def open(cls, path: Path) -> Self:
        """What is stored at `path`; FileNotFoundError if there is no such file."""
        if not Path(path).is_file():
            raise FileNotFoundError(path)
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._connection.close()


def from_offset(
    counted: Iterable[tuple[int, int, Found]], offset: int
) -> Iterator[tuple[int, int, Found, int]]:
    """Blocks with the count of what matches in each, but for those that end before number `offset`.

    Each comes with how many of its matches are still to be passed over: 0 for all but the first.
    """
    for number, count, found in counted:
        if offset >= count:
            offset -= count
            continue
        yield number, count, found, offset
        offset = 0
