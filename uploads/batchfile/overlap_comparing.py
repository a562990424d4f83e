"""The comparison of a batch with earlier ones, in rounds and ranges; see `overlap`.

A round takes as many of the batch's rows as fit: those whose fingerprint an earlier batch has as well are
numbered in their order and put on disk, and with them, under the same numbers, all earlier rows with these
fingerprints. Range by range of the numbers these are then compared, so that what is found comes in the order
of the batch.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .budget import NEAR_LIMIT, HeavyCounter, encoded_text_bytes
from .bulk_ids import hashes_of_cells
from .decoding import decoded_table
from .encoding import decode_text
from .fingerprints import IdHash, KnownFingerprints, fingerprint, read_fingerprints
from .forgetting import has_fingerprint
from .overlap import EarlierBatch, ForeignFingerprints, Portions, Progress
from .overlap_loops import compare_rows, find_id_ends, gather
from .overlap_spill import Rows, Spill
from .overlap_store import BLOCK, FoundBlock, OverlapWriter
from .overlap_summary import BatchOverlap, OverlapSummary
from .parts import encoded_names, row_blocks
from .tables import NO_ROWS, Table

_COMMA, _LF = b",\n"
# The fingerprints' first bits, by which rows are chosen before they are looked at.
_CHOSEN_BITS = 24
_SHIFT = np.uint64(64 - _CHOSEN_BITS)
# As many ranges are compared at once, about.
_RANGES_AT_ONCE = 4


class HashedRows(NamedTuple):
    """Some consecutive rows of a part.

    data: their bytes; starts, ends: where in them each is, without its line feed; fingerprints: of their ids.
    numbers: of each among all rows of the block that was read; in_all: how many these are.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    fingerprints: np.ndarray
    numbers: np.ndarray
    in_all: int

    def chosen(self, places: np.ndarray | slice) -> "HashedRows":
        """Those of them that are at these places."""
        return self._replace(
            starts=self.starts[places],
            ends=self.ends[places],
            fingerprints=self.fingerprints[places],
            numbers=self.numbers[places],
        )


class Columns(NamedTuple):
    """The columns of all parts, but for that of the id.

    attributes: the number of each one's attribute, part by part; first_columns: where in these those of each
    part begin, and behind these where all end. batches: the number of each part's batch among the earlier
    ones, counted from 0; -1 for parts of the batch that is compared. name_bytes: of each attribute, in clear.
    may_lose: of each earlier batch, as `EarlierBatch` has it.
    """

    attributes: np.ndarray
    first_columns: np.ndarray
    batches: np.ndarray
    name_bytes: np.ndarray
    may_lose: np.ndarray


class Found(NamedTuple):
    """What is found in some rows.

    visitors: the number of each row of the batch that is in an earlier one of which values may be lost;
    id_ends: where its id ends.
    is_in: in which it is, a line each; cell_counts: how many values it would lose.
    attributes, batches, starts, ends: of each value that would be lost.
    losses: how many values would be lost of each earlier batch and of each attribute, in all rows so far.
    heavy: the number of each row with a profile near the limit, with what earlier batches set; heavy_own,
    heavy_in_all: its bytes, as `HeavyProfile` has them.
    """

    visitors: np.ndarray
    id_ends: np.ndarray
    is_in: np.ndarray
    cell_counts: np.ndarray
    attributes: np.ndarray
    batches: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    losses: np.ndarray
    heavy: np.ndarray
    heavy_own: np.ndarray
    heavy_in_all: np.ndarray


