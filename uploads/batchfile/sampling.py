"""Rows of a written batch file, in clear, to be looked up where the file was sent (T13)."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import BinaryIO

from .encoding import BATCH_PREFIX, decode_text, encode_text


@dataclass(frozen=True)
class SampledRow:
    """One row as Target should have taken it: blank values, which change nothing there (F7), left out."""

    identifier: str = field(repr=False)
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Sample:
    """Rows of one batch file; `key` is what their identifiers are: pcId or thirdPartyId (F2)."""

    key: str
    rows: list[SampledRow]


def sample_rows(file: BinaryIO, rows: int, count: int, seed: str) -> Sample:
    """`count` rows, one out of each equal stretch of a batch file of `rows` rows; all where it has fewer.

    The same seed picks the same rows.
    """
    count = min(count, rows)
    chance = _chance(seed)
    return rows_at(
        file,
        {
            chance.randrange(rows * stretch // count, rows * (stretch + 1) // count)
            for stretch in range(count)
        },
    )


def draw(rows: int, count: int, seed: str) -> list[int]:
    """`count` different positions from 0 to `rows` - 1, in the order of the draw; all where there are fewer.

    Every choice of positions is as likely as any other: `confidence.most_missing` rests on it. The same seed
    draws the same.
    """
    return _chance(seed).sample(range(rows), min(count, rows))


def rows_at(file: BinaryIO, positions: Collection[int]) -> Sample:
    """The rows at these positions of a batch file, counted from 0, in the order of the file."""
    lines = iter(file)
    key, *names = _cells(next(lines).removeprefix(BATCH_PREFIX))
    wanted = frozenset(positions)
    return Sample(key, [_row(line, names) for position, line in enumerate(lines) if position in wanted])


def row_of(file: BinaryIO, identifier: str) -> tuple[str, SampledRow] | None:
    """The row of an identifier, which a batch file has once (F12), after what its key is; else None."""
    lines = iter(file)
    key, *names = _cells(next(lines).removeprefix(BATCH_PREFIX))
    encoded = encode_text(identifier).encode("ascii")
    begins, whole = encoded + b",", encoded + b"\n"
    for line in lines:
        if line.startswith(begins) or line == whole:
            return key, _row(line, names)
    return None


def _chance(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 # nosec B311 # nothing secret hangs on it


def _row(line: bytes, names: list[str]) -> SampledRow:
    identifier, *values = _cells(line)
    # A row may stop early (F7).
    return SampledRow(identifier, {name: value for name, value in zip(names, values, strict=False) if value})


def _cells(line: bytes) -> list[str]:
    return [decode_text(cell) for cell in line.rstrip(b"\n").decode("ascii").split(",")]
