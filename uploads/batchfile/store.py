"""The problems of one file, in one SQLite file: any number of them, queryable by page.

Written once by a check, then only read. Everything is in the order of the rows: by physical line,
then by the cell's place in the row. The problems lie in blocks of thousands with a tally of what is in
each: one row of a table for every problem would take several times as long to write as all the rest.
"""

import heapq
import json
import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path

import numpy as np

from .block_files import BlockFile, BlockFileWriter, from_offset
from .grams import grams_of
from .problem_blocks import LINE_BYTES, Alike, Block, Kind, Kinds, block_columns, merged
from .problem_search import Search
from .problems import Problem

#: A search for a text ends with so many: nobody reads on, and looking for all takes too long for a page.
MOST_FOUND = 10_000
_BLOCK = 5_000
# Fewer characters are read through sooner than it is found out that they need not be.
_PASSED_OVER = 20_000
# Blocks held at a time while runs are merged.
_RUNS_A_MERGE = 16
_SCHEMA = (
    'CREATE TABLE kind (id INTEGER PRIMARY KEY, code TEXT NOT NULL, "column" TEXT NOT NULL)',
    """
    CREATE TABLE block (
        id INTEGER PRIMARY KEY, numbers BLOB NOT NULL, problem_values TEXT NOT NULL, params TEXT NOT NULL
    )
    """,
    "CREATE TABLE tally (block INTEGER NOT NULL, kind INTEGER NOT NULL, count INTEGER NOT NULL)",
    "CREATE TABLE grams (block INTEGER PRIMARY KEY, bits BLOB NOT NULL)",
)
_INDEX = "CREATE INDEX of_block ON tally (block)"


class ProblemWriter(BlockFileWriter):
    """Takes the problems of a check, in any order.

    `counts` tells at any time how many problems there are of each code.
    """

    schema = _SCHEMA

    def __init__(self, path: Path):
        super().__init__(path)
        self.counts: Counter[str] = Counter()
        self._kinds = Kinds()
        self._pending: list[Problem] = []
        # Blocks by number, in runs: the problems of a run are in order.
        self._runs: list[list[int]] = []
        self._last_place = 0
        self._count = 0

    def add(self, problem: Problem) -> None:
        """Take one problem."""
        self.counts[problem.code] += 1
        self._pending.append(problem)
        if len(self._pending) >= _BLOCK:
            self._flush()

    def add_all(self, problems: Sequence[Problem], alike: Sequence[Alike] = ()) -> None:
        """Take the problems of some consecutive rows; of one place, those that are alike come first."""
        self.counts.update(problem.code for problem in problems)
        for group in alike:
            self.counts[group.problem.code] += len(group.lines)
        if alike:
            self._flush([Block.alike(group, self._kinds) for group in alike], problems)
            return
        self._pending += problems
        if len(self._pending) >= _BLOCK:
            self._flush()

    def _flush(self, alike: Sequence[Block] = (), problems: Sequence[Problem] = ()) -> None:
        """Write what waits, and these: a run of its own unless all comes behind what was written last."""
        waiting = [Block.of(self._pending, self._kinds), *alike, Block.of(problems, self._kinds)]
        self._pending = []
        block = Block.joined(waiting)
        if not len(block):
            return
        if not self._runs or block.places[0] < self._last_place:
            self._runs.append([])
        self._last_place = block.places[-1]
        self._runs[-1] += self._write(block)

    def _write(self, problems: Block) -> Iterator[int]:
        """Write problems in order, and give the numbers of their blocks."""
        for start in range(0, len(problems), _BLOCK):
            block = problems[start : start + _BLOCK]
            self._count += 1
            self._connection.execute("INSERT INTO block VALUES (?, ?, ?, ?)", (self._count, *block.encoded()))
            kinds, counts = np.unique(block.kinds, return_counts=True)
            tally = zip(kinds.tolist(), counts.tolist(), strict=True)
            self._connection.executemany(
                "INSERT INTO tally VALUES (?, ?, ?)", [(self._count, *kind) for kind in tally]
            )
            yield self._count

    def _finish(self) -> None:
        self._flush()
        # Put in order; problems of one place stay in the order in which they were added.
        while len(self._runs) > 1:
            first, self._runs = self._runs[:_RUNS_A_MERGE], self._runs[_RUNS_A_MERGE:]
            self._runs.insert(0, self._merge(first))
        kinds = [(number, *kind) for kind, number in self._kinds.items()]
        self._connection.executemany("INSERT INTO kind VALUES (?, ?, ?)", kinds)
        # Only now: blocks are written anew where they are merged.
        query = "SELECT id, problem_values FROM block WHERE length(problem_values) >= ?"
        searched = self._connection.execute(query, (_PASSED_OVER,))
        grams = ((number, grams_of(values)) for number, values in searched)
        self._connection.executemany("INSERT INTO grams VALUES (?, ?)", grams)
        self._connection.execute(_INDEX)

    def _merge(self, runs: Sequence[list[int]]) -> list[int]:
        """Put one run in the place of several."""
        run, waiting = [], []
        for block in merged(self._read(run) for run in runs):
            waiting.append(block)
            if sum(map(len, waiting)) >= _BLOCK:
                run += self._write(Block.joined(waiting))
                waiting = []
        if waiting:
            run += self._write(Block.joined(waiting))
        old = [(number,) for run in runs for number in run]
        self._connection.executemany("DELETE FROM block WHERE id = ?", old)
        self._connection.executemany("DELETE FROM tally WHERE block = ?", old)
        return run

    def _read(self, run: Iterable[int]) -> Iterator[Block]:
        return (_read(self._connection, block) for block in run)


