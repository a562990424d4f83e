"""The problems of many rows at once, each by the word of `RowRules` and only where something is in doubt."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from .budget import NEAR_LIMIT, text_bytes
from .budget_loops import weigh_rows
from .bulk_encoding import EncodedRows
from .cells import AT_SIGN
from .clearing import ClearRows, RawRows
from .intake import EMAIL_LIKE, PLAIN, WARNED, Intake
from .likeness import groups as alike_places
from .likeness import kinds_of_cells, kinds_of_surplus
from .problem_blocks import Alike
from .problems import CODES, ERROR, Problem
from .proving import Doubts, Prover
from .rules import ROW_LIMIT
from .tables import NO_ROWS

# The mark of a row that stays out.
OUT = 0xFF
_ERRORS = frozenset(code for code, about in CODES.items() if about.severity == ERROR)


class _Group(NamedTuple):
    """One problem that many rows have; values: as `Alike` has them."""

    problem: Problem
    rows: np.ndarray
    values: list[str] | None = None


class BulkJudge:
    """Judges rows that hold text on behalf of an `Intake`.

    rejects_unproven: as `RowRules` has it.
    """

    def __init__(self, intake: Intake, *, rejects_unproven: bool):
        self._intake = intake
        self._key = intake.header.key_index
        self._is_third_party = intake.header.key == "thirdPartyId"
        self._width = len(intake.header.names)
        self._name_bytes = np.array(list(map(text_bytes, intake.header.attributes)), np.intp)
        self._prover = Prover(intake.header, rejects_unproven=rejects_unproven)

    def judge(self, raw: RawRows, clear: ClearRows, encoded: EncodedRows) -> np.ndarray:
        """Count the rows that hold text and note their problems; the mark of each, OUT if it stays out."""
        marks = np.full(len(clear.rows), PLAIN, np.uint8)
        marks[self._email_like(clear)] = EMAIL_LIKE
        doubts = self._prover.doubts(clear.table, clear.look, clear.rows, encoded.row_sizes, clear.is_odd)
        lines = clear.table.lines[clear.rows]
        alike, rest = self._alike(clear, doubts)
        rows, problems = self._found(raw, clear, encoded, rest, lines)
        self._intake.problems.add_all(
            problems, [Alike(group.problem, lines[group.rows], group.values) for group in alike]
        )
        marks[rows] = WARNED
        for group in alike:
            marks[group.rows] = WARNED
        marks[[row for row, problem in zip(rows, problems, strict=True) if problem.code in _ERRORS]] = OUT
        for group in alike:
            if group.problem.code in _ERRORS:
                marks[group.rows] = OUT
        counts = self._intake.counts
        counts.rows += len(marks)
        for mark, count in enumerate(np.bincount(marks, minlength=OUT)[: len(counts.good)].tolist()):
            counts.good[mark] += count
        return marks

    def _alike(self, clear: ClearRows, doubts: Doubts) -> tuple[list["_Group"], Doubts]:
        """The problems that many rows share, those of one place in their order; and what is still in doubt.

        What is wrong with one is asked of the rules, and is then known of all that are like it.
        """
        rules, table = self._intake.rules, clear.table
        groups = [
            _Group(problem, rows)
            for problem, rows in (
                (rules.problems_of_cell(0, self._key, "")[0], doubts.without_id),
                (rules.no_values(0), doubts.without_values),
            )
            if len(rows)
        ]
        cells = table.first_cells[clear.rows[doubts.rows]] + doubts.columns
        kinds = kinds_of_cells(
            table, clear.look, cells, doubts.columns, self._key, is_third_party=self._is_third_party
        )
        is_left = np.ones(len(cells), bool)
        for members in alike_places(kinds):
            values = table.texts(cells[members])
            problems = rules.problems_of_cell(0, int(doubts.columns[members[0]]), values[0])
            groups += [_Group(problem, doubts.rows[members], values) for problem in problems]
            is_left[members] = False
        kinds, shown = kinds_of_surplus(table, clear.look, clear.rows[doubts.with_surplus], self._width)
        has_surplus_left = np.ones(len(shown), bool)
        for members in alike_places(kinds):
            rows = doubts.with_surplus[members]
            (surplus,) = table.cells_behind(self._width, clear.rows[rows[:1]])
            groups.append(_Group(rules.surplus(0, surplus), rows, table.texts(shown[members])))
            has_surplus_left[members] = False
        rest = replace(
            doubts,
            rows=doubts.rows[is_left],
            columns=doubts.columns[is_left],
            with_surplus=doubts.with_surplus[has_surplus_left],
        )
        return groups, rest

    def _found(
        self, raw: RawRows, clear: ClearRows, encoded: EncodedRows, doubts: Doubts, lines: np.ndarray
    ) -> tuple[list[int], list[Problem]]:
        """The problems of single rows, and the row of each."""
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
        near, weights = self._near_limit(encoded, clear.is_odd)
        found += zip(map(rules.near_limit, lines[near].tolist(), weights.tolist()), strict=True)
        rows = (doubts.odd, doubts.rows, doubts.with_surplus, doubts.too_big, near)
        rows = np.repeat(np.concatenate(rows), list(map(len, found)))
        return rows.tolist(), list(chain.from_iterable(found))

    def _near_limit(self, encoded: EncodedRows, is_odd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows that bring their profiles near the limit without being too big, and what they weigh."""
        sizes = encoded.row_sizes
        may_be = sizes + int(self._name_bytes.sum()) >= NEAR_LIMIT
        rows = np.flatnonzero(may_be & (sizes <= ROW_LIMIT) & ~is_odd)
        weights = np.empty(len(rows), np.intp)
        if len(rows):
            weigh_rows(encoded.data, encoded.bounds, rows, self._name_bytes, weights)
        is_near = weights >= NEAR_LIMIT
        return rows[is_near], weights[is_near]

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
