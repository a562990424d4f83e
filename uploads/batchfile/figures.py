"""What a column holds, in figures, and what is worth knowing about it.

Counted over every row that could be read, whether it may go or not, as it stands after the reading's
treatment. Rows wait in small blocks and are then counted column by column, which is several times
faster than cell by cell.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from typing import NamedTuple

from .header import Header
from .problems import Notice, excerpt

DISTINCT_LIMIT = 1_000
SAMPLES = 3
EXAMPLES = 3
LONGEST_ID_OF_EXAMPLE = 256
# Words that customer systems and spreadsheets write where there is no value, in either case.
NULL_WORDS = frozenset({"null", "n/a", "#n/a", "none", "undefined"})
_LONGEST_NULL_WORD = max(map(len, NULL_WORDS))

# Different values are counted up to so many in all columns together, but at least a few in each.
_DISTINCT_LIMIT_OF_ALL = 200_000
_LEAST_DISTINCT_LIMIT = 20
_ROWS_A_BLOCK = 1_000
_CHARACTERS_A_BLOCK = 250_000
_LINE_BREAK = re.compile("[\r\n]")


@dataclass(frozen=True)
class ColumnFigures:
    """The figures of one column of the file.

    name: in the file's header; sent_as: in the batch file, None where the column is not sent.
    filled, empty: rows with and without a value in it; what is empty leaves Target unchanged (F7), unless
        there is a clear value.
    longest: characters of the longest value.
    bytes: all values in UTF-8; encoded_bytes: the same percent-encoded (F5) together with the clear values
        that are sent, 0 if the column is not.
    distinct: how many different values there are, counted up to a limit; distinct_is_capped: whether
        there are more than that.
    samples: the first different values, as excerpts.
    clear: the column's clear value, if it has one; cleared: in how many accepted rows it is sent because
        there is no value.
    """

    name: str
    sent_as: str | None
    filled: int
    empty: int
    longest: int
    bytes: int
    encoded_bytes: int
    distinct: int
    distinct_is_capped: bool
    samples: list[str]
    clear: str | None = None
    cleared: int = 0


class CountedRow(NamedTuple):
    """One row as `FigureCounter.add` takes it."""

    line: int
    cells: Sequence[str]
    encoded: str
    is_good: bool


class FigureCounter:
    """Counts the figures and notices of one file.

    header: of the file; sent: the indexes of the columns that are sent, in the order of the encoded rows.
    columns: the counts of each column; rows: how many rows are counted in them.
    distinct_limit: how many different values of a column are counted.
    """

    def __init__(self, header: Header, sent: Sequence[int]):
        self._header = header
        self._sent = sent
        width = len(header.names)
        fair_share = max(_LEAST_DISTINCT_LIMIT, _DISTINCT_LIMIT_OF_ALL // width)
        self.distinct_limit = min(DISTINCT_LIMIT, fair_share)
        clear_values = header.clear_values
        self.columns = [Column(self.distinct_limit, clear_values.get(index)) for index in range(width)]
        self.rows = 0
        self._block: list[CountedRow] = []
        self._characters = 0

    def add(self, line: int, cells: Sequence[str], encoded: str, is_good: bool) -> None:
        """Count one row: its cells in the file's order, as encoded, and whether it has no error."""
        width = len(self.columns)
        declared = cells if len(cells) <= width else cells[:width]
        self._block.append(CountedRow(line, declared, encoded, is_good))
        self._characters += len(encoded)
        if len(self._block) >= _ROWS_A_BLOCK or self._characters >= _CHARACTERS_A_BLOCK:
            self.count_waiting()

    def figures(self, cleared: Mapping[int, int]) -> list[ColumnFigures]:
        """The figures of every column in the file's order.

        cleared: how often its clear value is sent, by the number of the column.
        """
        self.count_waiting()
        names = zip(self._header.names, self._header.sent, strict=True)
        return [
            replace(
                column.figures(excerpt(name), sent_as, self.rows),
                clear=self._header.clear_values.get(index),
                cleared=cleared.get(index, 0),
            )
            for index, (column, (name, sent_as)) in enumerate(zip(self.columns, names, strict=True))
        ]

    def notices(self, left_out: Callable[[int], bool]) -> list[Notice]:
        """The notices of every column that is sent, in the file's order.

        left_out: tells of the line of a good row whether that row is not sent after all.
        """
        self.count_waiting()
        return [
            notice
            for index in sorted(self._sent)
            for notice in self.columns[index].notices(excerpt(self._header.names[index]), left_out)
        ]

    def example_lines(self) -> set[int]:
        """The lines of all rows that may serve as an example."""
        self.count_waiting()
        return {line for column in self.columns for line in column.example_lines()}

    def count_waiting(self) -> None:
        """Count the rows that still wait."""
        rows, self._block, self._characters = self._block, [], 0
        self.count_rows(rows)
        for index in self._sent:
            self.columns[index].find_examples(rows, index, self._sent[0])

    def count_rows(self, rows: Sequence[CountedRow]) -> None:
        """Count a block of rows; their examples are the caller's."""
        self.rows += len(rows)
        by_column = zip_longest(*(row.cells for row in rows), fillvalue="")
        for column, values in zip(self.columns, by_column, strict=False):
            column.count(values)
        encoded = zip_longest(*(row.encoded.split(",") for row in rows), fillvalue="")
        for index, values in zip(self._sent, encoded, strict=False):
            self.columns[index].encoded_bytes += sum(map(len, values))