class ProblemStore(BlockFile):
    """Reads the problems of one file; may be shared between threads. A context manager that closes it."""

    def __init__(self, path: Path):
        super().__init__(path)
        # What was last searched for: a page asks for the count first and then for its problems.
        self._last_search: tuple[tuple, list[tuple[int, np.ndarray]]] = (), []

    @staticmethod
    def create(path: Path) -> ProblemWriter:
        """A writer for the file at `path`, which is made anew; use it in a ``with`` statement."""
        return ProblemWriter(path)

    def counts(self) -> dict[str, int]:
        """How many problems there are of each code that occurs."""
        query = "SELECT code, sum(count) FROM tally JOIN kind ON kind.id = tally.kind GROUP BY code"
        return dict(self._connection.execute(query))

    def most_cells(self) -> int:
        """How many cells the longest row with surplus values has, up to its last value; 0 without any."""
        surplus = self._matching("too-many-values", None, None)
        return max((problem.params["cells"] for problem in surplus), default=0)

    def by_column(self) -> dict[Kind, int]:
        """How many problems there are of each code in each column; "" where no one column is meant."""
        query = 'SELECT code, "column", sum(count) FROM tally JOIN kind ON kind.id = kind GROUP BY kind.id'
        return {(code, column): count for code, column, count in self._connection.execute(query)}

    def on_line(self, line: int) -> list[Problem]:
        """The problems of the row that begins on this physical line, in order."""
        kinds = self._kinds(None, None)
        found: list[Problem] = []
        for number in self._blocks_of_line(line):
            block = _read(self._connection, number)
            found += block.problems(np.flatnonzero(block.lines == line).tolist(), kinds)
        return found

    def _blocks_of_line(self, line: int) -> list[int]:
        """The blocks in which the row that begins on this line may have problems."""
        query = "SELECT id, substr(numbers, 1, ?) FROM block ORDER BY id"
        blocks = self._connection.execute(query, (LINE_BYTES,)).fetchall()
        begins = [int.from_bytes(begin, "little") for _number, begin in blocks]
        # The row may begin in the block before the first one that begins with its line.
        first, behind = bisect_left(begins, line), bisect_right(begins, line)
        return [number for number, _begin in blocks[max(0, first - 1) : behind]]

    def count(self, code: str | None = None, column: str | None = None, text: str | None = None) -> int:
        """How many problems there are that match all that is given; with a text at most MOST_FOUND."""
        if text:
            return sum(len(numbers) for _block, numbers in self._found(code, column, text))
        return sum(count for _block, count in self._blocks(self._kinds(code, column)))

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
        return list(islice(self._matching(code, column, text, offset), limit))

    def __iter__(self) -> Iterator[Problem]:
        """All problems in order, without holding them."""
        return self._matching(None, None, None)

    def _matching(
        self, code: str | None, column: str | None, text: str | None, offset: int = 0
    ) -> Iterator[Problem]:
        """The problems that match, from number `offset` on."""
        kinds = self._kinds(code, column)
        if text:
            counted = [(number, len(found), found) for number, found in self._found(code, column, text)]
        else:
            counted = [(number, count, None) for number, count in self._blocks(kinds)]
        for number, _count, found, before in from_offset(counted, offset):
            block = _read(self._connection, number)
            matching = block.numbers_of(list(kinds)) if found is None else found.tolist()
            yield from block.problems(matching[before:], kinds)

    def _found(self, code: str | None, column: str | None, text: str) -> list[tuple[int, np.ndarray]]:
        """The blocks with problems that match, and which of theirs do; MOST_FOUND in all."""
        wanted = (code, column, text)
        if self._last_search[0] != wanted:
            self._last_search = wanted, list(self._search(*wanted))
        return self._last_search[1]

    def _search(self, code: str | None, column: str | None, text: str) -> Iterator[tuple[int, np.ndarray]]:
        kinds = self._kinds(code, column)
        search = Search(text)
        left = MOST_FOUND
        of_line = set() if search.line is None else set(self._blocks_of_line(search.line))
        query = "SELECT numbers, CAST(problem_values AS BLOB) FROM block WHERE id = ?"
        for number, may_have in self._searched(kinds, search):
            if not may_have and number not in of_line:
                continue
            numbers, values = self._connection.execute(query, (number,)).fetchone()
            lines, sizes, of_kinds = block_columns(numbers)
            found = search.numbers_of(lines, sizes, values, np.flatnonzero(np.isin(of_kinds, list(kinds))))
            found = found[:left]
            left -= len(found)
            if len(found):
                yield number, found
            if not left:
                return

    def _searched(self, kinds: Iterable[int], search: Search) -> Iterator[tuple[int, bool]]:
        """The blocks with problems of these kinds, in order, and whether their values may have the text."""
        grams = self._grams()
        query = "SELECT CAST(problem_values AS BLOB) FROM block WHERE id = ?"
        for number, _count in self._blocks(kinds):
            may_have = number not in grams or search.may_be_in_block(grams[number])
            if may_have:
                # Without the numbers beside them, which are more.
                (values,) = self._connection.execute(query, (number,)).fetchone()
                may_have = search.may_be_in(values)
            yield number, may_have

    def _grams(self) -> dict[int, bytes]:
        """By block, of those that have some; a file that was written before there were any has none."""
        known = self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'grams'").fetchone()
        return dict(self._connection.execute("SELECT block, bits FROM grams")) if known else {}

    def _kinds(self, code: str | None, column: str | None) -> dict[int, Kind]:
        """The kinds of the code and the column, by their numbers."""
        query = """
            SELECT id, code, "column" FROM kind
            WHERE code = ifnull(?, code) AND "column" = ifnull(?, "column")
        """
        found = self._connection.execute(query, (code or None, column or None))
        return {number: (code, column) for number, code, column in found}

    def _blocks(self, kinds: Iterable[int]) -> list[tuple[int, int]]:
        """The blocks with problems of these kinds, in order, and how many each has."""
        query = """
            SELECT block, sum(count) FROM tally
            WHERE kind IN (SELECT value FROM json_each(?)) GROUP BY block ORDER BY block
        """
        return self._connection.execute(query, (json.dumps(list(kinds)),)).fetchall()


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


def _read(connection: sqlite3.Connection, number: int) -> Block:
    query = "SELECT numbers, problem_values, params FROM block WHERE id = ?"
    return Block.decoded(*connection.execute(query, (number,)).fetchone())
