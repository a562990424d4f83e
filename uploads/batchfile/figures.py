"""What a column holds, in figures, and what is worth knowing about it.

Counted over every row that could be read, whether it may go or not, as it stands after the reading's
treatment. Rows wait in small blocks and are then counted column by column, which is several times
faster than cell by cell.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import NamedTuple

from .header import Header
from .problems import Notice, excerpt

DISTINCT_LIMIT = 1_000
SAMPLES = 3
# Words that customer systems and spreadsheets write where there is no value, without regard to case.
NULL_WORDS = frozenset({"null", "n/a", "#n/a", "none", "undefined"})
_LONGEST_NULL_WORD = max(map(len, NULL_WORDS))

# Different values are counted up to so many in all columns together, but at least a few in each.
_DISTINCT_LIMIT_OF_ALL = 200_000
_LEAST_DISTINCT_LIMIT = 20
_ROWS_A_BLOCK = 1_000
_CHARACTERS_A_BLOCK = 250_000
_EXAMPLES = 3
_LONGEST_ID_OF_EXAMPLE = 256
_LINE_BREAK = re.compile("[\r\n]")


@dataclass(frozen=True)
class ColumnFigures:
    """The figures of one column of the file.

    name: in the file's header; sent_as: in the batch file, None where the column is not sent.
    filled, empty: rows with and without a value in it; what is empty leaves Target unchanged (F7).
    longest: characters of the longest value.
    bytes: all values in UTF-8; encoded_bytes: the same percent-encoded (F5), 0 if they are not sent.
    distinct: how many different values there are, counted up to a limit; distinct_is_capped: whether
        there are more than that.
    samples: the first different values, as excerpts.
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


class _Row(NamedTuple):
    line: int
    cells: Sequence[str]
    encoded: str
    is_good: bool


