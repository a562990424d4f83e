"""What becomes of the rows of one file, thousands at a time: the same as `Intake` does, and tested to be.

Rows that are provably good skip everything but their encoding and their figures. All others go to the rules,
like every row of the reference; so each finding has one source.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .bulk_encoding import EncodedRows, SentColumns, encode_rows
from .bulk_figures import BulkFigures, NumberedRow
from .bulk_ids import hashes_of_cells
from .bulk_judging import OUT, BulkJudge
from .clearing import ClearRows, RawRows, cleared
from .figures import CountedRow
from .intake import Intake
from .reading import Reading
from .records import Record
from .rules import Verdict
from .tables import Table

# So many bytes more in a row, at most, leave the pieces of a file as they are.
_FREELY_ADDED = 64


class BulkIntake:
    """Takes tables and records in their order on behalf of an `Intake`.

    rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, intake: Intake, reading: Reading, *, rejects_unproven: bool):
        self._intake = intake
        self._reading = reading
        self._sent = SentColumns.of(intake.header)
        self._order = intake.header.order
        self._judge = BulkJudge(intake, rejects_unproven=rejects_unproven)
        self._figures = BulkFigures(intake.figures, self._order)

    def fitting(self, piece_bytes: int) -> int:
        """How much of the file to take at a time, so that clear values in many short rows fit into memory."""
        return max(1, piece_bytes * _FREELY_ADDED // max(_FREELY_ADDED, self._sent.most_added))

    def take(self, batch: Table | Sequence[Record]) -> None:
        """Take the next rows."""
        raw = RawRows.of(batch)
        clear = cleared(raw, self._reading)
        encoded = encode_rows(clear.table, clear.rows, self._sent)
        marks = self._judge.judge(raw, clear, encoded)
        is_kept = marks != OUT
        others = self._take_others(raw, clear.others.tolist())
        # One record may stand for many rows without content.
        rows = sum(record.rows for record in raw.records) if raw.records else len(raw.table)
        self._intake.counts.skipped += rows - len(clear.rows) - len(clear.others)
        counted = [other.numbered() for other in others]
        self._figures.add(clear.table, clear.look, clear.rows, encoded, is_kept, counted)
        kept = [other for other in others if other.mark is not None]
        self._write(clear, encoded, is_kept, kept)
        self._log(clear, marks, kept)

    def _take_others(self, raw: RawRows, numbers: Sequence[int]) -> list["_Judged"]:
        """The rows of these numbers, judged, without those that have no content after all."""
        judged = []
        for number in numbers:
            record = raw.record(number)
            if record.fault:
                self._intake.take_faulty(record)
                continue
            verdict = raw.verdict(number, self._intake.rules)
            if verdict is None:
                self._intake.counts.skipped += 1
            else:
                mark = self._intake.note(record.line, verdict)
                judged.append(_Judged(number, record.line, verdict, mark))
        return judged

    def _write(
        self, clear: ClearRows, encoded: EncodedRows, is_kept: np.ndarray, others: Sequence["_Judged"]
    ) -> None:
        """Write the rows to keep, those that hold text and the others, in their order."""
        writer = self._intake.writer
        at = 0
        for other in others:
            behind = int(np.searchsorted(clear.rows, other.number))
            writer.add_rows(encoded.chosen(at, is_kept[at:behind]), int(np.count_nonzero(is_kept[at:behind])))
            writer.add(other.verdict.encoded)
            at = behind
        writer.add_rows(encoded.chosen(at, is_kept[at:]), int(np.count_nonzero(is_kept[at:])))

    def _log(self, clear: ClearRows, marks: np.ndarray, others: Sequence["_Judged"]) -> None:
        """Log the ids of the rows to keep, those that hold text and the others, in their order."""
        log, blanks = self._intake.log, self._intake.blanks
        numbers, marks = clear.rows[marks != OUT], marks[marks != OUT]
        ids = clear.table.first_cells[numbers] + self._order[0]
        hashes = hashes_of_cells(log.hash, clear.table, ids)
        are_blank = clear.table.are_blank(numbers, blanks.columns)
        if others:
            numbers = np.concatenate((numbers, [other.number for other in others]))
            marks = np.concatenate((marks, [other.mark for other in others]))
            hashes = np.concatenate((hashes, log.hash.of_texts([other.verdict.id for other in others])))
            blank_in_others = blanks.blank_in([other.verdict.cells for other in others])
            are_blank = np.concatenate((are_blank, blank_in_others))
            order = np.argsort(numbers)
            numbers, marks, hashes, are_blank = (
                values[order] for values in (numbers, marks, hashes, are_blank)
            )
        log.add_hashed(hashes, clear.table.lines[numbers], marks)
        blanks.add(are_blank)


class _Judged(NamedTuple):
    """A row that holds more than text: its number in the table, its line, its verdict, its mark if good."""

    number: int
    line: int
    verdict: Verdict
    mark: int | None

    def numbered(self) -> NumberedRow:
        """The row as figures count it."""
        verdict = self.verdict
        return self.number, CountedRow(self.line, verdict.cells, verdict.encoded, self.mark is not None)