class Comparison:
    """One comparison; the arguments are those of `overlap.compare`."""

    def __init__(
        self,
        parts: Sequence[Path],
        fingerprints: Path,
        earlier: Sequence[EarlierBatch],
        key: bytes,
        progress: Progress,
        portions: Portions,
        replaced: bool,
    ):
        for batch in (EarlierBatch(0, parts, fingerprints), *earlier):
            _prove_fingerprints(batch, key)
        self._hash = IdHash(key)
        self._progress = progress
        self._portions = portions
        self._replaced = replaced
        self._is_chosen = np.zeros(1 << _CHOSEN_BITS, np.bool_)
        self._parts = parts
        known = KnownFingerprints(fingerprints)
        self._earlier = [batch for batch in earlier if self._choose(known, batch)]
        self._names, self._columns = _columns(parts, self._earlier)
        self._heavy = HeavyCounter()
        self._losses = np.zeros((len(self._earlier), len(self._names)), np.intp)
        self._visitors = np.zeros(len(self._earlier), np.intp)
        self._visitors_in_all = self._losing = 0
        ids = len(read_fingerprints(fingerprints))
        self._numbers = max(1, min(ids, portions.rows))
        sizes = [_bytes_of(batch.parts) for batch in self._earlier]
        self._to_read = _bytes_of(parts) + sum(sizes) * -(-ids // self._numbers)
        self._read = 0
        bytes_a_number = _bytes_of(parts) / max(1, ids) + sum(
            size / len(read_fingerprints(batch.fingerprints))
            for size, batch in zip(sizes, self._earlier, strict=True)
        )
        self._numbers_a_range = 1 + int(portions.compared_bytes / _RANGES_AT_ONCE / bytes_a_number)

    def run(self, output: Path, work: Path) -> OverlapSummary:
        """Compare, and write what is found."""
        with OverlapWriter(output) as writer:
            rows = self._own_rows() if self._earlier else iter(())
            while (first := next(rows, None)) is not None:
                with Spill(work, self._numbers, self._numbers_a_range) as spill:
                    ordinals = self._spill_round(chain([first], rows), spill)
                    for compared in spill.taken(self._portions.compared_bytes):
                        self._compare(compared, ordinals, writer)
            summary = self._summary()
            numbers = [batch.number for batch in self._earlier]
            writer.finish(
                summary,
                size=_bytes_of(self._parts),
                names=self._names,
                numbers=numbers,
                heavy=self._heavy.found(),
            )
        return summary

    def _choose(self, known: KnownFingerprints, batch: EarlierBatch) -> bool:
        """Choose the fingerprints that the earlier batch shares; whether there are any."""
        is_any = False
        for shared in known.shared_runs(batch.fingerprints):
            self._is_chosen[shared >> _SHIFT] = True
            is_any |= len(shared) > 0
        return is_any

    def _own_rows(self) -> Iterator[tuple[int, np.ndarray, HashedRows]]:
        """The rows of the batch that are chosen, with the number of their part and theirs in the batch.

        Never so many at a time that a round would end among them.
        """
        ordinal = taken = 0
        for part, path in enumerate(self._parts):
            for rows in self._chosen_rows(path):
                at = 0
                while at < len(rows.numbers):
                    some = slice(at, at + self._numbers - taken % self._numbers)
                    yield part, ordinal + rows.numbers[some], rows.chosen(some)
                    taken += len(rows.numbers[some])
                    at += len(rows.numbers[some])
                ordinal += rows.in_all

    def _spill_round(self, own: Iterator[tuple[int, np.ndarray, HashedRows]], spill: Spill) -> np.ndarray:
        """Put in the rows of a round and the earlier ones that may be of their visitors; the own ordinals."""
        ordinals, fingerprints, count = [], [], 0
        while count < self._numbers and (taken := next(own, None)) is not None:
            part, numbers, rows = taken
            spill.put(part, np.arange(count, count + len(numbers)), rows.data, rows.starts, rows.ends)
            ordinals.append(numbers)
            fingerprints.append(rows.fingerprints)
            count += len(numbers)
        fingerprints = np.concatenate(fingerprints)
        order = np.argsort(fingerprints, kind="stable")
        known = fingerprints[order]
        part = len(self._parts)
        for path in chain.from_iterable(batch.parts for batch in self._earlier):
            for rows in self._chosen_rows(path):
                places, slots = _looked_up(rows.fingerprints, known)
                found = rows.chosen(places)
                spill.put(part, order[slots], found.data, found.starts, found.ends)
            part += 1
        return np.concatenate(ordinals)

    def _chosen_rows(self, part: Path) -> Iterator[HashedRows]:
        """The rows of a part that may be of a shared visitor."""
        for block in row_blocks([part], self._portions.block_bytes):
            self._read += len(block)
            self._progress(min(self._read, self._to_read), self._to_read)
            rows = _hashed(block, self._hash)
            yield rows.chosen(np.flatnonzero(self._is_chosen[rows.fingerprints >> _SHIFT]))

    def _compare(self, rows: Rows, ordinals: np.ndarray, writer: OverlapWriter) -> None:
        cells = np.count_nonzero(rows.data == _COMMA)
        found = Found(
            visitors=np.empty(len(rows.numbers), np.intp),
            id_ends=np.empty(len(rows.numbers), np.intp),
            is_in=np.empty((len(rows.numbers), len(self._earlier)), np.bool_),
            cell_counts=np.empty(len(rows.numbers), np.intp),
            attributes=np.empty(cells, np.uint32),
            batches=np.empty(cells, np.uint32),
            starts=np.empty(cells, np.uint32),
            ends=np.empty(cells, np.uint32),
            losses=self._losses,
            heavy=np.empty(len(rows.numbers), np.intp),
            heavy_own=np.empty(len(rows.numbers), np.intp),
            heavy_in_all=np.empty(len(rows.numbers), np.intp),
        )
        visitors, _cells, heavy = compare_rows(rows, self._columns, NEAR_LIMIT, found, self._replaced)
        self._count_heavy(rows, found, heavy)
        self._visitors += np.count_nonzero(found.is_in[:visitors], axis=0)
        self._visitors_in_all += visitors
        self._losing += int(np.count_nonzero(found.cell_counts[:visitors]))
        ordinals = ordinals[rows.numbers[found.visitors[:visitors]]]
        begin = 0
        for first in range(0, visitors, BLOCK):
            some = slice(first, min(first + BLOCK, visitors))
            end = begin + int(found.cell_counts[some].sum())
            ids, values = found.visitors[some], slice(begin, end)
            writer.add(
                FoundBlock(
                    ordinals=ordinals[some],
                    ids=_joined(rows.data, rows.starts[ids], found.id_ends[some]),
                    is_in=found.is_in[some],
                    cell_counts=found.cell_counts[some],
                    attributes=found.attributes[values],
                    batches=found.batches[values],
                    values=_joined(rows.data, found.starts[values], found.ends[values]),
                )
            )
            begin = end

    def _count_heavy(self, rows: Rows, found: Found, count: int) -> None:
        numbers = found.heavy[:count]
        whole = _joined(rows.data, rows.starts[numbers], rows.ends[numbers])
        ids = [row.partition(b",")[0] for row in whole.split(b"\n")[:-1]]
        self._heavy.add(ids, found.heavy_own[:count], found.heavy_in_all[:count])

    def _summary(self) -> OverlapSummary:
        names = list(map(decode_text, self._names))
        batches = []
        for batch, visitors, losses in zip(
            self._earlier, self._visitors.tolist(), self._losses.tolist(), strict=True
        ):
            lost = {name: count for name, count in zip(names, losses, strict=True) if count}
            if visitors:
                batches.append(BatchOverlap(batch.number, visitors, lost))
        return OverlapSummary(self._visitors_in_all, self._losing, int(self._losses.sum()), tuple(batches))


def _prove_fingerprints(batch: EarlierBatch, key: bytes) -> None:
    """Raise ForeignFingerprints if the first row of a part has none."""
    for part in batch.parts:
        with part.open("rb") as file:
            next(file)
            id_ = file.readline().rstrip(b"\n").partition(b",")[0]
        known = fingerprint(decode_text(id_.decode("ascii")), key)
        if id_ and not has_fingerprint(batch.fingerprints, known):
            raise ForeignFingerprints(f"The fingerprints of batch {batch.number} are not those of its parts.")


def _columns(own: Sequence[Path], earlier: Sequence[EarlierBatch]) -> tuple[list[str], Columns]:
    """The attributes of all parts, encoded, and their columns."""
    numbers: dict[str, int] = {}
    attributes, first_columns, batch_of_parts, kinds = [], [0], [], set()
    for batch, parts in enumerate([own, *(batch.parts for batch in earlier)], start=-1):
        for part in parts:
            kind, *names = encoded_names(part)
            kinds.add(kind)
            attributes += [numbers.setdefault(name, len(numbers)) for name in names]
            first_columns.append(len(attributes))
            batch_of_parts.append(batch)
    if len(kinds) > 1:
        raise ValueError("Batches with different kinds of ids cannot be compared.")
    name_bytes = list(map(encoded_text_bytes, numbers))
    return list(numbers), Columns(
        *(np.array(of, np.intp) for of in (attributes, first_columns, batch_of_parts, name_bytes)),
        may_lose=np.array([batch.may_lose for batch in earlier], np.bool_),
    )


def _hashed(block: bytes, id_hash: IdHash) -> HashedRows:
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == _LF)
    starts = np.concatenate(([0], ends + 1))[:-1]
    id_ends = np.empty_like(ends)
    find_id_ends(data, starts, ends, id_ends)
    ids = Table(data, starts, id_ends, NO_ROWS, NO_ROWS, NO_ROWS, {})
    clear, _broken = decoded_table(ids)
    hashes = hashes_of_cells(id_hash, clear, np.arange(len(starts)))
    return HashedRows(data, starts, ends, hashes[:, 0], np.arange(len(starts)), len(starts))


def _looked_up(fingerprints: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which of the fingerprints are among the known ones, which ascend, and at each of their places there."""
    slots = np.searchsorted(known, fingerprints)
    places = np.flatnonzero(known[np.minimum(slots, len(known) - 1)] == fingerprints)
    slots = slots[places]
    all_places, all_slots = [places], [slots]
    while len(slots):
        # Hardly ever: two ids of the batch with the same fingerprint.
        goes_on = known[np.minimum(slots + 1, len(known) - 1)] == known[slots]
        goes_on &= slots + 1 < len(known)
        places, slots = places[goes_on], slots[goes_on] + 1
        all_places.append(places)
        all_slots.append(slots)
    return np.concatenate(all_places), np.concatenate(all_slots)


def _joined(data: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> bytes:
    joined = np.empty(int((ends.astype(np.intp) - starts).sum()) + len(starts), np.uint8)
    gather(data, starts, ends, joined)
    return joined.tobytes()


def _bytes_of(parts: Iterable[Path]) -> int:
    return sum(part.stat().st_size for part in parts)
