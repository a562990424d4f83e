"""What a batch would make Target lose, visitor by visitor, in one SQLite file.

Written once by a comparison, then only read. Everything is in the order of the batch's rows, in blocks of a
thousand visitors, as problems are in theirs (`store`): a line of a table for every value would take several
times as long to write.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .block_files import BlockFile, BlockFileWriter, from_offset
from .budget import HeavyProfiles
from .encoding import decode_text
from .overlap_summary import OverlapSummary
from .store import MOST_FOUND

#: Visitors in a block at most.
BLOCK = 1_000
_CELL = np.dtype([("attribute", "<u4"), ("batch", "<u4")])
_ORDINAL = np.dtype("<u8")
_COUNT = np.dtype("<u4")
_SCHEMA = (
    # The ids lie in front, so that a search need not read what is behind them.
    """
    CREATE TABLE block (
        id INTEGER PRIMARY KEY, visitors INTEGER NOT NULL, losing INTEGER NOT NULL,
        ids BLOB NOT NULL, ordinals BLOB NOT NULL, cell_counts BLOB NOT NULL, is_in BLOB NOT NULL,
        cells BLOB NOT NULL, cell_values BLOB NOT NULL
    )
    """,
    "CREATE TABLE facts (facts TEXT NOT NULL)",
)


class FoundBlock(NamedTuple):
    """Consecutive visitors of a batch that earlier ones have as well, at most BLOCK.

    ordinals: the numbers of their rows; ids: encoded, a line feed behind each.
    is_in: a line for each visitor, True for each earlier batch that it is in, newest first.
    cell_counts: how many values each would lose; attributes, batches: of each of these values, the number of
    its name and that of its batch; values: the values, encoded, a line feed behind each.
    """

    ordinals: np.ndarray
    ids: bytes
    is_in: np.ndarray
    cell_counts: np.ndarray
    attributes: np.ndarray
    batches: np.ndarray
    values: bytes


@dataclass(frozen=True)
class LostValue:
    """A value that Target would lose.

    attribute, value: in clear; batch: the number of the earlier batch that wrote it.
    """

    attribute: str
    value: str = field(repr=False)
    batch: int


@dataclass(frozen=True)
class OverlapRow:
    """A row of a batch whose visitor is in earlier ones.

    ordinal: its number, counted from 0 over all parts; id: in clear; batches: the earlier ones, newest first.
    lost: what Target would lose; empty if nothing.
    """

    ordinal: int
    id: str = field(repr=False)
    batches: tuple[int, ...]
    lost: tuple[LostValue, ...]


class CarriedValues(NamedTuple):
    """What one row would have to carry so that nothing is lost.

    ordinal: the row's number; id: encoded; values: of each value the number of its name, how it is encoded,
    and the number of the batch that wrote it.
    """

    ordinal: int
    id: bytes
    values: list[tuple[int, bytes, int]]


class OverlapWriter(BlockFileWriter):
    """Writes what a comparison finds."""

    schema = _SCHEMA

    def add(self, block: FoundBlock) -> None:
        """Take the next visitors."""
        cells = np.empty(len(block.attributes), _CELL)
        cells["attribute"], cells["batch"] = block.attributes, block.batches
        self._connection.execute(
            "INSERT INTO block VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                len(block.ordinals),
                int(np.count_nonzero(block.cell_counts)),
                block.ids,
                block.ordinals.astype(_ORDINAL).tobytes(),
                block.cell_counts.astype(_COUNT).tobytes(),
                np.packbits(block.is_in, axis=1).tobytes(),
                cells.tobytes(),
                block.values,
            ),
        )

    def finish(
        self,
        summary: OverlapSummary,
        *,
        size: int,
        names: Sequence[str],
        numbers: Sequence[int],
        heavy: HeavyProfiles,
    ) -> None:
        """Note the figures and what the numbers in blocks stand for.

        size: bytes of the parts that were compared; names: of attributes, encoded; numbers: the earlier
        batches', newest first; heavy: the profiles near the limit among those that earlier batches set, too.
        """
        facts = {
            "size": size,
            "names": names,
            "numbers": numbers,
            "summary": summary.to_json(),
            "heavy": heavy.to_json(),
        }
        self._connection.execute("INSERT INTO facts VALUES (?)", (json.dumps(facts),))


class OverlapStore(BlockFile):
    """Reads what a comparison found; may be shared between threads. A context manager that closes it.

    size: bytes of the parts that were compared; names: of the attributes, encoded, those of the batch itself
    first. summary: the figures. heavy: the profiles near the limit among those that earlier batches set, too
    (F8); none in files from before these were noted.
    """

    def __init__(self, path: Path):
        super().__init__(path)
        facts = json.loads(self._connection.execute("SELECT facts FROM facts").fetchone()[0])
        self.size: int = facts["size"]
        self.names: list[str] = facts["names"]
        self.summary = OverlapSummary.from_json(facts["summary"])
        self.heavy = HeavyProfiles.from_json(facts["heavy"]) if "heavy" in facts else HeavyProfiles()
        self._numbers: list[int] = facts["numbers"]
        # What was last searched for: a page asks for the count first and then for its rows.
        self._last_search: tuple[tuple, list[tuple[int, list[int]]]] = (), []

    def count(self, text: str | None = None, *, only_losing: bool = False) -> int:
        """How many rows there are that match all that is given; with a text at most MOST_FOUND."""
        if text:
            return sum(len(places) for _block, places in self._found(text, only_losing))
        return self.summary.losing if only_losing else self.summary.visitors

    def page(
        self, text: str | None = None, *, only_losing: bool = False, offset: int = 0, limit: int = 50
    ) -> list[OverlapRow]:
        """The rows that match, in order, `limit` of them from number `offset` on.

        text: is part of the id in clear, upper or lower case alike. only_losing: without rows that lose
        nothing.
        """
        return list(islice(self._matching(text, only_losing, offset), limit))

    def __iter__(self) -> Iterator[OverlapRow]:
        """All rows in order, without holding them."""
        return self._matching(None, False, 0)

    def losing(self) -> Iterator[OverlapRow]:
        """The rows that would lose something, in order, without holding them."""
        return self._matching(None, True, 0)

    def carried(self) -> Iterator[CarriedValues]:
        """What each of these rows would have to carry, as it stands in the earlier parts."""
        for number, _losing in self._blocks(only_losing=True):
            block = self._read(number)
            batches = [self._numbers[batch] for batch in block.batches.tolist()]
            cells = list(zip(block.attributes.tolist(), _lines(block.values), batches, strict=True))
            ends = np.cumsum(block.cell_counts).tolist()
            begins = [0, *ends[:-1]]
            rows = zip(block.ordinals.tolist(), _lines(block.ids), begins, ends, strict=True)
            for ordinal, id_, begin, end in rows:
                if begin < end:
                    yield CarriedValues(ordinal, id_, cells[begin:end])

    def losing_ids(self) -> Iterator[tuple[int, bytes]]:
        """The ordinal and the encoded id of each of these rows."""
        query = "SELECT ordinals, ids, cell_counts FROM block WHERE losing ORDER BY id"
        for ordinals, ids, counts in self._connection.execute(query):
            each = zip(np.frombuffer(ordinals, _ORDINAL).tolist(), _lines(ids), strict=True)
            yield from compress(each, np.frombuffer(counts, _COUNT).tolist())

    def _matching(self, text: str | None, only_losing: bool, offset: int) -> Iterator[OverlapRow]:
        """The rows that match, from number `offset` on."""
        if text:
            counted = [(number, len(places), places) for number, places in self._found(text, only_losing)]
        else:
            counted = [(number, count, None) for number, count in self._blocks(only_losing)]
        for number, count, places, before in from_offset(counted, offset):
            block = self._read(number)
            matching = np.flatnonzero(block.cell_counts > 0) if only_losing else np.arange(count)
            yield from self._rows(block, (matching if places is None else places)[before:])

    def _rows(self, block: FoundBlock, places: Iterable[int]) -> Iterator[OverlapRow]:
        ids, values = _lines(block.ids), _lines(block.values)
        ends = np.cumsum(block.cell_counts)
        begins = ends - block.cell_counts
        for place in places:
            lost = tuple(
                LostValue(
                    decode_text(self.names[block.attributes[cell]]),
                    decode_text(values[cell].decode("ascii")),
                    self._numbers[block.batches[cell]],
                )
                for cell in range(begins[place], ends[place])
            )
            batches = tuple(self._numbers[batch] for batch in np.flatnonzero(block.is_in[place]))
            yield OverlapRow(
                int(block.ordinals[place]), decode_text(ids[place].decode("ascii")), batches, lost
            )

    def _found(self, text: str, only_losing: bool) -> list[tuple[int, list[int]]]:
        """The blocks with rows that match, and which of theirs do; MOST_FOUND in all."""
        wanted = (text, only_losing)
        if self._last_search[0] != wanted:
            self._last_search = wanted, list(self._search(text.lower(), only_losing))
        return self._last_search[1]

    def _search(self, text: str, only_losing: bool) -> Iterator[tuple[int, list[int]]]:
        left = MOST_FOUND
        query = "SELECT ids, cell_counts FROM block WHERE id = ?"
        for number, _count in self._blocks(only_losing):
            ids, counts = self._connection.execute(query, (number,)).fetchone()
            # All at once first: in most blocks there is none.
            if text not in decode_text(ids.decode("ascii")).lower():
                continue
            counts = np.frombuffer(counts, _COUNT).tolist()
            places = [
                place
                for place, (id_, count) in enumerate(zip(_lines(ids), counts, strict=True))
                if (count or not only_losing) and text in decode_text(id_.decode("ascii")).lower()
            ][:left]
            left -= len(places)
            if places:
                yield number, places
            if not left:
                return

    def _blocks(self, only_losing: bool) -> list[tuple[int, int]]:
        """The blocks with rows that match, in order, and how many of them each has."""
        query = "SELECT id, iif(?, losing, visitors) AS count FROM block WHERE count ORDER BY id"
        return self._connection.execute(query, (only_losing,)).fetchall()

    def _read(self, number: int) -> FoundBlock:
        query = (
            "SELECT visitors, ids, ordinals, cell_counts, is_in, cells, cell_values FROM block WHERE id = ?"
        )
        row = self._connection.execute(query, (number,)).fetchone()
        visitors, ids, ordinals, counts, is_in, cells, values = row
        bits = np.frombuffer(is_in, np.uint8).reshape(visitors, -1)
        found = np.frombuffer(cells, _CELL)
        return FoundBlock(
            ordinals=np.frombuffer(ordinals, _ORDINAL),
            ids=ids,
            is_in=np.unpackbits(bits, axis=1, count=len(self._numbers)),
            cell_counts=np.frombuffer(counts, _COUNT).astype(np.intp),
            attributes=found["attribute"],
            batches=found["batch"],
            values=values,
        )


def _lines(joined: bytes) -> list[bytes]:
    return joined.split(b"\n")[:-1]
