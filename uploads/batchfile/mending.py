"""Lines with quotes that no writer of CSV puts there, written anew, so that their cells can be found in bulk.

csv.reader has a meaning for every quote, be it in the midst of a value or before text. What it makes of a
record of a single line with such quotes is written again, with every cell quoted.
"""

import csv
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .tables import CR, LF, QUOTE, is_any_of

# Longer ones are left as they are: the limit of a record counts the bytes in the file.
_LONGEST_LINE = 64_000


class Mended(NamedTuple):
    """A piece of a file with lines written anew.

    content: as far as all quotes are understood; changed: how many bytes of it end with the last such line.
    left: what comes behind it in the file, beginning where a record does.
    is_stuck: whether the record at the start of `left` is no single line; else that is only cut off.
    """

    content: bytes
    changed: int
    left: bytes
    is_stuck: bool


class Mender:
    """Mends the lines of one dialect in which quotes quote."""

    def __init__(self, delimiter: str):
        self._delimiter = delimiter

    def mend(self, content: bytes) -> Mended:
        """Mend a piece that begins where a record does."""
        if content.count(b"\r") > content.count(b"\r\n"):
            return Mended(b"", 0, content, is_stuck=True)
        quotes, misplaced = self._quotes(content)
        parts: list[bytes] = []
        done, first, stop, is_stuck = 0, 0, len(content), False
        # At `done` no quote is open: quotes open and close in turns from number `first` on.
        while (number := _next(misplaced[first % 2], first)) is not None:
            start = content.rfind(b"\n", 0, quotes[number]) + 1
            end = content.find(b"\n", quotes[number]) + 1
            is_within = (bisect_left(quotes, start) - first) % 2
            line = None if is_within else self._written_anew(content[start:end])
            if line is None:
                is_stuck = bool(is_within or end)
                stop = _record_start(content, start, quotes, first)
                break
            parts += (content[done:start], line)
            done, first = end, bisect_left(quotes, end)
        changed = sum(map(len, parts))
        return Mended(b"".join([*parts, content[done:stop]]), changed, content[stop:], is_stuck)

    def _quotes(self, content: bytes) -> tuple[list[int], tuple[list[int], list[int]]]:
        """Where quotes are, and the numbers of those out of place if the even ones open, or the odd ones."""
        data = np.frombuffer(content + b"\n", np.uint8)
        places = np.flatnonzero(data == QUOTE)
        is_boundary = is_any_of(data, (ord(self._delimiter), LF, CR, QUOTE))
        opens, closes = is_boundary[places - 1] | (places == 0), is_boundary[places + 1]
        is_even = np.arange(len(places)) % 2 == 0
        even_open, odd_open = np.where(is_even, opens, closes), np.where(is_even, closes, opens)
        return places.tolist(), (np.flatnonzero(~even_open).tolist(), np.flatnonzero(~odd_open).tolist())

    def _written_anew(self, line: bytes) -> bytes | None:
        """The line with all its cells quoted; None if it is no whole record, or not one for us."""
        if not line or len(line) > _LONGEST_LINE:
            return None
        try:
            feed = iter((line.decode(), ""))
        except UnicodeDecodeError:
            return None
        cells = next(csv.reader(feed, delimiter=self._delimiter))
        if next(feed, None) is None:
            # It has asked for another line: a quote is open.
            return None
        quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells)
        return self._delimiter.join(quoted).encode() + (b"\r\n" if line.endswith(b"\r\n") else b"\n")


def _next(numbers: Sequence[int], least: int) -> int | None:
    """The first of ascending numbers that is not below another."""
    place = bisect_left(numbers, least)
    return numbers[place] if place < len(numbers) else None


def _record_start(content: bytes, line_start: int, quotes: Sequence[int], first: int) -> int:
    """Where the record begins that the line is part of."""
    while (bisect_left(quotes, line_start) - first) % 2:
        line_start = content.rfind(b"\n", 0, line_start - 1) + 1
    return line_start
