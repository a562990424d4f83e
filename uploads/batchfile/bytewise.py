"""Questions about many cells or rows at once, answered from their bytes.

`Cells` holds cells in arrays of any one shape; a matrix of ids has a line for each id, padded with NUL bytes.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .rules import ECID_LENGTH
from .tables import CELL_END, ROW_END, Table, is_any_of
from .treatment import SPACES

_NONE = np.empty(0, np.intp)
# Unicode category Cc is, as far as it is one byte in UTF-8, what comes before the space, and DEL.
_FIRST_PRINTABLE, _DELETE = 0x20, 0x7F
_NO_CONTROLS = b"\t\n\r"
# The first byte of U+0080 to U+00BF; of category Cc are those whose second byte is below the limit.
_LATIN_1_LEAD, _FIRST_NO_CONTROL = 0xC2, 0xA0
_ASCII_SPACES = "".join(filter(str.isascii, SPACES)).encode()
# White space beyond ASCII, its bytes as one number, by how many they are.
_WIDE_SPACES = {
    size: np.array([int.from_bytes(space.encode(), "big") for space in SPACES if len(space.encode()) == size])
    for size in (2, 3)
}
_MOST_TRIMMED = 32
# F2: digits, at least so many, then each of these marks with digits behind it, or only the first.
_LEAST_PCID_DIGITS = 10
_PCID_MARKS = np.frombuffer(b"-._", np.uint8)


@dataclass(frozen=True)
class Cells:
    """Cells in one array of bytes.

    starts, ends: where they are; sizes: their bytes, the first of two quotes not counted.
    continued: how many of the bytes only continue a character; None where all of `data` is ASCII.
    """

    data: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    sizes: np.ndarray
    continued: np.ndarray | None

    @classmethod
    def of(cls, table: Table) -> "Cells":
        """All cells of a table in one dimension."""
        sizes = table.ends - table.starts
        if len(table.doubled):
            sizes -= np.bincount(np.searchsorted(table.separators, table.doubled), minlength=len(sizes))
        continued = None
        if not table.content.isascii():
            # All bytes of a character but the first begin with the bits 10.
            before = np.zeros(len(table.data) + 1, np.int32)
            np.cumsum((table.data & 0xC0) == 0x80, out=before[1:])
            continued = before[table.ends] - before[table.starts]
        return cls(table.data, table.starts, table.ends, sizes, continued)

    def __getitem__(self, chosen) -> "Cells":
        continued = None if self.continued is None else self.continued[chosen]
        return Cells(self.data, self.starts[chosen], self.ends[chosen], self.sizes[chosen], continued)

    def in_columns(self, width: int) -> "Cells":
        """The same in two dimensions, so many to a line."""
        continued = None if self.continued is None else self.continued.reshape(-1, width)
        places = (each.reshape(-1, width) for each in (self.starts, self.ends, self.sizes))
        return Cells(self.data, *places, continued)

    @property
    def characters(self) -> np.ndarray:
        """How many characters each has."""
        return self.sizes if self.continued is None else self.sizes - self.continued

    @cached_property
    def sizes_by_column(self) -> np.ndarray:
        """The sizes of cells in two dimensions, a line for each column: sums over rows take far less time."""
        return np.ascontiguousarray(self.sizes.T)

    def padded(self, width: int) -> np.ndarray:
        """The first `width` bytes of each, NUL bytes behind its end; for one dimension of cells."""
        data = self.data
        if self.starts.max(initial=0) + width > len(data):
            data = np.concatenate((data, np.zeros(width, np.uint8)))
        matrix = sliding_window_view(data, width)[self.starts] if width else np.empty((len(self.starts), 0))
        matrix[np.arange(width) >= self.sizes[:, None]] = 0
        return matrix

    def begin_with(self, word: bytes, among: np.ndarray, *, ignore_case: bool = False) -> np.ndarray:
        """Those of the flat indexes `among` whose cells begin with the word; none of them is shorter.

        ignore_case: the word is in lower case, and there are no control characters in the cells.
        """
        lower = 0x20 if ignore_case else 0
        for offset, byte in enumerate(word):
            present = self.data[self.starts.ravel()[among] + offset] | lower
            among = among[present == byte | lower]
        return among

    def where(self, is_kept: np.ndarray) -> "Cells":
        """The same, the others without their content."""
        continued = None if self.continued is None else self.continued * is_kept
        ends = np.where(is_kept, self.ends, self.starts)
        return replace(self, ends=ends, sizes=self.sizes * is_kept, continued=continued)

    def trimmed(self) -> "Cells":
        """The same without the ASCII spaces around them, or most of these."""
        starts, ends = self.starts, self.ends
        for _once in range(_MOST_TRIMMED):
            leads = (starts < ends) & is_any_of(self.data.take(starts, mode="clip"), _ASCII_SPACES)
            starts = starts + leads
            trails = (starts < ends) & is_any_of(self.data.take(ends - 1, mode="clip"), _ASCII_SPACES)
            ends = ends - trails
            if not leads.any() and not trails.any():
                break
        cut = (starts - self.starts) + (self.ends - ends)
        return replace(self, starts=starts, ends=ends, sizes=self.sizes - cut)

    def have_space_around(self) -> np.ndarray:
        """Which of them begin or end with white space, wherever in Unicode."""
        first, last = self.data.take(self.starts, mode="clip"), self.data.take(self.ends - 1, mode="clip")
        found = is_any_of(first, _ASCII_SPACES) | is_any_of(last, _ASCII_SPACES)
        for size, spaces in _WIDE_SPACES.items() if self.continued is not None else ():
            for places in (self.starts, self.ends - size):
                character = np.zeros(places.shape, np.int32)
                for offset in range(size):
                    character = character << 8 | self.data.take(places + offset, mode="clip")
                found |= np.isin(character, spaces) & (self.sizes >= size)
        return found & (self.sizes > 0)


def undecodable_rows(table: Table) -> np.ndarray:
    """The numbers of the records that are not UTF-8."""
    if is_utf8(table.content):
        return _NONE
    begins = np.concatenate(([0], table.row_ends[:-1] + 1))
    beyond_ascii = np.flatnonzero(np.maximum.reduceat(table.data, begins) & 0x80)
    places = zip(begins[beyond_ascii].tolist(), table.row_ends[beyond_ascii].tolist(), strict=True)
    broken = [not is_utf8(table.content[begin:end]) for begin, end in places]
    return beyond_ascii[np.array(broken, bool)]


def control_places(table: Table) -> np.ndarray:
    """Where there are characters of Unicode category Cc other than tab, CR and LF."""
    data, content = table.data, table.content
    places = _NONE
    are_ours = _NO_CONTROLS + (bytes([CELL_END, ROW_END]) if table.delimiter == CELL_END else b"")
    count = np.count_nonzero(data < _FIRST_PRINTABLE)
    if _DELETE in content or count > sum(
        np.count_nonzero(data == ours) for ours in are_ours if ours in content
    ):
        is_control = (data < _FIRST_PRINTABLE) | (data == _DELETE)
        places = np.flatnonzero(is_control & ~is_any_of(data, are_ours))
    if _LATIN_1_LEAD in content:
        leads = np.flatnonzero(data[:-1] == _LATIN_1_LEAD)
        places = np.concatenate((places, leads[data[leads + 1] < _FIRST_NO_CONTROL]))
    return places


def are_ecids(ids: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which of the ids have the shape of an Experience Cloud ID (F2)."""
    found = sizes == ECID_LENGTH
    found[found] = _is_digit(ids[found, :ECID_LENGTH]).all(axis=1)
    return found


