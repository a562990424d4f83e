"""Ids that look like e-mail addresses in a file where most do not: known only at its end."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import compress
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
        return self.add_all([line], [id_])[0]

    def add_all(self, lines: Sequence[int], ids: Sequence[str]) -> list[bool]:
        """The same for many rows."""
        self._ids += sum(map(bool, ids))
        are_such = ["@" in id_ and _EMAIL.fullmatch(id_) is not None for id_ in ids]
        found = [(line, excerpt(id_)) for line, id_ in compress(zip(lines, ids, strict=True), are_such)]
        if found:
            self._found += len(found)
            self._file.write(json.dumps(found) + "\n")
        return are_such

    def count_others(self, count: int) -> None:
        """Count so many rows with an id in which there is no @."""
        self._ids += count

    @property
    def stand_out(self) -> bool:
        """Whether there are such ids, and fewer than half of all are such."""
        return 0 < 2 * self._found < self._ids

    def __iter__(self) -> Iterator[tuple[int, str]]:
        """The lines and excerpts of the ids. For when the object is closed."""
        with self._path.open(encoding="ascii") as file:
            for entries in file:
                yield from map(tuple, json.loads(entries))
