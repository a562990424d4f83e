"""The problems of one file, in one SQLite file: any number of them, queryable by page.

Written once by a check, then only read. Everything is in the order of the rows: by physical line,
then by the cell's place in the row.
"""

import heapq
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from urllib.parse import quote

from .problems import Problem

_BATCH = 5_000
_SCHEMA = """
    CREATE TABLE problem (
        id INTEGER PRIMARY KEY, line INTEGER NOT NULL, position INTEGER NOT NULL,
        "column" TEXT NOT NULL, code TEXT NOT NULL, value TEXT NOT NULL, params TEXT NOT NULL
    )
"""
# Made after the last row is in: several times faster than keeping them up to date.
_INDEXES = (
    "CREATE INDEX by_line ON problem (line, position, id)",
    "CREATE INDEX by_code ON problem (code, line, position, id)",
    'CREATE INDEX by_column ON problem ("column", line, position, id)',
)
_INSERT = 'INSERT INTO problem (line, position, "column", code, value, params) VALUES (?, ?, ?, ?, ?, ?)'
_SELECT = 'SELECT line, "column", code, value, params, position FROM problem'
_ORDER = "ORDER BY line, position, id"


class ProblemWriter:
    """Takes the problems of a check, in any order. A context manager.

    The file is complete and on disk when the block ends; an exception in the block removes it.
    `counts` tells at any time how many problems there are of each code.
    """

    def __init__(self, path: Path):
        self._path = Path(path)
        self.counts: Counter[str] = Counter()
        self._pending: list[tuple] = []

    def __enter__(self) -> "ProblemWriter":
        self._path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        # The file can be made again from its source: a journal would only double the writing.
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN", _SCHEMA):
            self._connection.execute(statement)
        return self

    def __exit__(self, error_type, *_error) -> None:
        try:
            if error_type is None:
                self._flush()
                for statement in (*_INDEXES, "COMMIT"):
                    self._connection.execute(statement)
        finally:
            self._connection.close()
            if error_type is not None:
                self._path.unlink(missing_ok=True)
        if error_type is None:
            _sync(self._path)

    def add(self, problem: Problem) -> None:
        """Take one problem."""
        self.counts[problem.code] += 1
        params = json.dumps(problem.params, ensure_ascii=False) if problem.params else "{}"
        self._pending.append(
            (problem.line, problem.position, problem.column, problem.code, problem.value, params)
        )
        if len(self._pending) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._connection.executemany(_INSERT, self._pending)
        self._pending.clear()


class ProblemStore:
    """Reads the problems of one file; may be shared between threads. A context manager that closes it."""

    def __init__(self, path: Path):
        uri = f"file:{quote(str(Path(path).resolve()))}?mode=ro"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)

    @staticmethod
    def create(path: Path) -> ProblemWriter:
        """A writer for the file at `path`, which is made anew; use it in a ``with`` statement."""
        return ProblemWriter(path)

    @classmethod
    def open(cls, path: Path) -> "ProblemStore":
        """The problems stored at `path`; FileNotFoundError if there is no such file."""
        if not Path(path).is_file():
            raise FileNotFoundError(path)
        return cls(path)

    def __enter__(self) -> "ProblemStore":
        return self

    def __exit__(self, *_error) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be read any more."""
        self._connection.close()

    def counts(self) -> dict[str, int]:
        """How many problems there are of each code that occurs."""
        return dict(self._connection.execute("SELECT code, count(*) FROM problem GROUP BY code"))

    def most_cells(self) -> int:
        """How many cells the longest row with surplus values has, up to its last value; 0 without any."""
        query = """
            SELECT max(json_extract(params, '$.cells')) FROM problem WHERE code = 'too-many-values'
        """
        return self._connection.execute(query).fetchone()[0] or 0

    def count(self, code: str | None = None, column: str | None = None, text: str | None = None) -> int:
        """How many problems there are that match all that is given; see `page`."""
        where, values = _where(code, column, text)
        query = f"SELECT count(*) FROM problem {where}"  # noqa: S608 (made of constants)
        return self._connection.execute(query, values).fetchone()[0]

    def page(
        self,
        code: str | None = None,
        column: str | None = None,
        text: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> list[Problem]:
        """The problems that match, in order, `limit` of them from number `offset` on.

        text: is part of the value, upper or lower case alike, or is the number of the line.
        """
        where, values = _where(code, column, text)
        query = f"{_SELECT} {where} {_ORDER} LIMIT ? OFFSET ?"
        return [_problem(row) for row in self._connection.execute(query, [*values, limit, offset])]

    def __iter__(self) -> Iterator[Problem]:
        """All problems in order, without holding them."""
        for row in self._connection.execute(f"{_SELECT} {_ORDER}"):
            yield _problem(row)


class MergedProblems:
    """Several stores of one file read as one; closing it closes them. A context manager."""

    def __init__(self, stores: Sequence[ProblemStore]):
        self._stores = stores

    def __enter__(self) -> "MergedProblems":
        return self

    def __exit__(self, *_error) -> None:
        self.close()

    def close(self) -> None:
        """Close all stores."""
        for store in self._stores:
            store.close()

    def most_cells(self) -> int:
        """As `ProblemStore.most_cells`."""
        return max((store.most_cells() for store in self._stores), default=0)

    def count(self) -> int:
        """How many problems there are."""
        return sum(store.count() for store in self._stores)

    def __iter__(self) -> Iterator[Problem]:
        """All problems by line, without holding them."""
        return heapq.merge(*self._stores, key=attrgetter("line"))


def _where(code: str | None, column: str | None, text: str | None) -> tuple[str, list]:
    """The condition and its values; the condition is made of constants only."""
    conditions, values = [], []
    if code:
        conditions.append("code = ?")
        values.append(code)
    if column:
        conditions.append('"column" = ?')
        values.append(column)
    if text:
        escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append("(value LIKE ? ESCAPE '\\' OR CAST(line AS TEXT) = ?)")
        values += [f"%{escaped}%", text]
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _problem(row: tuple) -> Problem:
    line, column, code, value, params, position = row
    return Problem(line, column, code, value, json.loads(params), position)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