class FigureCounter:
    """Counts the figures and notices of one file.

    header: of the file; sent: the indexes of the columns that are sent, in the order of the encoded rows.
    """

    def __init__(self, header: Header, sent: Sequence[int]):
        self._header = header
        self._sent = sent
        width = len(header.names)
        limit = min(DISTINCT_LIMIT, max(_LEAST_DISTINCT_LIMIT, _DISTINCT_LIMIT_OF_ALL // width))
        self._columns = [_Column(limit) for _name in header.names]
        self._rows = 0
        self._block: list[_Row] = []
        self._characters = 0

    def add(self, line: int, cells: Sequence[str], encoded: str, is_good: bool) -> None:
        """Count one row: its cells in the file's order, as encoded, and whether it has no error."""
        width = len(self._columns)
        self._block.append(_Row(line, cells if len(cells) <= width else cells[:width], encoded, is_good))
        self._characters += len(encoded)
        if len(self._block) >= _ROWS_A_BLOCK or self._characters >= _CHARACTERS_A_BLOCK:
            self._count_block()

    def figures(self) -> list[ColumnFigures]:
        """The figures of every column in the file's order."""
        self._count_block()
        return [
            column.figures(excerpt(name), sent_as, self._rows)
            for column, name, sent_as in zip(
                self._columns, self._header.names, self._header.sent, strict=True
            )
        ]

    def notices(self, left_out: Callable[[int], bool]) -> list[Notice]:
        """The notices of every column that is sent, in the file's order.

        left_out: tells of the line of a good row whether that row is not sent after all.
        """
        self._count_block()
        return [
            notice
            for index in sorted(self._sent)
            for notice in self._columns[index].notices(excerpt(self._header.names[index]), left_out)
        ]

    def example_lines(self) -> set[int]:
        """The lines of all rows that may serve as an example."""
        self._count_block()
        return {line for column in self._columns for line in column.example_lines()}

    def _count_block(self) -> None:
        rows, self._block, self._characters = self._block, [], 0
        self._rows += len(rows)
        by_column = zip_longest(*(row.cells for row in rows), fillvalue="")
        for column, values in zip(self._columns, by_column, strict=False):
            column.count(values)
        encoded = zip_longest(*(row.encoded.split(",") for row in rows), fillvalue="")
        for index, values in zip(self._sent, encoded, strict=False):
            self._columns[index].encoded_bytes += sum(map(len, values))
        for index in self._sent:
            self._columns[index].find_examples(rows, index, self._sent[0])


class _Column:
    """The counts of one column."""

    def __init__(self, distinct_limit: int):
        self.encoded_bytes = 0
        self._filled = self._longest = self._bytes = 0
        self._distinct_limit = distinct_limit
        # Both by hash: values may be long. None once there are more than the limit.
        self._distinct: set[int] | None = set()
        self._samples: dict[int, str] = {}
        self._noted: dict[str, int] = {}
        self._words: set[str] = set()
        self._examples: dict[str, list[dict]] = {}
        self._found: dict[str, Callable[[str], object]] = {}

    def count(self, values: Sequence[str]) -> None:
        """Count the values of one block of rows."""
        self._found = {}
        different = dict.fromkeys(values)
        different.pop("", None)
        if not different:
            return
        self._filled += len(values) - values.count("")
        self._longest = max(self._longest, *map(len, different))
        joined = "".join(values)
        self._bytes += len(joined.encode("utf-8", "surrogateescape"))
        self._count_distinct(different)
        # The length first: most values are longer, and looking into each costs more than all the rest.
        short = [value for value in different if len(value) <= _LONGEST_NULL_WORD]
        if words := list(filter(is_null_word, short)):
            self._words.update(words)
            self._note("null-words", values, is_null_word)
        if "," in joined:
            self._note("comma-in-value", values, _has_comma)
        if _LINE_BREAK.search(joined):
            self._note("line-break-in-value", values, _LINE_BREAK.search)

    def find_examples(self, rows: Iterable[_Row], index: int, key_index: int) -> None:
        """Remember a few good rows of the block that was counted last, for its notices."""
        for code, is_meant in self._found.items():
            known = self._examples.setdefault(code, [])
            wanted = (row for row in rows if _may_be_example(row, index, key_index, is_meant))
            for row in islice(wanted, _EXAMPLES - len(known)):
                known.append(
                    {"line": row.line, "id": row.cells[key_index], "value": excerpt(row.cells[index])}
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
            filled=self._filled,
            empty=rows - self._filled,
            longest=self._longest,
            bytes=self._bytes,
            encoded_bytes=self.encoded_bytes,
            distinct=distinct,
            distinct_is_capped=self._distinct is None,
            samples=list(self._samples.values()),
        )

    def notices(self, name: str, left_out: Callable[[int], bool]) -> Iterator[Notice]:
        """The notices about the column of this name."""
        for code, count in sorted(self._noted.items()):
            examples = (each for each in self._examples[code] if not left_out(each["line"]))
            params = {"words": sorted(self._words)} if code == "null-words" else {}
            yield Notice(code, name, count, next(examples, None), params)

    def _count_distinct(self, different: Iterable[str]) -> None:
        for value in islice(different, SAMPLES if len(self._samples) < SAMPLES else 0):
            if len(self._samples) < SAMPLES:
                self._samples.setdefault(hash(value), excerpt(value))
        if self._distinct is not None:
            self._distinct.update(map(hash, different))
            if len(self._distinct) > self._distinct_limit:
                self._distinct = None

    def _note(self, code: str, values: Iterable[str], is_meant: Callable[[str], object]) -> None:
        self._noted[code] = self._noted.get(code, 0) + sum(map(bool, map(is_meant, values)))
        self._found[code] = is_meant


def is_null_word(value: str) -> bool:
    """Whether nothing but a word that stands for no value is in the cell."""
    return value.casefold() in NULL_WORDS


def _has_comma(value: str) -> bool:
    return "," in value


def _may_be_example(row: _Row, index: int, key_index: int, is_meant: Callable[[str], object]) -> bool:
    return (
        row.is_good
        and index < len(row.cells)
        and len(row.cells[key_index]) <= _LONGEST_ID_OF_EXAMPLE
        and bool(is_meant(row.cells[index]))
    )
