"""Getting ready to work on files before any comes."""

import io
import tempfile
from pathlib import Path

from .checking import check
from .overlap import EarlierBatch, compare
from .reading import Reading
from .store import ProblemWriter

_KEY = b"warm"


def warm_up() -> None:
    """Load what checks and comparisons work with, and compile what never was (some 20 s)."""
    for reading in (Reading(trim=True, blanks=("-",)), Reading(format="batch")):
        with tempfile.TemporaryDirectory() as folder, ProblemWriter(Path(folder) / "problems") as problems:
            content = io.BytesIO(b"thirdPartyId,a\n1,x\n")
            summary = check(content, reading, problems=problems, parts_dir=Path(folder), fingerprint_key=_KEY)
            parts = [part.path for part in summary.parts]
            earlier = [EarlierBatch(0, parts, summary.fingerprints)]
            output, work = Path(folder) / "overlap", Path(folder)
            compare(parts, summary.fingerprints, earlier, key=_KEY, output=output, work=work)
