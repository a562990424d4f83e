"""What many numbers come to, and the lines in which they are told."""

import math
import sys
import time
from collections.abc import Iterable, Sequence
from statistics import median

_begun = time.monotonic()


def percentile(numbers: Iterable[float], share: float) -> float:
    """The smallest of the numbers that at least this share of them does not exceed; 0 of none."""
    ordered = sorted(numbers)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1] if ordered else 0.0


def page_lines(seconds: dict[str, list[float]], unit: str, most: float) -> tuple[list[str], list[str]]:
    """A line for each page with its multiple of the unit, and what is above `most`.

    seconds: how long each page took, by its name, that of the unit included.
    """
    if not seconds[unit]:
        return [], [f"{unit} was never shown"]
    lines = [f"{'page':<28}{'median ms':>10}{'x ' + unit:>12}{'p95 ms':>9}{'x p95 of it':>13}{'times':>7}"]
    short = []
    unit_median, unit_high = median(seconds[unit]), percentile(seconds[unit], 0.95)
    for name, own in seconds.items():
        if not own:
            short.append(f"{name} was never shown")
            continue
        middle, high = median(own), percentile(own, 0.95)
        ratio = middle / unit_median
        lines.append(
            f"{name:<28}{middle * 1e3:>10.0f}{ratio:>12.1f}{high * 1e3:>9.0f}{high / unit_high:>13.1f}"
            f"{len(own):>7}"
        )
        if ratio > most:
            short.append(f"{name} takes {ratio:.1f} x {unit}, the aim is {most:.0f}")
    return lines, short


def expected_gain(number: int, cores: float, busy: float) -> float:
    """How many times as much `number` workers can do as one at best.

    busy: the cores that the whole site kept busy with one.
    """
    return max(min(number, cores / busy), 1.0) if busy else float(number)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines in columns, the first to the left and the others to the right."""
    texts = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in texts) + 2 for column in range(len(heads))]
    return [
        "".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in texts
    ]


def say(line: str = "") -> None:
    """A line of the result, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def progress(line: str) -> None:
    """A line about what is going on, with the seconds since the start."""
    say(f"[{time.monotonic() - _begun:5.0f} s] {line}")
