"""Rows as they stand in the file, and the same in clear: decoded, treated, and looked at."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .cells import AMPERSAND, PLUS, UNDECODABLE, Look, treated
from .compiling import compiled
from .decoding import decoded_table
from .reading import Reading
from .records import Record
from .rules import RowRules, Verdict
from .tables import Table, table_of

# What a row may hold: nothing, text, or something else as well.
_EMPTY, _TEXT, _OTHER = range(3)


class RawRows(NamedTuple):
    """Rows as they stand in the file.

    records: what the table is made of, if it is made of records.
    """

    table: Table
    records: Sequence[Record] | None

    @classmethod
    def of(cls, batch: Table | Sequence[Record]) -> "RawRows":
        """The rows of a table, or of records."""
        return cls(batch, None) if isinstance(batch, Table) else cls(table_of(batch), batch)

    def record(self, number: int) -> Record:
        """One row as the reference has it."""
        return self.table.record(number) if self.records is None else self.records[number]

    def verdict(self, number: int, rules: RowRules) -> Verdict | None:
        """What the rules say of one row."""
        record = self.record(number)
        return rules.judge(record.line, record.cells, record.long_numbers)

    def numbers_of(self, name: str) -> np.ndarray:
        """The numbers of the records that have something in the field of this name."""
        numbers = (number for number, record in enumerate(self.records or ()) if getattr(record, name))
        return np.fromiter(numbers, np.intp)


class ClearRows(NamedTuple):
    """The same rows in clear.

    rows: the numbers of those that hold text; is_odd: about which of these there may be a word that only the
        rows as they stand in the file tell.
    others: the numbers of those that hold something else as well. Rows in neither have no content.
    """

    table: Table
    look: Look
    rows: np.ndarray
    is_odd: np.ndarray
    others: np.ndarray


def cleared(raw: RawRows, reading: Reading) -> ClearRows:
    """The rows as the reading has them."""
    table, odd = raw.table, raw.numbers_of("long_numbers")
    unfit = [table.unclosed, np.fromiter(table.torn, np.intp), raw.numbers_of("fault")]
    if reading.format == "batch":
        look = Look.at(table)
        table, broken = decoded_table(table)
        unfit += [table.rows_of(broken), table.rows_of(look.cells_with(UNDECODABLE))]
        odd = table.rows_of(look.cells_with(PLUS | AMPERSAND))
    table = treated(table, trim=reading.trim, blanks=reading.blanks)
    look = Look.at(table)
    kinds = np.empty(len(table), np.uint8)
    _sort(table.cells, look.marks, UNDECODABLE, kinds)
    kinds[np.concatenate(unfit)] = _OTHER
    rows = np.flatnonzero(kinds == _TEXT)
    return ClearRows(table, look, rows, np.isin(rows, odd), np.flatnonzero(kinds == _OTHER))


@compiled
def _sort(cells, marks, undecodable, kinds):
    for row in range(len(kinds)):
        kinds[row] = _EMPTY
        for cell in range(cells.first_cells[row], cells.first_cells[row + 1]):
            if marks[cell] & undecodable:
                kinds[row] = _OTHER
            elif cells.ends[cell] > cells.starts[cell] and kinds[row] == _EMPTY:
                kinds[row] = _TEXT
