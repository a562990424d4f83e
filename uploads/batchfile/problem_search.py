"""Searching the values of problems: thousands at a time, without taking any of them apart."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np

from .grams import WantedGrams, alike

# With fewer values to look at than one in so many, each is looked at by itself.
_FEW = 8
_LONGEST_LINE = 18
# The letters beyond ASCII whose lower case has ASCII letters in it.
_ASCII_IN_LOWER_CASE = ("İ".encode(), "\N{KELVIN SIGN}".encode())


class Search:
    """Looks for a text in values, upper and lower case alike, and for the line that it may be the number of.

    Letters beyond ASCII are alike where lower case makes them so.
    """

    def __init__(self, text: str):
        self._is_ascii = text.isascii()
        self._wanted = alike(text).encode("utf-8", "surrogatepass")
        self._grams = WantedGrams(text)
        is_line = self._is_ascii and text.isdigit() and len(text) <= _LONGEST_LINE
        #: The line that the text may be the number of.
        self.line = int(text) if is_line else None

    def may_be_in_block(self, grams: bytes) -> bool:
        """Whether values with these grams may have the text."""
        return self._grams.may_be_in(grams)

    def may_be_in(self, values: bytes) -> bool:
        """Whether these values, one behind the other, may have the text. Only a first look."""
        # Lower case is only to be made where there is another.
        return not values.isascii() or self._wanted in values or self._wanted in values.lower()

    def numbers_of(
        self, lines: np.ndarray, sizes: np.ndarray, values: bytes, candidates: np.ndarray
    ) -> np.ndarray:
        """Which of the candidates, numbers of problems in ascending order, are found.

        lines, sizes: of every problem, its line and how many characters its value has.
        values: all of the values, one behind the other, in UTF-8.
        """
        found = lines[candidates] == self.line if self.line is not None else np.zeros(len(candidates), bool)
        lowered, sizes = self._lowered(values, sizes)
        if self._wanted in lowered:
            ends = _ends(lowered, sizes)
            is_few = len(candidates) * _FEW < len(lines)
            look = self._one_by_one(lowered, ends, candidates) if is_few else self._all(lowered, ends)
            found |= np.isin(candidates, list(look))
        return candidates[found]

    def _lowered(self, values: bytes, sizes: np.ndarray) -> tuple[bytes, np.ndarray]:
        """The values in lower case, and how many characters each then has."""
        if self._is_ascii and not any(letter in values for letter in _ASCII_IN_LOWER_CASE):
            return values.lower(), sizes
        text = values.decode()
        lowered = alike(text)
        if len(lowered) != len(text):
            # Some letters are two in lower case.
            ends = accumulate(sizes.tolist(), initial=0)
            each = [alike(text[start:end]) for start, end in pairwise(ends)]
            lowered, sizes = "".join(each), np.array(list(map(len, each)), sizes.dtype)
        return lowered.encode(), sizes

    def _all(self, lowered: bytes, ends: Sequence[int]) -> Iterator[int]:
        at, number = lowered.find(self._wanted), 0
        while at >= 0:
            number += int(np.searchsorted(ends[number:], at, side="right"))
            if at + len(self._wanted) <= ends[number]:
                yield number
                at = int(ends[number]) - 1
            at = lowered.find(self._wanted, at + 1)

    def _one_by_one(self, lowered: bytes, ends: Sequence[int], candidates: np.ndarray) -> Iterator[int]:
        for number in candidates.tolist():
            if lowered.find(self._wanted, ends[number - 1] if number else 0, ends[number]) >= 0:
                yield number


def _ends(values: bytes, sizes: np.ndarray) -> np.ndarray:
    """Where each value ends, in bytes."""
    ends = np.cumsum(sizes, dtype=np.intp)
    if len(values) == ends[-1]:
        return ends
    begins_character = np.frombuffer(values, np.uint8) & 0xC0 != 0x80
    return np.append(np.flatnonzero(begins_character), len(values))[ends]