class Column:
    """The counts of one column; plain sums and `words`, those for no value, may be added to.

    clear: the column's clear value, if it has one: a word that a person chose is no oversight.
    """

    def __init__(self, distinct_limit: int, clear: str | None = None):
        self.filled = self.longest = self.bytes = self.encoded_bytes = 0
        self.words: set[str] = set()
        self._distinct_limit = distinct_limit
        self._clear = clear
        # Both by hash: values may be long. None once there are more than the limit.
        self._distinct: set[int] | None = set()
        self._samples: dict[int, str] = {}
        self._noted: dict[str, int] = {}
        self._examples: dict[str, list[dict]] = {}
        self._found: list[str] = []

    def count(self, values: Sequence[str]) -> None:
        """Count the values of one block of rows."""
        self._found = []
        different = dict.fromkeys(values)
        different.pop("", None)
        if not different:
            return
        self.filled += len(values) - values.count("")
        self.longest = max(self.longest, *map(len, different))
        joined = "".join(values)
        self.bytes += len(joined.encode("utf-8", "surrogateescape"))
        self.see(different)
        # The length first: most values are longer, and looking into each costs more than all the rest.
        short = [value for value in different if len(value) <= _LONGEST_NULL_WORD]
        if words := list(filter(self.is_null_word, short)):
            self.words.update(words)
            self._note_in("null-words", values)
        if "," in joined:
            self._note_in("comma-in-value", values)
        if _LINE_BREAK.search(joined):
            self._note_in("line-break-in-value", values)

    def find_examples(self, rows: Iterable[CountedRow], index: int, key_index: int) -> None:
        """Remember a few good rows of the block that was counted last, for its notices."""
        for code in self._found:
            wanted = (row for row in rows if self.may_be_example(row, index, key_index, code))
            for row in islice(wanted, EXAMPLES):
                self.add_example(code, row.line, row.cells[key_index], row.cells[index])

    def is_null_word(self, value: str) -> bool:
        """Whether nothing but a word that stands for no value is in the cell, other than the clear value."""
        return value.lower() in NULL_WORDS and value != self._clear

    def may_be_example(self, row: CountedRow, index: int, key_index: int, code: str) -> bool:
        """Whether the row may go and its cell of this index, the column's, is what the notice is about."""
        return (
            row.is_good
            and index < len(row.cells)
            and len(row.cells[key_index]) <= LONGEST_ID_OF_EXAMPLE
            and bool(self._is_meant(code)(row.cells[index]))
        )

    def example_lines(self) -> Iterator[int]:
        """The lines of the rows remembered."""
        return (example["line"] for known in self._examples.values() for example in known)

    def figures(self, name: str, sent_as: str | None, rows: int) -> ColumnFigures:
        """The figures after so many rows."""
        distinct = self._distinct_limit if self._distinct is None else len(self._distinct)
        return ColumnFigures(
            name=name,
            sent_as=sent_as,
            filled=self.filled,
            empty=rows - self.filled,
            longest=self.longest,
            bytes=self.bytes,
            encoded_bytes=self.encoded_bytes,
            distinct=distinct,
            distinct_is_capped=self._distinct is None,
            samples=list(self._samples.values()),
        )

    def notices(self, name: str, left_out: Callable[[int], bool]) -> Iterator[Notice]:
        """The notices about the column of this name."""
        for code, count in sorted(self._noted.items()):
            examples = (each for each in self._examples[code] if not left_out(each["line"]))
            params = {"words": sorted(self.words)} if code == "null-words" else {}
            yield Notice(code, name, count, next(examples, None), params)

    @property
    def knows_enough(self) -> bool:
        """Whether it makes no difference any more which values there are."""
        return self._distinct is None

    def see(self, different: Iterable[str]) -> None:
        """Take notice of different values in the order of the rows, none of them empty."""
        for value in islice(different, SAMPLES if len(self._samples) < SAMPLES else 0):
            if len(self._samples) < SAMPLES:
                self._samples.setdefault(hash(value), excerpt(value))
        if self._distinct is not None:
            self._distinct.update(map(hash, different))
            if len(self._distinct) > self._distinct_limit:
                self._distinct = None

    def note(self, code: str, count: int) -> None:
        """Count cells that a notice is about."""
        self._noted[code] = self._noted.get(code, 0) + count
        self._examples.setdefault(code, [])

    def wants_examples(self, code: str) -> bool:
        """Whether more examples of cells that the notice is about are of use."""
        return len(self._examples.get(code, ())) < EXAMPLES

    def add_example(self, code: str, line: int, id_: str, value: str) -> None:
        """Remember the cell of a good row as an example, if that is of use."""
        if self.wants_examples(code):
            known = self._examples.setdefault(code, [])
            known.append({"line": line, "id": id_, "value": excerpt(value)})

    def _note_in(self, code: str, values: Iterable[str]) -> None:
        self.note(code, sum(map(bool, map(self._is_meant(code), values))))
        self._found.append(code)

    def _is_meant(self, code: str) -> Callable[[str], object]:
        """What tells whether a notice is about a value."""
        return self.is_null_word if code == "null-words" else _IS_MEANT[code]


def _has_comma(value: str) -> bool:
    return "," in value


_IS_MEANT: dict[str, Callable[[str], object]] = {
    "comma-in-value": _has_comma,
    "line-break-in-value": _LINE_BREAK.search,
}
