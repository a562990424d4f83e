"""Files of made-up visitors, the same every time, written and foretold without holding them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

KEY = "thirdPartyId"
ATTRIBUTES = (
    *("tier", "city", "renewal", "points", "favourite", "store"),
    *("segment", "note", "history", "preferences"),
)
#: Bytes of a row, id and all, within a few.
ROW_BYTES = 430
_TIERS = ("gold", "silver", "bronze", "")
_CITIES = ("Oslo", "Köln", "México D.F.", "Lima", "São Paulo", "Zürich")
_FAVOURITES = ("Beer & Ale", "Tea", "100 % Juice", "Mate, cold", "Wine")
_HISTORY = tuple(f"bought-{first}-then-{first * 7 % 97}-" + "and-more-of-it-" * 9 for first in range(97))
_WISHES = tuple(f"wants-{first}-" + "mail.phone.letter_" * 9 for first in range(89))


@dataclass(frozen=True)
class MadeFile:
    """A file with ids that no other has. bad_every: which rows have an id that Target does not take (F3).

    key: what its first column is called; another name than KEY has a person say that it holds the ids.
    """

    stem: str
    rows: int
    bad_every: int = 0
    key: str = KEY

    @property
    def name(self) -> str:
        """The file's name."""
        return f"{self.stem}.csv"

    @property
    def bad(self) -> int:
        """Rows that are not accepted."""
        return self.rows // self.bad_every if self.bad_every else 0

    @property
    def accepted(self) -> int:
        """Rows that can be sent."""
        return self.rows - self.bad

    def write(self, folder: Path) -> Path:
        """Write it; returns where."""
        path = folder / self.name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([self.key, *ATTRIBUTES])
            writer.writerows(self._lines())
        return path

    def has(self, number: int) -> bool:
        """Whether the row of that number, from 0 on, is there and can be sent."""
        return 0 <= number < self.rows and not self._is_bad(number)

    def _is_bad(self, number: int) -> bool:
        return bool(self.bad_every) and (number + 1) % self.bad_every == 0

    def _lines(self) -> Iterator[list[str]]:
        for number in range(self.rows):
            slash = "/" if self._is_bad(number) else ""
            yield [f"{self.stem}.{number}{slash}", *values(number)]


def of_size(stem: str, megabytes: float, **more) -> MadeFile:
    """A file of about so many megabytes."""
    return MadeFile(stem, max(int(megabytes * 1_000_000 / ROW_BYTES), 1), **more)


def values(number: int) -> tuple[str, ...]:
    """The cells of a row behind its id."""
    return (
        _TIERS[number % 4],
        _CITIES[number % 6],
        f"20{number % 90 + 10}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        str(number * 37 % 100_003),
        _FAVOURITES[number % 5],
        f"store-{number % 311}",
        f"segment-{number % 997}",
        f"made-up-visitor-number-{number}",
        _HISTORY[number % 97],
        _WISHES[number % 89],
    )


def profile(number: int) -> dict[str, str]:
    """What Target must hold of a row; blanks change nothing (F7)."""
    return {name: value for name, value in zip(ATTRIBUTES, values(number), strict=True) if value}


def place_of(visitor: str) -> tuple[str, int]:
    """The stem of the file that an id is from, and the number of its row."""
    stem, _, number = visitor.rpartition(".")
    return stem, int(number)
