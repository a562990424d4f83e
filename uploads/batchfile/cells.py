"""What is in the cells of a table, found in one loop over their bytes; and the cells treated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .compiling import compiled
from .tables import Table
from .treatment import SPACES

# What a cell may be marked with: the characters in it, ...
COMMA, LINE_BREAK, CONTROL, AT_SIGN, PLUS, SLASH, AMPERSAND, BEYOND_ASCII = (1 << bit for bit in range(8))
# ... bytes that are not UTF-8, and white space at its beginning or its end.
UNDECODABLE, SPACE_AROUND = 1 << 8, 1 << 9
# Unicode category Cc is, beyond ASCII, what this byte and one below the limit make in UTF-8.
_CONTROL_LEAD, _FIRST_NO_CONTROL = 0xC2, 0xA0


def _marks_of_bytes() -> np.ndarray:
    marks = np.zeros(256, np.uint16)
    marks[:0x20] = marks[0x7F] = CONTROL
    marks[list(b"\t\n\r")] = 0
    marks[0x80:] = BEYOND_ASCII
    for characters, mark in (
        (b",", COMMA),
        (b"\r\n", LINE_BREAK),
        (b"@", AT_SIGN),
        (b"+", PLUS),
        (b"/", SLASH),
        (b"&", AMPERSAND),
    ):
        marks[list(characters)] |= mark
    return marks


MARKS_OF_BYTES = _marks_of_bytes()
# The bytes of each white space as one number.
_SPACES = np.array([int.from_bytes(space.encode(), "big") for space in SPACES])
_LONGEST_SPACE = 3
# The first or the last byte of one.
_MAY_BE_SPACE = np.isin(np.arange(256), [byte for space in SPACES for byte in space.encode()])


@dataclass(frozen=True)
class Look:
    """What is in each cell of a table.

    marks: bits, as above; characters: how many there are, where all of them are UTF-8.
    """

    marks: np.ndarray
    characters: np.ndarray

    @classmethod
    def at(cls, table: Table) -> "Look":
        """Look at every cell."""
        look = cls(np.empty(len(table.starts), np.uint16), np.empty(len(table.starts), np.intp))
        _look(
            table.cells,
            MARKS_OF_BYTES,
            _SPACES,
            _MAY_BE_SPACE,
            look.marks,
            look.characters,
        )
        return look

    def cells_with(self, marks: int) -> np.ndarray:
        """The numbers of the cells that have any of the marks."""
        return np.flatnonzero(self.marks & marks)


def treated(table: Table, *, trim: bool, blanks: Sequence[str]) -> Table:
    """The table with cells as `Treatment` makes them, where they are UTF-8."""
    if not trim and not blanks:
        return table
    words = [word.encode("utf-8", "surrogatepass") for word in blanks if word]
    word_bounds = np.cumsum([0, *map(len, words)])
    joined = np.frombuffer(b"".join(words), np.uint8).copy()
    starts, ends = table.starts.copy(), table.ends.copy()
    _treat(table.data, starts, ends, trim, joined, word_bounds, _SPACES)
    return replace(table, starts=starts, ends=ends)


@compiled
def _look(cells, marks_of_bytes, spaces, may_be_space, marks, characters):
    """Fill the last two arrays."""
    data = cells.data
    count = 0
    for byte in data:
        count += marks_of_bytes[byte] != 0
    places = np.empty(count + 1, np.intp)
    number = 0
    for at in range(len(data)):
        # Overwritten until it is right: faster than to ask.
        places[number] = at
        number += marks_of_bytes[data[at]] != 0
    places[count] = len(data)
    place = 0
    for cell in range(len(marks)):
        begin, end = cells.starts[cell], cells.ends[cell]
        found = 0
        while places[place] < begin:
            place += 1
        while places[place] < end:
            found |= marks_of_bytes[data[places[place]]]
            place += 1
        characters[cell] = end - begin
        if begin < end and (may_be_space[data[begin]] or may_be_space[data[end - 1]]):
            around = _leading_space(data, begin, end, spaces) + _trailing_space(data, begin, end, spaces)
            found |= SPACE_AROUND if around else 0
        if found & BEYOND_ASCII:
            characters[cell], more = _decode(data, begin, end)
            found |= more
        marks[cell] = found


@compiled
def _decode(data, at, end):
    """How many characters there are, and further marks."""
    characters, marks = 0, 0
    while at < end:
        lead = data[at]
        # The bounds of the second byte leave out what is too long, surrogates, and what is beyond Unicode.
        least, most = 0x80, 0xBF
        if lead < 0x80:
            more = 0
        elif 0xC2 <= lead <= 0xDF:
            more = 1
        elif 0xE0 <= lead <= 0xEF:
            more = 2
            if lead == 0xE0:
                least = 0xA0
            elif lead == 0xED:
                most = 0x9F
        elif 0xF0 <= lead <= 0xF4:
            more = 3
            if lead == 0xF0:
                least = 0x90
            elif lead == 0xF4:
                most = 0x8F
        else:
            return characters, UNDECODABLE
        if at + more >= end or (more and not least <= data[at + 1] <= most):
            return characters, UNDECODABLE
        for offset in range(2, more + 1):
            if data[at + offset] & 0xC0 != 0x80:
                return characters, UNDECODABLE
        if lead == _CONTROL_LEAD and data[at + 1] < _FIRST_NO_CONTROL:
            marks |= CONTROL
        characters += 1
        at += 1 + more
    return characters, marks


@compiled
def _treat(data, starts, ends, trim, words, word_bounds, spaces):
    """Move where cells begin and end."""
    for cell in range(len(starts)):
        begin, end = starts[cell], ends[cell]
        if trim:
            begin, end = _trimmed(data, begin, end, spaces)
        for word in range(len(word_bounds) - 1):
            if np.array_equal(data[begin:end], words[word_bounds[word] : word_bounds[word + 1]]):
                begin = end
        starts[cell], ends[cell] = begin, end


@compiled
def _trimmed(data, begin, end, spaces):
    while begin < end:
        size = _leading_space(data, begin, end, spaces)
        if size == 0:
            break
        begin += size
    while begin < end:
        size = _trailing_space(data, begin, end, spaces)
        if size == 0:
            break
        end -= size
    return begin, end


@compiled
def _leading_space(data, begin, end, spaces):
    """The bytes of the white space with which a cell that is not empty begins; 0 if with none."""
    number = 0
    for size in range(1, min(_LONGEST_SPACE, end - begin) + 1):
        number = number << 8 | data[begin + size - 1]
        if _is_space(number, spaces):
            return size
    return 0


@compiled
def _trailing_space(data, begin, end, spaces):
    """The same at the end."""
    number = 0
    for size in range(1, min(_LONGEST_SPACE, end - begin) + 1):
        number |= data[end - size] << (8 * (size - 1))
        if _is_space(number, spaces):
            return size
    return 0


@compiled
def _is_space(number, spaces):
    return (spaces == number).any()
