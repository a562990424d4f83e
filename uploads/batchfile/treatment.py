"""What the reading has done to every cell: spaces trimmed, words taken as blank, blanks sent as something."""

from collections.abc import Mapping

from .reading import Reading

# Unicode's white space without the control characters among it, which are a problem of their own.
SPACES = (
    "\t\n\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


class Treatment:
    """Treats the cells of the rows of one file as its reading says."""

    def __init__(self, reading: Reading):
        self._trim = reading.trim
        self._blanks = frozenset(reading.blanks)

    def of(self, cells: list[str]) -> list[str]:
        """The cells after trimming and blanking; the same list where the reading asks for neither."""
        if self._trim:
            cells = [cell.strip(SPACES) for cell in cells]
        if self._blanks:
            cells = ["" if cell in self._blanks else cell for cell in cells]
        return cells


def with_clear_values(cells: list[str], clear_values: Mapping[int, str]) -> list[str]:
    """The cells of a row with content as they are sent: where one is blank or missing, its clear value (F7).

    clear_values: by the number of their column.
    """
    if not clear_values:
        return cells
    filled = [*cells, *[""] * (max(clear_values) + 1 - len(cells))]
    for index, text in clear_values.items():
        filled[index] = filled[index] or text
    return filled
