"""The overlap of a batch with earlier ones: which visitors, and what Target would lose of them (F12).

And whose profiles they bring near the limit together (F8).

Only what is in the parts counts. Fingerprints tell which rows may be of the same visitor, so that parts
without any are never read; the ids themselves then say whether they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .overlap_summary import OverlapSummary

Progress = Callable[[int, int], None]


class ForeignFingerprints(ValueError):
    """Fingerprints that were not made of the ids in the parts with this key: nothing can be said of them."""


@dataclass(frozen=True)
class EarlierBatch:
    """A batch that Target may have, as far as it matters here.

    number: the caller's name for it, unlike any other's.
    parts: those parts of it that arrived, or may have. Of rows with the same id the first one counts.
    fingerprints: those of their ids, sorted; of other ids as well, if need be.
    may_lose: whether Target may lose its values (F12); of others only what they add to profiles counts.
    """

    number: int
    parts: Sequence[Path]
    fingerprints: Path
    may_lose: bool = True


@dataclass(frozen=True)
class Portions:
    """How much is held at a time; for tests.

    rows: of the batch in a round, for each of which the earlier parts are read once.
    block_bytes: of a part; compared_bytes: of rows that are compared, about.
    """

    rows: int = 1_000_000
    block_bytes: int = 4_000_000
    compared_bytes: int = 8_000_000


def compare(
    parts: Sequence[Path],
    fingerprints: Path,
    earlier: Sequence[EarlierBatch],
    *,
    key: bytes,
    output: Path,
    work: Path,
    progress: Progress | None = None,
    portions: Portions | None = None,
    replaced: bool = False,
) -> OverlapSummary:
    """Find what the batch would make Target lose of the earlier ones, in memory that grows with none of them.

    parts: all parts of the batch, in order; fingerprints: those of their ids, sorted.
    earlier: newest first. A value would be lost if the batch's row has no such attribute or leaves it blank
    (F7);
        of several the newest that is not blank counts. Names and ids are the same letter by letter (F4).
    key: what all fingerprints were made with.
    output: the file that an `OverlapStore` then opens, made anew; where anything is raised, there is none.
    work: a folder for a file that grows as large as all rows together that share their visitor. The file is
        removed at the end.
    progress: called now and then with the bytes of parts read so far and those there are to read; what it
    raises
        stops the comparison and passes through.
    replaced: find instead what the batch has replaced: of each value of its rows the newest one that was sent
        before, be it the same. All that is said of values that would be lost is then said of these.

    Raises ForeignFingerprints if the first row of anything has no fingerprint; ValueError if batches have
    different kinds of ids (F2); FileNotFoundError if a file is gone; OSError or sqlite3.Error if the disk
    fails.
    """
    # Here, so that only what checks files loads compiled loops: they take 75 MB and half a second.
    from .overlap_comparing import Comparison  # noqa: PLC0415

    output.unlink(missing_ok=True)
    comparison = Comparison(
        parts, fingerprints, earlier, key, progress or _no_progress, portions or Portions(), replaced
    )
    return comparison.run(output, work)


def _no_progress(_bytes_read: int, _bytes_in_all: int) -> None:
    pass
