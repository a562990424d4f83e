"""Which rows of a file are meant by the ids that Target lists as failed (T9)."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import BinaryIO

import numpy as np

from .corrections import Correction
from .fingerprints import FINGERPRINT, IdHash
from .header import read_header
from .lines import Source
from .patching import Patch
from .problems import ERROR, Problem, excerpt
from .reading import Reading
from .records import Record, read_records
from .rules import decoded
from .sources import UNPACKED_LIMIT
from .store import ProblemStore, ProblemWriter
from .treatment import Treatment

#: Stands in a store of refused rows; no finding of a check, so it is none of `problems.CODES`.
REFUSED_BY_TARGET = "refused-by-target"
_IDS_A_BLOCK = 5_000


def find_refused(
    stream: BinaryIO,
    reading: Reading,
    listed: Iterable[Sequence[str]],
    problems: ProblemStore,
    found: ProblemWriter,
    *,
    max_bytes: int = UNPACKED_LIMIT,
    patch: Patch | None = None,
) -> str:
    """Write a REFUSED_BY_TARGET to `found` for every row that was sent and whose id is listed.

    stream, reading, patch: the upload and how it was checked; problems: what was found then, which tells
    the rows that were not sent.
    listed: for each id that Target lists, every id that it may stand for.
    max_bytes: how many bytes an archive may hold.

    Returns the hexadecimal SHA-256 of the upload as it was read, for the caller to compare. In memory
    stand 8 bytes for each listed id, whatever the size of the file: two ids of half a million share their
    fingerprint once in 150 million files. Raises what reading the stream or a store raises.
    """
    wanted = _Fingerprints(listed)
    errors = _Ascending(problem.line for problem in problems if problem.severity == ERROR)
    source = Source(stream)
    with closing(read_records(source, reading, max_bytes, patch)) as records:
        column, position, ids = _sent_ids(records, reading, errors)
        while block := list(islice(ids, _IDS_A_BLOCK)):
            for (line, id_), is_listed in zip(block, wanted.hold([id_ for _line, id_ in block]), strict=True):
                if is_listed:
                    found.add(Problem(line, column, REFUSED_BY_TARGET, excerpt(id_), position=position))
    source.read_to_end()
    return source.sha256


def _sent_ids(
    records: Iterator[Record], reading: Reading, errors: "_Ascending"
) -> tuple[str, int, Iterator[tuple[int, str]]]:
    """The key column's name and number, counted from 1, and the line and id of every row without an error."""
    first = next(record for record in records if record.fault or any(record.cells))
    correction = Correction.of(first, reading)
    if correction:
        first, records = correction.header(first), map(correction.row, records)
    header = read_header(first, reading)
    key, treatment = header.key_index, Treatment(reading)

    def ids() -> Iterator[tuple[int, str]]:
        for record in records:
            cell = record.cells[key : key + 1]
            if not cell or errors.hold(record.line):
                continue
            (id_,) = treatment.of(decoded(cell)[0] if reading.format == "batch" else cell)
            if id_:
                yield record.line, id_

    return excerpt(header.names[key]), key + 1, ids()


class _Fingerprints:
    """The fingerprints of texts, sorted, with a key that nobody knows."""

    def __init__(self, listed: Iterable[Sequence[str]]):
        self._hash = IdHash(secrets.token_bytes(32))
        listed = iter(listed)
        blocks = [np.empty(0, FINGERPRINT)]
        while block := list(islice(listed, _IDS_A_BLOCK)):
            blocks.append(self._of([text for texts in block for text in texts]))
        self._known = np.unique(np.concatenate(blocks))

    def hold(self, ids: Sequence[str]) -> list[bool]:
        """Whether each of these ids is one of the texts."""
        if not len(self._known):
            return [False] * len(ids)
        fingerprints = self._of(ids)
        places = np.searchsorted(self._known, fingerprints).clip(max=len(self._known) - 1)
        return (self._known[places] == fingerprints).tolist()

    def _of(self, texts: Sequence[str]) -> np.ndarray:
        return self._hash.of_texts(texts)[:, 0]


class _Ascending:
    """Ascending numbers that are asked for in ascending order, held one at a time."""

    def __init__(self, numbers: Iterable[int]):
        self._numbers = iter(numbers)
        self._next = next(self._numbers, None)

    def hold(self, number: int) -> bool:
        """Whether the number is one of them."""
        while self._next is not None and self._next < number:
            self._next = next(self._numbers, None)
        return self._next == number
