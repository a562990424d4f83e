"""What becomes of the rows of one file, thousands at a time: the same as `Intake` does, and tested to be.

Rows that are provably good skip everything but their encoding and their figures. All others go to the rules,
like every row of the reference; so each finding has one source.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .bulk_figures import BulkFigures, NumberedRow
from .bulk_judging import OUT, BulkJudge, RawRows
from .decoding import decoded_table
from .encoding_table import EncodedRows, encode_rows
from .figures import CountedRow
from .fingerprints import FINGERPRINT
from .grids import Grid, Gridder
from .intake import Intake
from .reading import Reading
from .records import Record
from .rules import Verdict
from .tables import Table, table_of

_SHORT_ID = 128
_NO_ROWS = np.empty(0, np.intp)


class BulkIntake:
    """Takes tables and records in their order on behalf of an `Intake`.

    rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, intake: Intake, reading: Reading, *, rejects_unproven: bool):
        self._intake = intake
        header = intake.header
        self._key = header.key_index
        self._order = np.array(header.order, np.intp)
        self._is_percent_encoded = reading.format == "batch"
        self._gridder = Gridder(header, reading)
        self._judge = BulkJudge(
            intake, rejects_unproven=rejects_unproven, is_percent_encoded=self._is_percent_encoded
        )
        self._figures = BulkFigures(intake.figures, header.order)

    def take(self, batch: Table | Sequence[Record]) -> None:
        """Take the next rows."""
        if isinstance(batch, Table):
            self._take_rows(RawRows(batch, None), _NO_ROWS)
            return
        table, odd = table_of(batch)
        self._intake.counts.skipped += sum(record.rows - 1 for record in batch)
        self._take_rows(RawRows(table, batch), odd)

    def _take_rows(self, raw: RawRows, unfit: np.ndarray) -> None:
        """Take the rows; unfit: the numbers of those that are not in the table."""
        table = raw.table
        if self._is_percent_encoded:
            table, broken = decoded_table(table)
            unfit = np.concatenate((unfit, broken))
        grid = self._gridder.grid(table, unfit)
        encoded = encode_rows(table, grid, self._order)
        marks = self._judge.judge(raw, table, grid, encoded)
        others = self._take_others(raw, grid.others.tolist())
        self._intake.counts.skipped += len(table) - len(grid) - len(grid.others)
        self._figures.add(table, grid, encoded, marks != OUT, [other.numbered() for other in others])
        kept = [other for other in others if other.mark is not None]
        self._write(grid, encoded, marks != OUT, kept)
        self._log(table, grid, marks, kept)

    def _take_others(self, raw: RawRows, numbers: Iterable[int]) -> list["_Judged"]:
        """The rows of these numbers, judged, without those that have no content after all."""
        judged = []
        for number in numbers:
            if raw.records is not None and raw.records[number].fault:
                self._intake.take_faulty(raw.records[number])
                continue
            line, verdict = int(raw.table.lines[number]), raw.verdict(number, self._intake)
            if verdict is None:
                self._intake.counts.skipped += 1
            else:
                judged.append(_Judged(number, line, verdict, self._intake.note(line, verdict)))
        return judged

    def _write(self, grid: Grid, encoded: EncodedRows, is_kept: np.ndarray, others: list["_Judged"]) -> None:
        """Write the rows to keep, those of the grid and the others, in their order."""
        at = 0
        for other in others:
            behind = int(np.searchsorted(grid.rows, other.number))
            self._write_run(encoded, is_kept, at, behind)
            self._intake.writer.add(other.verdict.encoded)
            at = behind
        self._write_run(encoded, is_kept, at, len(grid))

    def _write_run(self, encoded: EncodedRows, is_kept: np.ndarray, at: int, behind: int) -> None:
        kept = is_kept[at:behind]
        changes = np.flatnonzero(np.diff(kept, prepend=False, append=False)) + at
        runs = zip(changes[0::2].tolist(), changes[1::2].tolist(), strict=True)
        rows = b"".join([encoded.rows(first, end) for first, end in runs])
        self._intake.writer.add_rows(rows, int(np.count_nonzero(kept)))

    def _log(self, table: Table, grid: Grid, marks: np.ndarray, others: list["_Judged"]) -> None:
        """Log the ids of the rows to keep, those of the grid and the others, in their order."""
        log = self._intake.log
        kept = np.flatnonzero(marks != OUT)
        numbers, marks = grid.rows[kept], marks[kept]
        hashes = self._hashes(table, grid, kept)
        if others:
            numbers = np.concatenate((numbers, [other.number for other in others]))
            marks = np.concatenate((marks, [other.mark for other in others]))
            hashes = np.concatenate((hashes, log.hash.of_texts([other.verdict.id for other in others])))
            order = np.argsort(numbers)
            numbers, marks, hashes = numbers[order], marks[order], hashes[order]
        log.add_hashed(hashes, table.lines[numbers], marks)

    def _hashes(self, table: Table, grid: Grid, rows: np.ndarray) -> np.ndarray:
        """The hashes of the ids of these rows of the grid."""
        log = self._intake.log
        ids = grid.cells[rows, self._key]
        hashes = np.empty((len(rows), 2), FINGERPRINT)
        # Most ids are short, and stand in the table as they are.
        is_plain = (ids.sizes <= _SHORT_ID) & (ids.ends - ids.starts == ids.sizes)
        plain = ids[is_plain]
        hashes[is_plain] = log.hash.of_bytes(plain.padded(int(plain.sizes.max(initial=0))), plain.sizes)
        others = rows[~is_plain]
        hashes[~is_plain] = log.hash.of_texts(grid.texts(table, others, np.full(len(others), self._key)))
        return hashes


class _Judged(NamedTuple):
    """A row outside the grid: its number in the table, its line, its verdict, its mark if it is good."""

    number: int
    line: int
    verdict: Verdict
    mark: int | None

    def numbered(self) -> NumberedRow:
        """The row as figures count it."""
        verdict = self.verdict
        return self.number, CountedRow(self.line, verdict.cells, verdict.encoded, self.mark is not None)
