"""The problems of many rows at once, each by the word of `RowRules` and only where something is in doubt."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from .encoding import RAW_SIGNS
from .encoding_table import EncodedRows
from .grids import Grid
from .intake import EMAIL_LIKE, PLAIN, WARNED, Intake
from .problems import CODES, ERROR, Problem
from .proving import Doubts, Prover
from .records import Record
from .rules import Verdict
from .tables import Table

# The mark of a row that stays out.
OUT = 0xFF
_NO_ROWS = np.empty(0, np.intp)
_ERRORS = frozenset(code for code, about in CODES.items() if about.severity == ERROR)


class RawRows(NamedTuple):
    """Rows as they stand in the file, their cells neither decoded nor treated.

    records: what the table is made of, if it is made of records; they may hold what it cannot.
    """

    table: Table
    records: Sequence[Record] | None

    def verdict(self, number: int, intake: Intake) -> Verdict | None:
        """What the rules say of one row."""
        if self.records is None:
            return intake.rules.judge(int(self.table.lines[number]), self.table.cells(number))
        record = self.records[number]
        return intake.rules.judge(record.line, record.cells, record.long_numbers)

    def odd_rows(self, is_percent_encoded: bool) -> np.ndarray:
        """The numbers of the rows about whose cells, as they stand in the file, there may be a word."""
        odd = [_NO_ROWS]
        if is_percent_encoded:
            signs = np.frombuffer("".join(RAW_SIGNS).encode(), np.uint8)
            if any(sign in self.table.content for sign in signs.tolist()):
                odd.append(self.table.rows_at(np.flatnonzero(np.isin(self.table.data, signs))))
        if self.records is not None:
            long = [number for number, record in enumerate(self.records) if record.long_numbers]
            odd.append(np.array(long, np.intp))
        return np.concatenate(odd)


class BulkJudge:
    """Judges the rows of grids on behalf of an `Intake`.

    rejects_unproven: as `RowRules` has it; is_percent_encoded: whether raw cells are in batch format.
    """

    def __init__(self, intake: Intake, *, rejects_unproven: bool, is_percent_encoded: bool):
        self._intake = intake
        self._key = intake.header.key_index
        self._width = len(intake.header.names)
        self._is_percent_encoded = is_percent_encoded
        self._prover = Prover(intake.header, rejects_unproven=rejects_unproven)

    def judge(self, raw: RawRows, table: Table, grid: Grid, encoded: EncodedRows) -> np.ndarray:
        """Count the rows of the grid and note their problems; the mark of each, OUT for those that stay out.

        table: the rows with their cells in clear, as the grid and the encoded rows have them.
        """
        marks = np.full(len(grid), PLAIN, np.uint8)
        marks[self._email_like(table, grid)] = EMAIL_LIKE
        is_odd = np.isin(grid.rows, raw.odd_rows(self._is_percent_encoded))
        doubts = self._prover.doubts(table, grid, encoded.row_sizes, is_odd)
        lines = table.lines[grid.rows]
        rules = self._intake.rules
        alike = [
            (rules.problems_of_cell(0, self._key, "")[0], doubts.without_id),
            (rules.no_values(0), doubts.without_values),
        ]
        rows, problems = self._found(raw, table, grid, encoded, doubts, lines)
        self._intake.problems.add_all(
            problems, [(problem, lines[certain]) for problem, certain in alike if len(certain)]
        )
        marks[rows] = WARNED
        marks[[row for row, problem in zip(rows, problems, strict=True) if problem.code in _ERRORS]] = OUT
        for _problem, certain in alike:
            marks[certain] = OUT
        counts = self._intake.counts
        counts.rows += len(grid)
        for mark, count in enumerate(np.bincount(marks, minlength=OUT)[: len(counts.good)].tolist()):
            counts.good[mark] += count
        return marks

    def _found(
        self,
        raw: RawRows,
        table: Table,
        grid: Grid,
        encoded: EncodedRows,
        doubts: Doubts,
        lines: np.ndarray,
    ) -> tuple[list[int], list[Problem]]:
        """The problems, but for those that many rows share, and the row of each."""
        rules = self._intake.rules
        found: list[Sequence[Problem]] = [
            raw.verdict(number, self._intake).problems for number in grid.rows[doubts.odd].tolist()
        ]
        texts = grid.texts(table, doubts.rows, doubts.columns)
        found += map(rules.problems_of_cell, lines[doubts.rows].tolist(), doubts.columns.tolist(), texts)
        surplus = table.cells_behind(self._width, grid.rows[doubts.with_surplus])
        found += zip(map(rules.surplus, lines[doubts.with_surplus].tolist(), surplus), strict=True)
        sizes = encoded.row_sizes[doubts.too_big]
        found += zip(map(rules.too_big, lines[doubts.too_big].tolist(), sizes.tolist()), strict=True)
        rows = (np.flatnonzero(doubts.odd), doubts.rows, doubts.with_surplus, doubts.too_big)
        rows = np.repeat(np.concatenate(rows), list(map(len, found)))
        return rows.tolist(), list(chain.from_iterable(found))

    def _email_like(self, table: Table, grid: Grid) -> np.ndarray:
        """Count the ids of the grid; the rows whose ids look like e-mail addresses."""
        if not self._intake.has_customers_ids:
            return _NO_ROWS
        rows, columns = grid.cells_with(b"@", table)
        rows = rows[columns == self._key]
        ids = grid.texts(table, rows, np.full(len(rows), self._key))
        is_email = self._intake.emails.add_all(table.lines[grid.rows[rows]].tolist(), ids)
        filled = np.count_nonzero(grid.cells.sizes[:, self._key])
        self._intake.emails.count_others(int(filled) - len(rows))
        return rows[np.array(is_email, bool)]
