"""What becomes of the rows of one file, thousands at a time: the same as `Intake` does, and tested to be.

Rows that are provably good skip everything but their encoding and their figures. All others go to the rules,
like every row of the reference; so each finding has one source.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .bulk_figures import BulkFigures, NumberedRow
from .decoding import decoded_table
from .encoding import RAW_SIGNS
from .encoding_table import EncodedRows, encode_rows
from .figures import CountedRow
from .fingerprints import FINGERPRINT
from .grids import Grid, Gridder
from .intake import EMAIL_LIKE, PLAIN, Intake
from .proving import Prover
from .reading import Reading
from .records import Record
from .rules import Verdict
from .tables import Table, table_of

_OUT = 0xFF
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
        self._prover = Prover(header, rejects_unproven=rejects_unproven)
        self._figures = BulkFigures(intake.figures, header.order)

    def take(self, batch: Table | Sequence[Record]) -> None:
        """Take the next rows."""
        if isinstance(batch, Table):
            self._take_table(batch)
            return
        table, odd = table_of(batch)
        self._intake.counts.skipped += sum(record.rows - 1 for record in batch)
        self._take_table(table, odd, batch)

    def _take_table(
        self, raw: Table, unfit: np.ndarray = _NO_ROWS, records: Sequence[Record] | None = None
    ) -> None:
        """Take the rows of a table; records: what it is made of, if it is, but for the unfit ones."""
        table = raw
        if self._is_percent_encoded:
            table, broken = decoded_table(raw)
            unfit = np.concatenate((unfit, broken))
        grid = self._gridder.grid(table, unfit)
        encoded = encode_rows(table, grid, self._order)
        is_proven = self._prover.are_good(table, grid, encoded.row_sizes)
        is_proven[np.isin(grid.rows, self._doubted(raw, records))] = False
        marks = np.full(len(grid), PLAIN, np.uint8)
        self._note_proven(table, grid, is_proven, marks)
        for row in np.flatnonzero(~is_proven).tolist():
            number = int(grid.rows[row])
            mark = self._intake.note(int(raw.lines[number]), self._judge(raw, records, number))
            marks[row] = _OUT if mark is None else mark
        others = self._take_others(raw, records, grid.others.tolist())
        self._intake.counts.skipped += len(table) - len(grid) - len(grid.others)
        self._figures.add(table, grid, encoded, marks != _OUT, [other.numbered() for other in others])
        kept = [other for other in others if other.mark is not None]
        self._write(grid, encoded, marks != _OUT, kept)
        self._log(table, grid, marks, kept)

    def _doubted(self, raw: Table, records: Sequence[Record] | None) -> np.ndarray:
        """The numbers of the rows about whose cells, as they stand in the file, there may be a word."""
        doubted = [_NO_ROWS]
        if self._is_percent_encoded:
            signs = np.frombuffer("".join(RAW_SIGNS).encode(), np.uint8)
            if any(sign in raw.content for sign in signs.tolist()):
                doubted.append(raw.rows_at(np.flatnonzero(np.isin(raw.data, signs))))
        if records is not None:
            doubted.append(np.array([n for n, record in enumerate(records) if record.long_numbers], np.intp))
        return np.concatenate(doubted)

    def _judge(self, raw: Table, records: Sequence[Record] | None, number: int) -> Verdict | None:
        if records is None:
            return self._intake.rules.judge(int(raw.lines[number]), raw.cells(number))
        record = records[number]
        return self._intake.rules.judge(record.line, record.cells, record.long_numbers)

    def _note_proven(self, table: Table, grid: Grid, is_proven: np.ndarray, marks: np.ndarray) -> None:
        """Count the proven rows, and mark those with an id that looks like an e-mail address."""
        count, found = int(np.count_nonzero(is_proven)), 0
        if self._intake.has_customers_ids:
            rows, indexes = grid.cells_with(b"@", table)
            rows = rows[is_proven[rows] & (indexes == self._key)]
            lines = table.lines[grid.rows[rows]].tolist()
            ids = [grid.text(table, row, self._key) for row in rows.tolist()]
            is_email = np.array(self._intake.emails.add_all(lines, ids), bool)
            self._intake.emails.count_others(count - len(rows))
            marks[rows[is_email]] = EMAIL_LIKE
            found = int(np.count_nonzero(is_email))
        counts = self._intake.counts
        counts.rows += count
        counts.good[PLAIN] += count - found
        counts.good[EMAIL_LIKE] += found

    def _take_others(
        self, raw: Table, records: Sequence[Record] | None, numbers: Iterable[int]
    ) -> list["_Judged"]:
        """The rows of these numbers, judged, without those that have no content after all."""
        judged = []
        for number in numbers:
            if records is not None and records[number].fault:
                self._intake.take_faulty(records[number])
                continue
            line, verdict = int(raw.lines[number]), self._judge(raw, records, number)
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
        kept = np.flatnonzero(marks != _OUT)
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
        texts = [grid.text(table, row, self._key) for row in rows[~is_plain].tolist()]
        hashes[~is_plain] = log.hash.of_texts(texts)
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
