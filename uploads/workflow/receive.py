"""From the first slice of a file to a batch."""

import fcntl
import hashlib
import logging
import os
import re
import shutil
import threading
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from uploads import audit, files, local_files
from uploads.models import Batch, Destination, Upload, User

from . import locks
from .readings import read_ahead

logger = logging.getLogger(__name__)

#: Left free on the disk whatever is uploaded, so that the database can always be written.
KEPT_FREE = 500_000_000
#: An upload that has not moved for so long makes way for another one of the same person.
RESTING_UPLOAD = timedelta(hours=1)
CHUNK = 1_000_000
_MISLEADING = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class UploadRefused(Exception):
    """The upload cannot be taken. `reason`: empty, too-big, too-many-begun, disk-full, past-the-end."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class UploadGone(Exception):
    """The bytes so far are no longer there: the upload has to begin anew."""


class WrongOffset(Exception):
    """The slice does not begin where the bytes so far end; `expected` says where that is."""

    def __init__(self, expected: int):
        super().__init__(f"The next byte expected is number {expected}.")
        self.expected = expected


def begin_upload(actor: User, destination: Destination, filename: str, size: int) -> Upload:
    """Announce a file of `size` bytes; raises UploadRefused (empty, too-big, too-many-begun, disk-full)."""
    if size <= 0:
        raise UploadRefused("empty")
    if size > settings.MAX_UPLOAD_BYTES:
        raise UploadRefused("too-big")
    Path(settings.INCOMING_ROOT).mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_room(size)
    upload = Upload(owner=actor, destination=destination, filename=clean_filename(filename), size=size)
    # The file first: a row without one could never be gone on with.
    local_files.incoming_path(upload).touch(mode=0o600)
    try:
        with transaction.atomic():
            # One person's uploads begin one after the other, so that none slips past the quota.
            locks.person(actor.pk)
            made_way = _make_way(actor, size)
            upload.save(force_insert=True)
    except UploadRefused:
        local_files.incoming_path(upload).unlink()
        raise
    for resting in made_way:
        files.forget_upload(resting)
    return upload


def _make_way(actor: User, size: int) -> list[Upload]:
    """Keep the person's quota of unfinished uploads, with one more of `size` bytes: the longest resting
    ones go, as many as must. Returns these, whose files are still there. Raises UploadRefused.
    """
    begun = list(Upload.objects.filter(owner=actor, batch=None).order_by("touched_at"))
    made_way = []
    while len(begun) >= settings.MAX_BEGUN_UPLOADS or _announced(begun) + size > settings.MAX_BEGUN_BYTES:
        oldest = begun.pop(0) if begun else None
        if oldest is None or oldest.touched_at > now() - RESTING_UPLOAD:
            logger.warning("Person %s has reached the quota of unfinished uploads.", actor.pk)
            raise UploadRefused("too-many-begun")
        # Somebody may be finishing it this very moment: then it is a batch, and its file stays.
        if Upload.objects.filter(pk=oldest.pk, batch=None).delete()[0]:
            made_way.append(oldest)
    return made_way


def _announced(begun: list[Upload]) -> int:
    return sum(upload.size for upload in begun)


def _require_room(size: int) -> None:
    """Refuse bytes that would leave the disk too full; raises UploadRefused."""
    if shutil.disk_usage(settings.INCOMING_ROOT).free < size + KEPT_FREE:
        raise UploadRefused("disk-full")


def clean_filename(filename: str) -> str:
    """The name for people: without folders, control characters and what turns the direction of
    writing around (it can make a name read as another), at most 255 characters."""
    name = _MISLEADING.sub("", re.split(r"[/\\]", filename)[-1]).strip()
    return name[-255:] or "upload.csv"


def append_slice(upload: Upload, offset: int, content: bytes) -> int:
    """Append one slice and return how many bytes have arrived.

    Slices may be sent again after a lost answer. Raises WrongOffset where `offset` is not the end
    of what arrived, UploadRefused (past-the-end, disk-full) and UploadGone.
    """
    try:
        handle = local_files.incoming_path(upload).open("r+b")
    except FileNotFoundError:
        upload.refresh_from_db()
        if upload.batch_id is not None:
            raise WrongOffset(upload.received) from None
        raise UploadGone from None
    with handle:
        # Two browsers tabs may send the same slice: one waits, and then learns the new end.
        fcntl.flock(handle, fcntl.LOCK_EX)
        upload.refresh_from_db()
        if offset != upload.received or upload.batch_id is not None:
            raise WrongOffset(upload.received)
        if offset + len(content) > upload.size:
            raise UploadRefused("past-the-end")
        # Asked for each slice: many uploads at once each saw the room before the others took it.
        _require_room(len(content))
        try:
            handle.seek(offset)
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        except OSError:
            raise UploadRefused("disk-full") from None
        _running_hashes.add(upload, offset, content)
        upload.received = offset + len(content)
        upload.save(update_fields=["received", "touched_at"])
    return upload.received


def finish_upload(upload: Upload) -> Batch:
    """Turn a whole upload into a batch and begin its check where the header leaves no question.

    Called again, also after an interruption, it ends in the same batch. Raises WrongOffset while
    bytes are missing, and UploadGone where they have vanished.
    """
    upload.refresh_from_db()
    if upload.received != upload.size:
        raise WrongOffset(upload.received)
    if upload.batch is None:
        batch = Batch(
            destination=upload.destination,
            owner=upload.owner,
            filename=upload.filename,
            folder=upload.pk,
            size=upload.size,
        )
        try:
            files.take_over(upload, batch)
        except FileNotFoundError:
            raise UploadGone from None
        batch.sha256 = _running_hashes.digest(upload, batch)
        _create(batch, upload)
    elif not upload.batch.reading:
        read_ahead(upload.batch)
    return Batch.objects.with_people().get(pk=upload.batch_id)


def _create(batch: Batch, upload: Upload) -> None:
    with transaction.atomic():
        claimed = Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)
        if claimed.batch_id is None:
            batch.save(force_insert=True)
            Upload.objects.filter(pk=upload.pk).update(batch=batch)
            audit.record(
                upload.owner,
                "batch.received",
                batch,
                file=batch.filename,
                bytes=batch.size,
                sha256=batch.sha256,
            )
    upload.refresh_from_db()
    if upload.batch == batch:
        read_ahead(batch)


def earlier_upload(batch: Batch) -> Batch | None:
    """An earlier batch with the same content for the same account: the last that was sent, else the last."""
    destination = batch.destination
    sharing = Destination.objects.filter(kind=destination.kind, client_code__iexact=destination.client_code)
    same = Batch.objects.filter(sha256=batch.sha256, destination__in=sharing, pk__lt=batch.pk)
    return same.with_people().order_by(F("released_at").desc(nulls_last=True), "-pk").first()


class _RunningHashes:
    """SHA-256 states of uploads under way, so that each byte is hashed once, as it is appended.

    A state lost to a restart, or to an upload handled by another process, is made anew from the
    file.
    """

    def __init__(self, most: int = 100):
        self._states: OrderedDict = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def add(self, upload: Upload, offset: int, content: bytes) -> None:
        """Hash a slice that was just written at `offset`."""
        with self._lock:
            done, state = self._states.pop(upload.pk, (0, hashlib.sha256()))
        if done == offset:
            state.update(content)
            with self._lock:
                self._states[upload.pk] = (offset + len(content), state)
                while len(self._states) > self._most:
                    self._states.popitem(last=False)

    def digest(self, upload: Upload, batch: Batch) -> str:
        """The hex digest of the whole file, which the batch has taken over."""
        with self._lock:
            done, state = self._states.pop(upload.pk, (0, None))
        if done == upload.size:
            return state.hexdigest()
        with files.open_original(batch) as original:
            return hashlib.file_digest(original, "sha256").hexdigest()


_running_hashes = _RunningHashes()


def receive_whole(actor: User, destination: Destination, filename: str, size: int, source: BinaryIO) -> Batch:
    """Take a file that came in one request (a browser without JavaScript); as the slices, in one go."""
    upload = begin_upload(actor, destination, filename, size)
    offset = 0
    while chunk := source.read(CHUNK):
        offset = append_slice(upload, offset, chunk)
    return finish_upload(upload)
