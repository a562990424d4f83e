"""Ids that look like e-mail addresses in a file where most do not: known only at its end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from .problems import excerpt

_EMAIL = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")


class EmailLikeIds:
    """Counts the ids of a file and keeps those that look like e-mail addresses on disk.

    path: of the file for them, made anew; the caller removes it.
    """

    def __init__(self, path: Path):
        self._path = path
        self._file = path.open("w", encoding="ascii")
        self._ids = self._found = 0

    def __enter__(self) -> "EmailLikeIds":
        return self

    def __exit__(self, *_error) -> None:
        self._file.close()

    def add(self, line: int, id_: str) -> bool:
        """Count the id of a row; True if it looks like an e-mail address."""
        self._ids += bool(id_)
        if "@" not in id_ or not _EMAIL.fullmatch(id_):
            return False
        self._found += 1
        self._file.write(json.dumps([line, excerpt(id_)]) + "\n")
        return True

    @property
    def stand_out(self) -> bool:
        """Whether there are such ids, and fewer than half of all are such."""
        return 0 < 2 * self._found < self._ids

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """The lines and excerpts of the ids. For when the object is closed."""
        with self._path.open(encoding="ascii") as file:
            for entry in file:
                line, id_ = json.loads(entry)
                yield line, id_
