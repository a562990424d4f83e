"""Undoing a batch as far as it can be: a file with the values that were sent before for the same ids.

Every value of the batch meets one of five fates (`Fate`). Target keeps what a blank cell stands for (F7) and
deletes nothing (T14): where no earlier value is known, only a clear value can take a value's place.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from .csv_lines import line_writer
from .encoding import decode_text, encode_text
from .overlap import EarlierBatch, Portions, Progress, compare
from .overlap_remedies import OtherParts
from .overlap_store import CarriedValues, OverlapStore
from .parts import encoded_names, row_blocks


class Fate(StrEnum):
    """What becomes of a value of the batch that is undone.

    AGAIN: the earlier value is sent again. CLEARED: none is known, a clear value is sent. LATER: a later
    batch has set it anew, which stays. SAME: what would be sent is the same. UNKNOWN: none is known.
    """

    AGAIN = "again"
    CLEARED = "cleared"
    LATER = "later"
    SAME = "same"
    UNKNOWN = "unknown"


#: Something is sent in the value's place: the visitor gets a row in the file.
SENT_FATES = (Fate.AGAIN, Fate.CLEARED)
#: Of a visitor's values, the fate that counts for the visitor is the first of these.
_ORDER = (Fate.AGAIN, Fate.CLEARED, Fate.LATER, Fate.SAME, Fate.UNKNOWN)


@dataclass(frozen=True)
class BatchValues:
    """Values of another batch. number: the caller's name for it; attributes: how many, by name."""

    number: int
    attributes: dict[str, int]


@dataclass(frozen=True)
class RestoreSummary:
    """What can be restored of a batch, and what cannot.

    visitors: its rows, by the fate that counts for each; every one of them stands in exactly one number.
    attributes: its values by their attribute and their fate, in the batch's order.
    earlier: whose values are sent again, newest first; later: whose stay, newest first.
    rows, bytes, sha256: of the file; 0, 0 and "" where nothing can be restored and there is none.
    """

    visitors: dict[Fate, int]
    attributes: dict[str, dict[Fate, int]]
    earlier: tuple[BatchValues, ...]
    later: tuple[BatchValues, ...]
    rows: int
    bytes: int
    sha256: str

    def to_json(self) -> dict:
        """The summary as an object that JSON can hold."""
        return asdict(self)


class _Value(NamedTuple):
    """A value of the batch: its column, its fate, and what is sent instead, encoded, of which batch."""

    column: int
    fate: Fate
    text: bytes
    batch: int


def restore(
    parts: Sequence[Path],
    fingerprints: Path,
    earlier: Sequence[EarlierBatch],
    later: Sequence[EarlierBatch],
    *,
    key: bytes,
    clear: Mapping[str, str],
    output: Path,
    work: Path,
    progress: Progress | None = None,
    portions: Portions | None = None,
) -> RestoreSummary:
    """Write the file that undoes a batch as far as it can be, in memory that grows with no batch.

    parts: those of the batch that Target took; fingerprints: those of their ids, sorted, of others as well if
    need be. earlier, later: the batches before and after it, newest first. Only what a row of the batch sets
    is undone: with the newest value that an earlier batch has for it, unless that is the same, or a later
    batch has set it anew. clear: by attribute what is sent where no earlier value is known.
    output: a CSV file in UTF-8, first the column of the ids, then the attributes with anything to be sent, in
    the batch's order; a row for each id with anything to be sent, blank where there is nothing (F7). None is
    written where nothing can be restored. work: a folder for a file that is removed at the end.
    Raises what `overlap.compare` raises.
    """
    found = work / "replaced.sqlite3"
    output.unlink(missing_ok=True)
    try:
        compare(
            parts,
            fingerprints,
            [*later, *earlier],
            key=key,
            output=found,
            work=work,
            progress=progress,
            portions=portions,
            replaced=True,
        )
        with OverlapStore.open(found) as store:
            kind, *names = map(decode_text, encoded_names(parts[0]))
            undoing = _Undoing(parts, store, names, {batch.number for batch in later}, clear)
            tally = _Tally(undoing)
            size, sha256 = _write(undoing, kind, tally.columns, output) if tally.rows else (0, "")
        return RestoreSummary(
            visitors={fate: tally.visitors[fate] for fate in _ORDER},
            attributes=tally.attributes,
            earlier=tally.batches(Fate.AGAIN, [batch.number for batch in earlier]),
            later=tally.batches(Fate.LATER, [batch.number for batch in later]),
            rows=tally.rows,
            bytes=size,
            sha256=sha256,
        )
    finally:
        found.unlink(missing_ok=True)


