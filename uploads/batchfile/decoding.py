"""The table of a file in batch format in clear: percent-decoding of many cells at once (F5)."""

from dataclasses import replace

import numpy as np

from .compiling import compiled
from .tables import Table

_PERCENT = ord("%")
_NO_DIGIT = 0x80
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)
for _digits in (b"0123456789ABCDEF", b"0123456789abcdef"):
    _DIGITS[np.frombuffer(_digits, np.uint8)] = np.arange(16)


def decoded_table(table: Table) -> tuple[Table, np.ndarray]:
    """The table with its cells in clear, and the numbers of the cells with a broken escape."""
    data, ends = table.data.copy(), table.ends.copy()
    is_broken = np.zeros(len(ends), np.bool_)
    _decode(data, table.starts, ends, _DIGITS, is_broken)
    return replace(table, data=data, ends=ends), np.flatnonzero(is_broken)


@compiled
def _decode(data, starts, ends, digits, is_broken):
    """Decode the cells in place."""
    for cell in range(len(starts)):
        at = written = starts[cell]
        end = ends[cell]
        while at < end:
            byte = data[at]
            at += 1
            if byte == _PERCENT:
                if at + 2 <= end and (digits[data[at]] | digits[data[at + 1]]) < _NO_DIGIT:
                    byte = np.uint8(digits[data[at]] << 4 | digits[data[at + 1]])
                    at += 2
                else:
                    is_broken[cell] = True
            data[written] = byte
            written += 1
        ends[cell] = written