def are_pcids(ids: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which of the ids have the form of a pcId (F2)."""
    is_mark = (np.arange(ids.shape[1]) < sizes[:, None]) & ~_is_digit(ids)
    count = is_mark.sum(axis=1)
    found = np.zeros(len(ids), bool)
    for marks in (1, len(_PCID_MARKS)):
        rows = np.flatnonzero(count == marks)
        places = np.nonzero(is_mark[rows])[1].reshape(-1, marks)
        digits = np.diff(places, append=sizes[rows, None]) - 1
        found[rows] = (
            (places[:, 0] >= _LEAST_PCID_DIGITS)
            & (ids[rows[:, None], places] == _PCID_MARKS[:marks]).all(axis=1)
            & (digits > 0).all(axis=1)
        )
    return found


def end_like_mangled(ids: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Which of the ids end in an E and a minus before two or three more characters."""
    rows = np.arange(len(ids))
    found = np.zeros(len(ids), bool)
    for more in (2, 3):
        is_long_enough = sizes > more + 1
        minus = ids[rows, np.maximum(sizes - more - 1, 0)] == ord("-")
        e = ids[rows, np.maximum(sizes - more - 2, 0)] | 0x20 == ord("e")
        found |= is_long_enough & minus & e
    return found


def _is_digit(bytes_: np.ndarray) -> np.ndarray:
    return (bytes_ >= ord("0")) & (bytes_ <= ord("9"))


def is_utf8(content: bytes) -> bool:
    """Whether the bytes are text in UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
