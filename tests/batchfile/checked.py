"""One check of bytes, with all that came of it."""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from uploads.batchfile import PartLimits, Problem, ProblemStore, Reading, Summary, check, detect


@dataclass(frozen=True)
class Checked:
    summary: Summary
    problems: list[Problem]
    parts: list[bytes]

    @property
    def found(self) -> list[tuple]:
        """(line, column, code) of every problem in order."""
        return [(problem.line, problem.column, problem.code) for problem in self.problems]

    @property
    def rows(self) -> list[list[str]]:
        """The rows of all parts in clear."""
        lines = [line for part in self.parts for line in part.decode("ascii").split("\n")[1:-1]]
        return [[unquote(cell) for cell in line.split(",")] for line in lines]


def as_detected(data: bytes) -> Reading:
    """The reading that check_file takes where nobody says anything."""
    return replace(detect(io.BytesIO(data)).reading, key=None, key_column=None)


def check_bytes(
    data: bytes,
    folder: Path,
    reading: Reading | None = None,
    limits: PartLimits | None = None,
    progress=None,
    unproven_values: str = "notice",
    takes_pcids: bool = True,
    fingerprint_key: bytes | None = None,
    row_by_row: bool = False,
    **choices,
) -> Checked:
    """Check the bytes as they look, with the `choices` of the reading that a person would make."""
    reading = reading or replace(as_detected(data), **choices)
    store = folder / "problems.sqlite3"
    parts = folder / "parts"
    with ProblemStore.create(store) as problems:
        summary = check(
            io.BytesIO(data),
            reading,
            problems=problems,
            parts_dir=parts,
            limits=limits,
            progress=progress,
            unproven_values=unproven_values,
            takes_pcids=takes_pcids,
            fingerprint_key=fingerprint_key,
            row_by_row=row_by_row,
        )
    with ProblemStore.open(store) as found:
        return Checked(summary, list(found), [part.path.read_bytes() for part in summary.parts])
