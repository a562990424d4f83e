"""The figures and notices of many rows at once; what they mean stands in `figures`."""

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from .bulk_encoding import EncodedRows
from .cells import COMMA, LINE_BREAK, Look
from .compiling import compiled
from .figures import (
    EXAMPLES,
    LONGEST_ID_OF_EXAMPLE,
    NULL_WORDS,
    CountedRow,
    FigureCounter,
)
from .seen import SeenValues
from .tables import Table

# A row that is not all text, with its number in the table.
NumberedRow = tuple[int, CountedRow]

_WORDS = [word.encode() for word in NULL_WORDS]
_WORD_BYTES = np.frombuffer(b"".join(_WORDS), np.uint8).copy()
_WORD_BOUNDS = np.cumsum([0, *map(len, _WORDS)])
# Which bytes a word in upper or lower case begins with.
_MAY_BEGIN = np.isin(np.arange(256), list("".join(word[0] + word[0].upper() for word in NULL_WORDS).encode()))
# More than any word has.
_SPELLINGS = 1 << 16
_LOWER = 0x20


class BulkFigures:
    """Counts the rows of tables for one `FigureCounter`.

    sent: the numbers of the columns that are sent, in the order of the encoded rows.
    """

    def __init__(self, figures: FigureCounter, sent: Sequence[int]):
        self._figures = figures
        self._sent = sent
        self._seen = SeenValues(len(figures.columns), figures.distinct_limit)

    def add(
        self,
        table: Table,
        look: Look,
        rows: np.ndarray,
        encoded: EncodedRows,
        is_good: np.ndarray,
        others: Sequence[NumberedRow],
    ) -> None:
        """Count rows of a table whose cells are in clear.

        rows: their numbers; encoded: the same rows; is_good: which of them have no error; others: the rows
        with content that are not all text.
        """
        self._figures.count_waiting()
        self._show_values(table, rows, others)
        if others:
            self._figures.count_rows([row for _number, row in others])
        self._figures.rows += len(rows)
        for index, size in zip(self._sent, encoded.column_bytes.tolist(), strict=True):
            self._figures.columns[index].encoded_bytes += size
        commas, line_breaks = self._add_sums(table, look, rows)
        cells, columns = self._null_words(table, rows)
        counts = np.bincount(columns, minlength=len(self._figures.columns))
        good = rows[is_good]
        self._note("null-words", counts, cells, table, good, others)
        self._note("comma-in-value", commas, look.cells_with(COMMA), table, good, others)
        self._note("line-break-in-value", line_breaks, look.cells_with(LINE_BREAK), table, good, others)

    def _show_values(self, table: Table, rows: np.ndarray, others: Sequence[NumberedRow]) -> None:
        """Let the columns see what is new to them, in the order of the rows."""
        columns = self._figures.columns
        curious = [index for index, column in enumerate(columns) if not column.knows_enough]
        shown: dict[int, list[tuple[int, str]]] = {index: [] for index in curious}
        cells, indexes = self._seen.new_ones(table, rows, np.array(curious, np.intp))
        numbers = table.rows_of(cells).tolist()
        for number, index, text in zip(numbers, indexes.tolist(), table.texts(cells), strict=True):
            shown[index].append((number, text))
        for number, row in others:
            for index, value in zip(range(len(columns)), row.cells, strict=False):
                if value and index in shown:
                    shown[index].append((number, value))
        for index, values in shown.items():
            values.sort(key=_number)
            columns[index].see(dict.fromkeys(value for _row, value in values))

    def _add_sums(self, table: Table, look: Look, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add what is counted in each column; in how many cells of each there is a comma, or a line break."""
        columns = self._figures.columns
        filled, sizes, longest, commas, line_breaks = counts = np.zeros((5, len(columns)), np.intp)
        _count(table.cells, rows, look.marks, look.characters, COMMA, LINE_BREAK, *counts)
        sums = zip(filled.tolist(), sizes.tolist(), longest.tolist(), strict=True)
        for column, (filled_here, bytes_here, longest_here) in zip(columns, sums, strict=True):
            column.filled += filled_here
            column.bytes += bytes_here
            column.longest = max(column.longest, longest_here)
        return commas, line_breaks

    def _null_words(self, table: Table, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The cells with nothing but a word for no value, and their columns, which learn its spellings."""
        width = len(self._figures.columns)
        most = min(len(table.starts), len(rows) * width)
        cells, columns, spellings = np.empty((3, most), np.intp)
        count = _find_words(
            table.cells, rows, width, _WORD_BYTES, _WORD_BOUNDS, _MAY_BEGIN, cells, columns, spellings
        )
        cells, columns = cells[:count], columns[:count]
        # Few different ones, however often they come.
        _different, firsts, kinds = np.unique(
            spellings[:count] * width + columns, return_index=True, return_inverse=True
        )
        are_words = np.zeros(len(firsts), bool)
        found = zip(columns[firsts].tolist(), table.texts(cells[firsts]), strict=True)
        for kind, (index, text) in enumerate(found):
            column = self._figures.columns[index]
            if column.is_null_word(text):
                column.words.add(text)
                are_words[kind] = True
        is_word = are_words[kinds]
        return cells[is_word], columns[is_word]

    def _note(
        self,
        code: str,
        counts: np.ndarray,
        cells: np.ndarray,
        table: Table,
        good: np.ndarray,
        others: Sequence[NumberedRow],
    ) -> None:
        """Note the cells that a notice is about.

        counts: how many there are in each column; cells: their numbers, and maybe some in other rows; good:
        the rows of the table that may go.
        """
        columns = self._figures.columns
        for index in np.flatnonzero(counts).tolist():
            columns[index].note(code, int(counts[index]))
        wanting = [index for index in self._sent if columns[index].wants_examples(code)]
        if not others and not any(counts[index] for index in wanting):
            return
        rows = table.rows_of(cells)
        is_good = np.isin(rows, good)
        rows, places = rows[is_good], (cells - table.first_cells[rows])[is_good]
        for index in wanting:
            examples = [*self._examples(table, rows[places == index], index)]
            examples += [
                (number, row.line, row.cells[self._sent[0]], row.cells[index])
                for number, row in others
                if columns[index].may_be_example(row, index, self._sent[0], code)
            ]
            for _number, line, id_, value in sorted(examples):
                columns[index].add_example(code, line, id_, value)

    def _examples(self, table: Table, rows: np.ndarray, index: int) -> Iterator[tuple[int, int, str, str]]:
        """The first few of the rows with ids that are short enough: number, line, id and value."""
        numbers_and_ids = (
            (row, *table.texts(table.first_cells[[row]] + self._sent[0])) for row in rows.tolist()
        )
        fitting = ((row, id_) for row, id_ in numbers_and_ids if len(id_) <= LONGEST_ID_OF_EXAMPLE)
        for row, id_ in islice(fitting, EXAMPLES):
            (value,) = table.texts(table.first_cells[[row]] + index)
            yield row, int(table.lines[row]), id_, value


def _number(value: tuple[int, str]) -> int:
    return value[0]


@compiled
def _count(cells, rows, marks, characters, comma, line_break, filled, sizes, longest, commas, line_breaks):
    """Count into the last arrays, which have an entry for each column."""
    for row in rows:
        first, count = cells.first_cells[row], cells.first_cells[row + 1] - cells.first_cells[row]
        for column in range(min(count, len(filled))):
            cell = first + column
            size = cells.ends[cell] - cells.starts[cell]
            filled[column] += size > 0
            sizes[column] += size
            longest[column] = max(longest[column], characters[cell])
            commas[column] += (marks[cell] & comma) > 0
            line_breaks[column] += (marks[cell] & line_break) > 0


@compiled
def _find_words(cells, rows, width, words, word_bounds, may_begin, found_cells, found_columns, spellings):
    """Fill the last arrays; how many cells hold nothing but one of the words in upper or lower case."""
    found = 0
    for row in rows:
        first, count = cells.first_cells[row], cells.first_cells[row + 1] - cells.first_cells[row]
        for column in range(min(count, width)):
            begin, end = cells.starts[first + column], cells.ends[first + column]
            if begin == end or not may_begin[cells.data[begin]]:
                continue
            for word in range(len(word_bounds) - 1):
                spelling = _spelling(cells.data, begin, end, words, word_bounds[word], word_bounds[word + 1])
                if spelling >= 0:
                    found_cells[found], found_columns[found] = first + column, column
                    spellings[found] = word * _SPELLINGS + spelling
                    found += 1
    return found


@compiled
def _spelling(data, begin, end, words, word_begin, word_end):
    """Which letters of a word are in upper case, as bits; -1 if the bytes are another word."""
    if end - begin != word_end - word_begin:
        return -1
    spelling = 0
    for offset in range(end - begin):
        byte, letter = data[begin + offset], words[word_begin + offset]
        if byte == letter:
            continue
        if not ord("a") <= letter <= ord("z") or byte != letter ^ _LOWER:
            return -1
        spelling |= 1 << offset
    return spelling
