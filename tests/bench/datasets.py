"""The files that the bench measures: made-up people, the same every time, written without being held.

Each set is a function from a seeded generator to blocks of text; `write` turns them into bytes of about the
wanted size. All of them are near the middle of what a customer system exports; what differs is the dialect,
the alphabet and how many rows are wrong.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

_SEED = 20_260_301
_ROWS_A_BLOCK = 2_000
_COLUMNS = ("tier", "city", "renewal", "favourite", "note")
_TIERS = ("gold", "silver", "bronze", "")
_CITIES = ("Oslo", "Lima", "Leeds", "Quito", "Bergen", "Porto Alegre", "San Sebastian", "Ghent")
_CITIES_BEYOND_ASCII = ("Köln", "México D.F.", "São Paulo", "Zürich", "Łódź", "Ἀθῆναι", "東京都", "Київ")
_FAVOURITES = ("Beer & Ale", "Tea", "100 % Juice", "Mate", "Wine", "Sparkling Water")
_WORDS = (
    "made-up",
    "visitor",
    "segment",
    "spring",
    "loyal",
    "returning",
    "newsletter",
    "store",
    "app",
    "web",
)
_WORDS_BEYOND_ASCII = ("größer", "mañana", "été", "żółty", "наш", "先週", "čeština", "öffnen", "niño", "où")

Rows = Iterator[list[str]]


@dataclass(frozen=True)
class DataSet:
    """One file to measure.

    about: what is special about it, for the table.
    rows: the cells of its rows without the header, endless.
    header: the names; the first is the key.
    line: makes a line, its end included, of the cells.
    limit: the most that a check may cost, in multiples of a bare pass.
    """

    name: str
    about: str
    limit: float
    rows: Callable[[random.Random], Rows]
    header: tuple[str, ...] = ("thirdPartyId", *_COLUMNS)
    line: Callable[[list[str]], str] = lambda cells: ",".join(map(_quoted_if_need_be, cells)) + "\n"
    encoding: str = "utf-8"
    start: str = ""

    def write(self, path: Path, size: int) -> None:
        """Write at least `size` bytes of it, whole rows only."""
        rows = self.rows(random.Random(_SEED))
        # One encoder for the whole file would be the same: no encoding here has a state but its BOM.
        encoding = self.encoding.replace("utf-16", "utf-16-le")
        with path.open("wb") as file:
            if self.encoding == "utf-16":
                file.write(b"\xff\xfe")
            file.write((self.start + self.line(list(self.header))).encode(encoding))
            while file.tell() < size:
                block = "".join(self.line(next(rows)) for _ in range(_ROWS_A_BLOCK))
                file.write(block.encode(encoding))


def _people(source: random.Random, cities=_CITIES, words=_WORDS, spoil=lambda number, cells: cells) -> Rows:
    """Endless rows of about 92 bytes; `spoil` may change each."""
    pick = source.choice
    # Drawn beforehand: the generator's own cost would otherwise be most of a run.
    notes = [" ".join(pick(words) for _ in range(5)) for _ in range(5_000)]
    number = 0
    while True:
        number += 1
        cells = [
            f"crm-{number * 7919 % 99_999_989:08d}",
            _TIERS[number % len(_TIERS)],
            cities[number * 5 % len(cities)],
            f"20{number % 90 + 10}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
            _FAVOURITES[number % len(_FAVOURITES)],
            f"{notes[number % len(notes)]} {number % 997}",
        ]
        yield spoil(number, cells)


def _few_bad(number: int, cells: list[str]) -> list[str]:
    """About one row of a hundred is wrong, three of a hundred have a comma in a value."""
    if number % 33 == 0:
        cells[4] = "Mate, cold"
    return _bad(number // 100, cells) if number % 100 == 0 else cells


def _mostly_bad(number: int, cells: list[str]) -> list[str]:
    return cells if number % 10 == 0 else _bad(number, cells)


def _bad(number: int, cells: list[str]) -> list[str]:
    match number % 6:
        case 0:
            cells[0] = ""
        case 1:
            cells[0] = cells[0].replace("-", "/")
        case 2:
            cells[5] += "\x07"
        case 3:
            cells.append("surplus")
        case 4:
            cells[1:] = [""] * 5
        case 5:
            cells[0] = cells[0].replace("-", "+")
    return cells


def _with_newlines(number: int, cells: list[str]) -> list[str]:
    if number % 3 == 0:
        cells[5] = cells[5].replace(" ", "\r\n", 1)
    return _few_bad(number, cells)


def _stray(number: int, cells: list[str]) -> list[str]:
    """From the second row on, a few quotes that no writer of CSV would leave as they are."""
    if number % 50 == 2:
        cells[5] = f'"{cells[5]}" as they say'
    return _few_bad(number, cells)


def _wide(source: random.Random) -> Rows:
    for row in _people(source, spoil=_few_bad):
        yield [row[0], *(row[1 + index % 4] for index in range(199))]


def _quoted_if_need_be(cell: str) -> str:
    if "," in cell or "\n" in cell:
        return f'"{cell}"'
    return cell


def _quoted_carelessly(cell: str) -> str:
    return cell if '"' in cell else _quoted_if_need_be(cell)


def _line(cells: list[str], quoted: Callable[[str], str], end: str) -> str:
    return ",".join(map(quoted, cells)) + end


def _always_quoted(cell: str) -> str:
    return f'"{cell}"'


def _batch_line(cells: list[str]) -> str:
    return ",".join(quote(cell, safe="") for cell in cells) + "\n"


_CLEAN_LIMIT = 2.0
_LIMIT = 3.0
_FALLBACK_LIMIT = 5.0
_BAD_LIMIT = 6.0

DATA_SETS = (
    DataSet("main", "1 % bad rows, some quoted", _LIMIT, partial(_people, spoil=_few_bad)),
    DataSet("clean", "nothing wrong", _CLEAN_LIMIT, _people),
    DataSet(
        "wide",
        "200 columns, 1 % bad",
        _LIMIT,
        _wide,
        header=("thirdPartyId", *(f"attribute_{number}" for number in range(199))),
    ),
    DataSet("bad", "90 % bad rows", _BAD_LIMIT, partial(_people, spoil=_mostly_bad)),
    DataSet(
        "non-ascii",
        "most words beyond ASCII, 1 % bad",
        _LIMIT,
        partial(_people, cities=_CITIES_BEYOND_ASCII, words=_WORDS_BEYOND_ASCII, spoil=_few_bad),
    ),
    DataSet(
        "newlines",
        "quoted line breaks, CRLF, BOM, 1 % bad",
        _LIMIT,
        partial(_people, spoil=_with_newlines),
        line=lambda cells: _line(cells, _quoted_if_need_be, "\r\n"),
        start="\ufeff",
    ),
    DataSet(
        "all-quoted",
        "every field quoted, 1 % bad",
        _LIMIT,
        partial(_people, spoil=_few_bad),
        line=lambda cells: _line(cells, _always_quoted, "\n"),
    ),
    DataSet(
        "batch",
        "batch format, 1 % bad",
        _LIMIT,
        partial(_people, spoil=_few_bad),
        line=_batch_line,
        start="batch=",
    ),
    DataSet(
        "utf-16", "UTF-16 with BOM, 1 % bad", _LIMIT, partial(_people, spoil=_few_bad), encoding="utf-16"
    ),
    DataSet(
        "stray",
        "stray quotes from the second row on",
        _FALLBACK_LIMIT,
        partial(_people, spoil=_stray),
        line=lambda cells: _line(cells, _quoted_carelessly, "\n"),
    ),
)
