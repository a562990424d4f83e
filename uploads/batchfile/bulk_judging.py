"""The problems of many rows at once, each by the word of `RowRules` and only where something is in doubt."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from .bulk_encoding import EncodedRows
from .cells import AT_SIGN
from .clearing import ClearRows, RawRows
from .intake import EMAIL_LIKE, PLAIN, WARNED, Intake
from .problems import CODES, ERROR, Problem
from .proving import Doubts, Prover
from .tables import NO_ROWS

# The mark of a row that stays out.
OUT = 0xFF
_ERRORS = frozenset(code for code, about in CODES.items() if about.severity == ERROR)


class BulkJudge:
    """Judges rows that hold text on behalf of an `Intake`.

    rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, intake: Intake, *, rejects_unproven: bool):
        self._intake = intake
        self._key = intake.header.key_index
        self._width = len(intake.header.names)
        self._prover = Prover(intake.header, rejects_unproven=rejects_unproven)

    def judge(self, raw: RawRows, clear: ClearRows, encoded: EncodedRows) -> np.ndarray:
        """Count the rows that hold text and note their problems; the mark of each, OUT if it stays out."""
        marks = np.full(len(clear.rows), PLAIN, np.uint8)
        marks[self._email_like(clear)] = EMAIL_LIKE
        doubts = self._prover.doubts(clear.table, clear.look, clear.rows, encoded.row_sizes, clear.is_odd)
        lines = clear.table.lines[clear.rows]
        rules = self._intake.rules
        alike = [
            (rules.problems_of_cell(0, self._key, "")[0], doubts.without_id),
            (rules.no_values(0), doubts.without_values),
        ]
        rows, problems = self._found(raw, clear, encoded, doubts, lines)
        self._intake.problems.add_all(
            problems, [(problem, lines[certain]) for problem, certain in alike if len(certain)]
        )
        marks[rows] = WARNED
        marks[[row for row, problem in zip(rows, problems, strict=True) if problem.code in _ERRORS]] = OUT
        for _problem, certain in alike:
            marks[certain] = OUT
        counts = self._intake.counts
        counts.rows += len(marks)
        for mark, count in enumerate(np.bincount(marks, minlength=OUT)[: len(counts.good)].tolist()):
            counts.good[mark] += count
        return marks

    def _found(
        self, raw: RawRows, clear: ClearRows, encoded: EncodedRows, doubts: Doubts, lines: np.ndarray
    ) -> tuple[list[int], list[Problem]]:
        """The problems, but for those that many rows share, and the row of each."""
        rules, table = self._intake.rules, clear.table
        found: list[Sequence[Problem]] = [
            raw.verdict(number, rules).problems for number in clear.rows[doubts.odd].tolist()
        ]
        texts = table.texts(table.first_cells[clear.rows[doubts.rows]] + doubts.columns)
        found += map(rules.problems_of_cell, lines[doubts.rows].tolist(), doubts.columns.tolist(), texts)
        surplus = table.cells_behind(self._width, clear.rows[doubts.with_surplus])
        found += zip(map(rules.surplus, lines[doubts.with_surplus].tolist(), surplus), strict=True)
        sizes = encoded.row_sizes[doubts.too_big]
        found += zip(map(rules.too_big, lines[doubts.too_big].tolist(), sizes.tolist()), strict=True)
        rows = (doubts.odd, doubts.rows, doubts.with_surplus, doubts.too_big)
        rows = np.repeat(np.concatenate(rows), list(map(len, found)))
        return rows.tolist(), list(chain.from_iterable(found))

    def _email_like(self, clear: ClearRows) -> np.ndarray:
        """Count the ids of the rows; the places of those whose ids look like e-mail addresses."""
        if not self._intake.has_customers_ids:
            return NO_ROWS
        table, emails = clear.table, self._intake.emails
        counts = np.diff(table.first_cells)[clear.rows]
        with_id = np.flatnonzero(counts > self._key)
        ids = table.first_cells[clear.rows[with_id]] + self._key
        has_sign = (clear.look.marks[ids] & AT_SIGN) > 0
        filled = np.count_nonzero(table.ends[ids] > table.starts[ids])
        emails.count_others(int(filled - np.count_nonzero(has_sign)))
        with_id, ids = with_id[has_sign], ids[has_sign]
        is_email = emails.add_all(table.lines[clear.rows[with_id]].tolist(), table.texts(ids))
        return with_id[np.array(is_email, bool)]
