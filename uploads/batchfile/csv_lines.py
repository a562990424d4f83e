"""Rows as the lines of a CSV file, one at a time: nothing is kept of what was written before."""

import csv
from collections.abc import Callable, Iterable


def line_writer(delimiter: str = ",", line_end: str = "\r\n") -> Callable[[Iterable[object]], str]:
    """What makes the line of a row from its cells, with the line's end; quoted is what must be."""
    return csv.writer(_Echo(), delimiter=delimiter, lineterminator=line_end).writerow


class _Echo:
    """A file for csv.writer that gives every line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line
