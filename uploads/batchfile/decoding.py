"""The table of a file in batch format in clear: percent-decoding of many cells at once (F5)."""

from dataclasses import replace

import numpy as np

from .bytewise import undecodable_rows
from .tables import Table

_PERCENT = ord("%")
_NO_DIGIT = 0x80
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
for _digits in (b"0123456789ABCDEF", b"0123456789abcdef"):
    _DIGITS[np.frombuffer(_digits, np.uint8)] = np.arange(16)


def decoded_table(table: Table) -> tuple[Table, np.ndarray]:
    """The table with its cells in clear, and the numbers of the rows whose cells that would not be.

    Those are rows with a broken escape, and rows that are not UTF-8 even before: their bytes might become
    whole only together with what is decoded.
    """
    broken = undecodable_rows(table)
    if _PERCENT not in table.content:
        return table, broken
    data = np.concatenate((table.data, np.zeros(2, np.uint8)))
    escapes = np.flatnonzero(table.data == _PERCENT)
    values = _DIGITS[data[escapes + 1]] << 4 | _DIGITS[data[escapes + 2]]
    is_whole = (_DIGITS[data[escapes + 1]] | _DIGITS[data[escapes + 2]]) < _NO_DIGIT
    broken = np.concatenate((broken, table.rows_at(escapes[~is_whole])))
    escapes = escapes[is_whole]
    data = table.data.copy()
    data[escapes] = values[is_whole]
    is_kept = np.ones(len(data), bool)
    is_kept[escapes + 1] = False
    is_kept[escapes + 2] = False
    is_separator = np.zeros(len(data), bool)
    is_separator[table.separators] = True
    separators = np.flatnonzero(is_separator[is_kept])
    return replace(
        table,
        data=data[is_kept],
        starts=np.concatenate(([0], separators + 1))[:-1],
        # Between a cell and its separator there may be a CR.
        ends=separators - (table.separators - table.ends),
        separators=separators,
    ), broken