class _Undoing:
    """What becomes of every value of every row; can be gone through again and again.

    names: of the attributes, in clear; later: the numbers of later batches.
    """

    def __init__(
        self,
        parts: Sequence[Path],
        store: OverlapStore,
        names: Sequence[str],
        later: Collection[int],
        clear: Mapping[str, str],
    ):
        self.names = names
        self._parts = parts
        self._store = store
        self._later = later
        self._clear = {
            column: encode_text(clear[name]).encode("ascii")
            for column, name in enumerate(names)
            if name in clear
        }

    def __iter__(self) -> Iterator[tuple[bytes, list[_Value]]]:
        """The id of each row, encoded, and its values."""
        replaced = self._store.carried()
        change = next(replaced, None)
        for ordinal, row in enumerate(_rows(self._parts)):
            id_, *cells = row.split(b",")
            met = {}
            if change is not None and change.ordinal == ordinal:
                met = _met(change, id_)
                change = next(replaced, None)
            values = (
                self._judged(column, cell, met.get(column)) for column, cell in enumerate(cells) if cell
            )
            yield id_, list(values)
        if change is not None:
            raise OtherParts

    def _judged(self, column: int, own: bytes, met: tuple[bytes, int] | None) -> _Value:
        text, batch = met or (self._clear.get(column, b""), 0)
        if not text:
            fate = Fate.UNKNOWN
        elif batch in self._later:
            fate = Fate.LATER
        elif text == own:
            fate = Fate.SAME
        else:
            fate = Fate.AGAIN if met else Fate.CLEARED
        return _Value(column, fate, text, batch)


def _rows(parts: Sequence[Path]) -> Iterator[bytes]:
    for block in row_blocks(parts):
        yield from block.split(b"\n")[:-1]


def _met(change: CarriedValues, id_: bytes) -> dict[int, tuple[bytes, int]]:
    """By column, the value of another batch and its number."""
    if change.id != id_:
        raise OtherParts
    return {column: (text, batch) for column, text, batch in change.values}


class _Tally:
    """All that is counted in one pass. columns: those with anything to be sent."""

    def __init__(self, undoing: _Undoing):
        self._names = undoing.names
        self._of: Counter[tuple[int, Fate]] = Counter()
        self._from: Counter[tuple[Fate, int, int]] = Counter()
        self.visitors: Counter[Fate] = Counter()
        for _id, values in undoing:
            fates = {value.fate for value in values}
            self.visitors[next((fate for fate in _ORDER if fate in fates), Fate.UNKNOWN)] += 1
            self._of.update((value.column, value.fate) for value in values)
            if fates & {Fate.AGAIN, Fate.LATER}:
                self._from.update((value.fate, value.batch, value.column) for value in values)
        self.rows = sum(self.visitors[fate] for fate in SENT_FATES)
        self.columns = [
            column for column in range(len(self._names)) if any(self._of[column, fate] for fate in SENT_FATES)
        ]

    @property
    def attributes(self) -> dict[str, dict[Fate, int]]:
        """By name, how many values have which fate."""
        return {
            name: {fate: self._of[column, fate] for fate in _ORDER} for column, name in enumerate(self._names)
        }

    def batches(self, fate: Fate, numbers: Sequence[int]) -> tuple[BatchValues, ...]:
        """The values with this fate by their batch, those batches without any left out."""
        found = []
        for number in numbers:
            of = {name: self._from[fate, number, column] for column, name in enumerate(self._names)}
            if any(of.values()):
                found.append(BatchValues(number, {name: count for name, count in of.items() if count}))
        return tuple(found)


def _write(undoing: _Undoing, kind: str, columns: Sequence[int], output: Path) -> tuple[int, str]:
    """Write the file; its bytes and its SHA-256 in hex."""
    sha256, line_of = hashlib.sha256(), line_writer()
    with output.open("xb") as file:
        for line in _lines(undoing, kind, columns, line_of):
            encoded = line.encode("utf-8")
            sha256.update(encoded)
            file.write(encoded)
        return file.tell(), sha256.hexdigest()


def _lines(
    undoing: _Undoing, kind: str, columns: Sequence[int], line_of: Callable[[Sequence[str]], str]
) -> Iterator[str]:
    yield line_of([kind, *(undoing.names[column] for column in columns)])
    for id_, values in undoing:
        sent = {value.column: _in_clear(value.text) for value in values if value.fate in SENT_FATES}
        if sent:
            cells = (sent.get(column, "") for column in columns)
            yield line_of([_in_clear(id_), *cells])


def _in_clear(encoded: bytes) -> str:
    return decode_text(encoded.decode("ascii"))
