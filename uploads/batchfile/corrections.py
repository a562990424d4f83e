"""What the report for people adds to a file, and how it is undone when the report comes back corrected.

The report is meant for spreadsheets. They would take a cell that begins like a formula for one, so an
apostrophe stands before such a cell; one more where it begins with apostrophes before that already, so
that undoing is exact for any text.
"""

import re
from collections.abc import Sequence

from .reading import Reading
from .records import Record

HELPER_COLUMNS = ("_line", "_problem", "_column", "_explanation")
BATCH_COLUMN = "_batch"
SURPLUS_COLUMN = "_surplus"

_PROTECTION = "'"
# Spreadsheets pass over white space, control characters and byte order marks before a formula's sign,
# and some take the full-width forms of the signs as well.
_LIKE_FORMULA = re.compile("'*[\\s\x00-\x1f\ufeff]*[=+\\-@\t\r＝＋－＠]")  # noqa: RUF001


def protect(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return _PROTECTION + text if _LIKE_FORMULA.match(text) else text


def unprotect(text: str) -> str:
    """The text that `protect` was given."""
    bare = text.removeprefix(_PROTECTION)
    return bare if bare != text and _LIKE_FORMULA.match(bare) else text


def is_correction(names: Sequence[str]) -> bool:
    """Whether a header is that of a report: all of its helper columns are there."""
    return set(HELPER_COLUMNS) <= set(names)


class Correction:
    """Gives the rows of a report as they were in the file that it is about.

    names: the report's header as it stands. Helper columns may have been moved or taken away; of two
    columns with the same helper's name the last one is ours.
    """

    def __init__(self, names: Sequence[str]):
        self._width = len(names)
        last = {name: index for index, name in enumerate(names)}
        helpers = {last[name] for name in (*HELPER_COLUMNS, BATCH_COLUMN) if name in last}
        self._batch = last.get(BATCH_COLUMN)
        self._surplus = [index for index, name in enumerate(names) if name == SURPLUS_COLUMN]
        self._kept = [index for index in range(len(names)) if index not in helpers | set(self._surplus)]
        self._references: set[str] = set()

    @classmethod
    def of(cls, header: Record, reading: Reading) -> "Correction | None":
        """The correction whose header this record is; None if the file is no report.

        What the reading says counts; where it says nothing, the header does.
        """
        if header.fault or reading.format != "csv" or reading.corrects is False:
            return None
        return cls(header.cells) if reading.corrects or is_correction(header.cells) else None

    @property
    def reference(self) -> str | None:
        """The reference of the batch that is corrected, if the rows undone so far name exactly one."""
        return next(iter(self._references)) if len(self._references) == 1 else None

    @property
    def places(self) -> list[int]:
        """Where the cells of the original file's columns stand in a row of the report, counted from 0."""
        return self._kept + self._surplus

    def header(self, record: Record) -> Record:
        """The header as it was in the original file."""
        return record._replace(cells=[unprotect(record.cells[index]) for index in self._kept])

    def row(self, record: Record) -> Record:
        """The row as it was in the original file; values beyond its header stand behind it again."""
        cells = record.cells
        count = len(cells)
        if self._batch is not None and self._batch < count and len(self._references) < 2:
            self._references |= {unprotect(cells[self._batch])} - {""}
        original = [unprotect(cells[index]) for index in self._kept if index < count]
        surplus = [unprotect(cells[index]) for index in self._surplus if index < count]
        surplus += map(unprotect, cells[self._width :])
        if any(surplus):
            original += [""] * (len(self._kept) - len(original)) + surplus
        long_numbers = tuple(place for place, index in enumerate(self._kept) if index in record.long_numbers)
        return record._replace(cells=original, long_numbers=long_numbers)
