"""A big file of made-up people, the same every time, written and foretold without holding it."""

from collections.abc import Iterator
from pathlib import Path

HEADER = "thirdPartyId,tier,city,renewal,favourite,note"
CITIES = ("Oslo", "Köln", "México D.F.", "Lima", "São Paulo", "Zürich")
TIERS = ("gold", "silver", "bronze", "")
FAVOURITES = ("Beer & Ale", "Tea", "100 % Juice", "Mate, cold", "Wine")


def _row(number: int) -> list[str]:
    return [
        f"big-{number:07d}",
        TIERS[number % len(TIERS)],
        CITIES[number % len(CITIES)],
        f"20{number % 90 + 10}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        FAVOURITES[number % len(FAVOURITES)],
        f"made-up person number {number} of the big file, segment {number % 997}",
    ]


def write_big_file(path: Path, *, rows: int) -> None:
    """A CSV file of so many good rows, about 98 bytes each."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        handle.write(HEADER + "\n")
        for number in range(rows):
            handle.write(",".join(f'"{cell}"' if "," in cell else cell for cell in _row(number)) + "\n")


def expected_profiles(rows: int) -> Iterator[tuple[str, dict[str, str]]]:
    """What Target must hold afterwards, one profile a row; blanks change nothing (F7)."""
    names = HEADER.split(",")[1:]
    for number in range(rows):
        key, *values = _row(number)
        yield key, {name: value for name, value in zip(names, values, strict=True) if value}
