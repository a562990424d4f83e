"""What can be done so that a batch makes Target lose nothing: carry the values over, or leave rows out (F12).

Both write new parts from those that were compared; what the comparison found says what is to change in which
row.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import tee
from pathlib import Path
from tempfile import TemporaryDirectory

from .corrections import protect
from .csv_lines import line_writer
from .encoding import decode_text
from .overlap_store import CarriedValues, OverlapRow, OverlapStore
from .parts import PartFile, PartLimits, PartWriter, encoded_names, publish, row_blocks, rows_without
from .report import BYTE_ORDER_MARK, helper_names
from .rules import ROW_LIMIT

#: What the column of codes says of a row that was left out.
OVERLAP_CODE = "overlap"
_EMPTY = b""

Explain = Callable[[OverlapRow], str]


class OtherParts(ValueError):
    """The parts are not those that were compared."""

    def __init__(self):
        super().__init__("The parts are not those that were compared.")


class OversizedRows(ValueError):
    """So many rows would have more than ROW_LIMIT bytes with the values that they were to carry (F8)."""

    def __init__(self, count: int):
        super().__init__(f"Rows that would have more than {ROW_LIMIT} bytes: {count}.")
        self.count = count


@dataclass(frozen=True)
class Carried:
    """A batch that carries over what Target would lose.

    parts: in place of those it had; rows: that carry more than before; cells: how many values more.
    attributes: the names behind that of the id, in clear, in order.
    """

    parts: list[PartFile]
    rows: int
    cells: int
    attributes: list[str]


@dataclass(frozen=True)
class LeftOut:
    """A batch without the rows that would make Target lose something.

    parts: in place of those it had, none if no row is left; rows: how many were left out.
    """

    parts: list[PartFile]
    rows: int


def carry_over(parts: Sequence[Path], store: Path, folder: Path, limits: PartLimits | None = None) -> Carried:
    """Write the parts anew, each row with the values that Target would lose otherwise.

    The rows stay in their order, and those that would lose nothing as they are, byte for byte. Values are
    carried as they stand in the earlier parts; attributes that the batch does not have come behind those it
    has. parts: those that were compared; store: what was found. folder: for the new ones, made if need be;
    parts in it are replaced once all are written, fingerprints stay right. Raises OtherParts; OversizedRows
    where rows would become too long, with their number; FileNotFoundError if a file is gone; ValueError if a
    part cannot be large enough for a row.
    """
    with OverlapStore.open(store) as found, _work_in(folder) as work:
        names = _names(parts, found)
        own = len(names) - 1
        lost = {name for batch in found.summary.batches for name in batch.attributes}
        added = [place for place in range(own, len(found.names)) if decode_text(found.names[place]) in lost]
        places = {number: place for place, number in enumerate([*range(own), *added], start=1)}
        names += [found.names[number] for number in added]
        clear = list(map(decode_text, names))
        with PartWriter(work, clear, limits or PartLimits()) as writer:
            for rows, count in _carrying(parts, found.carried(), places):
                writer.add_rows(rows, count)
        return Carried(publish(writer.parts, folder), found.summary.losing, found.summary.cells, clear[1:])


def _carrying(
    parts: Sequence[Path], carried: Iterator[CarriedValues], places: Mapping[int, int]
) -> Iterator[tuple[bytes, int]]:
    """The rows of the parts, many at a time, and how many they are; after the last one raises OversizedRows.

    places: where in a row the value of an attribute stands, by the attribute's number.
    """
    first = oversized = 0
    change = next(carried, None)
    for block in row_blocks(parts):
        rows = block.split(b"\n")
        count = len(rows) - 1
        while change is not None and change.ordinal < first + count:
            row = _with_values(rows[change.ordinal - first], change, places)
            rows[change.ordinal - first] = row
            oversized += len(row) > ROW_LIMIT  # F8
            change = next(carried, None)
        # Of what is not to be kept, only the rows are still counted.
        if not oversized:
            yield b"\n".join(rows), count
        first += count
    if change is not None:
        raise OtherParts
    if oversized:
        raise OversizedRows(oversized)


def _with_values(row: bytes, change: CarriedValues, places: Mapping[int, int]) -> bytes:
    cells = row.split(b",")
    if cells[0] != change.id:
        raise OtherParts
    for number, value, _batch in change.values:
        place = places[number]
        # A row may stop early (F7).
        cells += [_EMPTY] * (place + 1 - len(cells))
        cells[place] = value
    return b",".join(cells)


def leave_out(parts: Sequence[Path], store: Path, folder: Path, limits: PartLimits | None = None) -> LeftOut:
    """Write the parts anew, without the rows that would make Target lose something; all else as `carry_over`.

    The fingerprints then have ids that are in no part any more, which does no harm.
    """
    with OverlapStore.open(store) as found, _work_in(folder) as work:
        names = map(decode_text, _names(parts, found))
        with PartWriter(work, names, limits or PartLimits()) as writer:
            for rows, count, _left_out in _parted(parts, found):
                writer.add_rows(rows, count)
        return LeftOut(publish(writer.parts, folder), found.summary.losing)


def left_out_lines(
    parts: Sequence[Path],
    store: Path,
    explain: Explain,
    *,
    batch: str | None = None,
    delimiter: str = ",",
) -> Iterator[str]:
    """The lines of a CSV file, for UTF-8, with the rows that `leave_out` leaves out, in clear.

    It is made like the report of a check: with columns for people that are dropped when it is uploaded again,
    and fit for spreadsheets. parts: those that were compared; explain: the sentences about a row; batch: a
    reference of the batch that the rows are from. Raises OtherParts; FileNotFoundError if a file is gone.
    """
    with OverlapStore.open(store) as found:
        line_of = line_writer(delimiter)
        names = list(map(decode_text, _names(parts, found)))
        yield BYTE_ORDER_MARK + line_of([*map(protect, names), *helper_names(batch)])
        losing = found.losing()
        for _rows, _count, left_out in _parted(parts, found):
            for encoded, row in zip(left_out, losing, strict=False):
                cells = list(map(decode_text, encoded.split(",")))
                cells += [""] * (len(names) - len(cells))
                columns = ", ".join(lost.attribute for lost in row.lost)
                helpers = ["", OVERLAP_CODE, columns, explain(row), *([] if batch is None else [batch])]
                yield line_of(map(protect, [*cells, *helpers]))


def _names(parts: Sequence[Path], found: OverlapStore) -> list[str]:
    """The encoded names of the parts."""
    names = encoded_names(parts[0])
    size = sum(part.stat().st_size for part in parts)
    if size != found.size or found.names[: len(names) - 1] != names[1:]:
        raise OtherParts
    return names


def _parted(parts: Sequence[Path], found: OverlapStore) -> Iterator[tuple[bytes, int, list[str]]]:
    """The rows of the parts as `rows_without` has them, parted from those that would lose something."""
    losing, ahead = tee(found.losing_ids())
    for rows, count, left_out in rows_without(parts, (ordinal for ordinal, _id in ahead)):
        for row in left_out:
            _ordinal, id_ = next(losing)
            if row.partition(",")[0].encode("ascii") != id_:
                raise OtherParts
        yield rows, count, left_out
    if next(losing, None) is not None:
        raise OtherParts


@contextmanager
def _work_in(folder: Path) -> Iterator[Path]:
    """A folder within the folder: what is written there is then only to be renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".writing-") as work:
        yield Path(work)
