"""What lies on this machine's disk, wherever files are kept: uploads under way, workers' scratch folders."""

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from uploads.models import Upload


def incoming_path(upload: Upload) -> Path:
    """Where an upload's bytes are collected until it is whole."""
    return Path(settings.INCOMING_ROOT) / upload.pk.hex


def work_folder(claim: uuid.UUID) -> Path:
    """A scratch folder on the local disk for the worker that holds this claim."""
    return Path(settings.WORK_ROOT) / claim.hex


@contextmanager
def scratch_folder(claim: uuid.UUID | None = None) -> Iterator[Path]:
    """A folder on the local disk for as long as the block lasts; that of a worker's claim, or of nobody's."""
    folder = work_folder(claim or uuid.uuid4())
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_old_work(seconds: float, kept: set[str]) -> None:
    """Remove scratch folders untouched for that long whose claim is gone; `kept` names those that stay."""
    for folder in _untouched(Path(settings.WORK_ROOT), seconds):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def forget_old_incoming(seconds: float, kept: set[str]) -> None:
    """Remove bytes untouched for that long whose upload is gone; `kept` names those that stay."""
    for path in _untouched(Path(settings.INCOMING_ROOT), seconds):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _untouched(root: Path, seconds: float) -> Iterator[Path]:
    for path in root.iterdir() if root.exists() else ():
        try:
            touched = path.stat().st_mtime
        except FileNotFoundError:
            continue  # Its worker has just tidied up.
        if time.time() - touched > seconds:
            yield path


def can_be_written() -> bool:
    """Whether each folder takes a file now, as one on a full disk or a lost mount does not."""
    try:
        for root in (settings.MEDIA_ROOT, settings.INCOMING_ROOT, settings.WORK_ROOT, settings.JOURNAL_ROOT):
            Path(root).mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=root, prefix=".probe-") as probe:
                probe.write(b".")
                probe.flush()
    except OSError:
        return False
    return True


def free_bytes() -> int | None:
    """Bytes that are free where uploads arrive; None where that folder cannot be looked at."""
    try:
        return shutil.disk_usage(settings.INCOMING_ROOT).free
    except OSError:
        return None
