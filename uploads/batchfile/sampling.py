"""A few rows of a written batch file, in clear, to be looked up where the file was sent (T13)."""

import random
from dataclasses import dataclass, field
from typing import BinaryIO

from .encoding import BATCH_PREFIX, decode_text


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
    lines = iter(file)
    key, *names = _cells(next(lines).removeprefix(BATCH_PREFIX))
    count = min(count, rows)
    chance = random.Random(seed)  # noqa: S311 # nosec B311 # nothing secret hangs on it
    wanted = {
        chance.randrange(rows * stretch // count, rows * (stretch + 1) // count) for stretch in range(count)
    }
    picked = [_row(line, names) for ordinal, line in enumerate(lines) if ordinal in wanted]
    return Sample(key, picked)


def _row(line: bytes, names: list[str]) -> SampledRow:
    identifier, *values = _cells(line)
    # A row may stop early (F7).
    return SampledRow(identifier, {name: value for name, value in zip(names, values, strict=False) if value})


def _cells(line: bytes) -> list[str]:
    return [decode_text(cell) for cell in line.rstrip(b"\n").decode("ascii").split(",")]
