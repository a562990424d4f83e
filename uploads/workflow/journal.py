"""The journal: Target's answer to a POST, on disk before it is in the database.

There is one small file a POST. It is written in its full size and synced before *sending* is committed,
so that neither a full disk nor a database that is away can lose the answer (T14: nobody could ask for
it again). Where the worker could not bring it into the database, the sweep does.
"""

import hashlib
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from uploads.models import Call, Part

from .answers import Answer

logger = logging.getLogger(__name__)

#: Bytes of a file: four times what the longest answer takes.
SIZE = 16_384
NAME = re.compile(r"(?P<part>\d+)-(?P<claim>[0-9a-f]{32})-(?P<call>\d+)")
#: A POST and the writing of its answer are long over by then.
STALE_SECONDS = 2 * 60 * 60


@dataclass(frozen=True)
class Entry:
    """One POST in the journal: under which claim, and as which call, the part was sent."""

    part_id: int
    claim: uuid.UUID
    call_id: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(settings.JOURNAL_ROOT) / f"{self.part_id}-{self.claim.hex}-{self.call_id}"

    def write(self, answer: Answer) -> None:
        """Put the answer into the room that was made for it, and sync.

        A disk that fails even so is logged: the database may still take the answer.
        """
        content = json.dumps(asdict(answer), ensure_ascii=False).encode("utf-8", "replace")
        # The digest tells a whole answer from one that a crash cut off.
        content = hashlib.sha256(content).hexdigest().encode() + content
        try:
            with self.path.open("r+b") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            logger.error("Target's answer could not be kept in the journal (%s).", error.strerror)

    def read(self) -> Answer | None:
        """The answer; None before there is one, or where it was cut off."""
        try:
            content = self.path.read_bytes().rstrip(b"\0")
        except FileNotFoundError:
            return None
        digest, content = content[:64], content[64:]
        if not content or hashlib.sha256(content).hexdigest().encode() != digest:
            return None
        return Answer(**json.loads(content))

    def remove(self) -> None:
        """Forget it: the database has the answer, or there will be none."""
        self.path.unlink(missing_ok=True)


def begin(part: Part, call: Call) -> Entry:
    """Make room for the answer to a POST that is about to be made. Raises OSError where there is none."""
    entry = Entry(part.pk, part.claim, call.pk)
    entry.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with entry.path.open("xb") as file:
            file.write(bytes(SIZE))
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(entry.path.parent)
    except OSError:
        entry.remove()
        raise
    return entry


def left() -> Iterator[tuple[Entry, Answer]]:
    """The answers that nobody has brought into the database, and the POSTs they belong to."""
    for entry in _entries():
        if (answer := entry.read()) is not None:
            yield entry, answer


def forget_stale() -> None:
    """Remove what stands in the journal without an answer, long after any could come."""
    for entry in _entries():
        try:
            age = time.time() - entry.path.stat().st_mtime
        except FileNotFoundError:
            continue  # Its worker has just removed it.
        if age > STALE_SECONDS and entry.read() is None:
            entry.remove()


def _entries() -> Iterator[Entry]:
    root = Path(settings.JOURNAL_ROOT)
    for path in sorted(root.iterdir()) if root.exists() else ():
        if match := NAME.fullmatch(path.name):
            yield Entry(int(match["part"]), uuid.UUID(match["claim"]), int(match["call"]))


def _sync_folder(folder: Path) -> None:
    """A power cut must not take away the file's name either."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
