"""Batches that overlap, written as a check writes them, and what a plain reading of F12 says of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from uploads.batchfile import EarlierBatch, OverlapStore, OverlapSummary, PartFile, PartLimits, compare
from uploads.batchfile.encoding import encode_row
from uploads.batchfile.fingerprints import IdHash, write_fingerprints
from uploads.batchfile.parts import PartWriter

KEY = b"a key of the test"
# Letters apart, ids and names that look alike once encoded or in lower case are not the same (F4, F5).
IDS = ["1", "2", "12", "é 1", "e,1", "a%2Cb", "A", "a", "x" * 256]
NAMES = ["tier", "Tier", "renewal", "città", "a,b", "%41"]
VALUES = ["", "", "gold", "Gold", "a,b\n", "%41", "ü" * 9]


@dataclass(frozen=True)
class Batch:
    """A batch in clear: its attributes, its rows with the id first, and how many rows a part has."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]
    rows_a_part: int = 500_000

    def written(self, folder: Path, number: int = 0, key: str = "thirdPartyId") -> EarlierBatch:
        """The batch on disk."""
        folder.mkdir()
        with PartWriter(folder, [key, *self.names], PartLimits(rows=self.rows_a_part)) as writer:
            for row in self.rows:
                writer.add(encode_row(row))
        fingerprints = folder / "fingerprints.u64"
        hashes = IdHash(KEY).of_texts([row[0] for row in self.rows])
        write_fingerprints(fingerprints, [np.sort(hashes[:, 0])])
        return EarlierBatch(number, [part.path for part in writer.parts], fingerprints)


@st.composite
def batches(draw, least: int = 0) -> Batch:
    """Any batch of at least so many rows."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    ids = draw(st.lists(st.sampled_from(IDS), min_size=least, max_size=6, unique=True))
    cells = st.lists(st.sampled_from(VALUES), max_size=len(names))
    return Batch(names, [[id_, *draw(cells)] for id_ in ids], draw(st.integers(1, 3)))


@dataclass(frozen=True)
class Compared:
    """A comparison, with all that it was made of."""

    mine: EarlierBatch
    earlier: list[EarlierBatch]
    store: Path
    summary: OverlapSummary

    @property
    def found(self) -> list[tuple]:
        """All rows: (ordinal, id, batches, lost values as (attribute, value, batch))."""
        with OverlapStore.open(self.store) as store:
            return [in_clear(row) for row in store]


def compared(folder: Path, mine: Batch, earlier: Iterable[Batch], **choices) -> Compared:
    """A comparison in the folder: of `mine` with batches 1, 2, …, newest first."""
    folder.mkdir(exist_ok=True)
    mine = mine.written(folder / "mine")
    earlier = [batch.written(folder / f"{n}", n) for n, batch in enumerate(earlier, start=1)]
    return compared_again(folder, mine, mine.parts, earlier, **choices)


def compared_again(
    folder: Path, mine: EarlierBatch, parts: Sequence[Path], earlier: list[EarlierBatch], **choices
) -> Compared:
    """A comparison of these parts of the batch with others that are written already."""
    store = folder / "overlap.sqlite3"
    choices = {"key": KEY, "output": store, "work": folder} | choices
    return Compared(mine, earlier, store, compare(parts, mine.fingerprints, earlier, **choices))


def in_clear(row) -> tuple:
    """A row of a store with the values that it would lose."""
    lost = [(lost.attribute, lost.value, lost.batch) for lost in row.lost]
    return row.ordinal, row.id, list(row.batches), lost


def foretold(mine: Batch, earlier: Iterable[Batch]) -> list[tuple]:
    """The same by the rule itself."""
    expected = []
    by_id = [(batch.names, {row[0]: row[1:] for row in batch.rows}) for batch in earlier]
    for ordinal, (id_, *values) in enumerate(mine.rows):
        has = {name for name, value in zip(mine.names, values, strict=False) if value}  # F7
        batches, lost = [], []
        for number, (names, rows) in enumerate(by_id, start=1):
            if id_ in rows:
                batches.append(number)
                cells = zip(names, rows[id_], strict=False)
                lost += [(name, value, number) for name, value in cells if value and name not in has]
                has |= {name for name, _value, _number in lost}
        if batches:
            expected.append((ordinal, id_, batches, lost))
    return expected


def content(parts: Iterable[PartFile]) -> list[list[bytes]]:
    """The lines of each part."""
    return [part.path.read_bytes().split(b"\n") for part in parts]
