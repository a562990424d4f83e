"""Checking a batch: one pass over the file, in a worker, under a claim."""

import json
import logging
import time
import uuid
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import batchfile, files, local_files, queue
from uploads.models import Batch, BatchState, Part
from uploads.storage import StorageUnavailable

from . import part_files
from .leases import LEASE, NO_CLAIM, claim_fields, kept_alive, wait_for_storage
from .patches import patch_of
from .transitions import move

logger = logging.getLogger(__name__)

#: A check that dies this often is given up, with an honest word, instead of killing workers for ever.
MOST_ATTEMPTS = 3
SHOW_PROGRESS_EVERY_SECONDS = 0.5


class Superseded(Exception):
    """The batch was cancelled, a row of it changed, or another worker took the check over."""


def check(batch_id: int) -> None:
    """Check one batch, if nobody else does; safe to run twice, late or at once in several workers."""
    claim = claim_fields()
    begun = {
        "check_attempts": F("check_attempts") + 1,
        "check_began_at": Now(),
        "checked_bytes": 0,
        "checked_rows": 0,
    }
    if Batch.objects.to_check().filter(pk=batch_id).update(**claim, **begun) != 1:
        return
    # By the claim: a process that slept right here must not work under another's.
    batch = Batch.objects.select_related("destination").filter(pk=batch_id, claim=claim["claim"]).first()
    if batch is None:
        return
    if batch.check_attempts > MOST_ATTEMPTS:
        _refuse(batch, "gave-up")
        return
    with local_files.scratch_folder(batch.claim) as folder:
        try:
            with kept_alive(batch):
                _check_in(batch, folder)
        except StorageUnavailable:
            wait_for_storage(batch, "check_attempts")
        except Superseded:
            logger.info("The check of batch %s was stopped.", batch.pk)
            _begin_again(batch)


def _check_in(batch: Batch, folder: Path) -> None:
    reading = batchfile.Reading.from_json(batch.reading)
    problems_path = folder / "problems.sqlite3"
    try:
        patch = patch_of(batch)
        original = files.open_original(batch)
    except FileNotFoundError:
        if not _still_ours(batch, batch.claim):
            raise Superseded from None
        _refuse(batch, "file-missing")
        return
    with original, batchfile.ProblemStore.create(problems_path) as problems:
        summary = batchfile.check(
            original,
            reading,
            problems=problems,
            parts_dir=folder / "parts",
            progress=_Progress(batch),
            unproven_values=batch.destination.unproven_values,
            takes_pcids=batch.destination.takes_pcids,
            fingerprint_key=settings.FINGERPRINT_KEY.encode()[:64],
            max_bytes=settings.MAX_UPLOAD_BYTES,
            patch=patch,
        )
    if summary.sha256 != batch.sha256 or (patch and not patch.fits(summary.sha256, reading)):
        _refuse(batch, "file-changed")
        return
    _keep_result(batch, summary, problems_path)


def _keep_result(batch: Batch, summary: batchfile.Summary, problems_path: Path) -> None:
    """Files first, then the one transaction that makes them count."""
    if not _still_ours(batch, batch.claim):
        raise Superseded
    files.keep(problems_path, files.problems_name(batch))
    figures_path = problems_path.with_name("figures.json")
    figures_path.write_text(json.dumps(_figures(summary)))
    files.keep(figures_path, files.figures_name(batch))
    if summary.fingerprints is not None:
        files.keep(summary.fingerprints, files.fingerprints_name(batch))
    parts = part_files.numbered(batch, summary.parts)
    for part, made in zip(parts, summary.parts, strict=True):
        files.keep(made.path, files.part_name(part))
    new, action = (
        (BatchState.READY, "batch.ready") if summary.usable else (BatchState.REFUSED, "batch.refused")
    )
    with transaction.atomic():
        # From here on nobody changes a row before this is over.
        kept = _still_ours(batch, batch.claim) and move(
            batch,
            new,
            action,
            old=BatchState.CHECKING,
            holding=batch.claim,
            facts={"rows": summary.rows, "accepted": summary.accepted, "problems": summary.problems_by_code},
            checked_at=now(),
            checked_bytes=batch.size,
            checked_rows=summary.rows,
            rows=summary.rows,
            accepted=summary.accepted,
            rejected=summary.rejected,
            skipped=summary.skipped,
            warnings=summary.warnings,
            problems_by_code=summary.problems_by_code,
            attributes=summary.attributes,
            skipped_columns=summary.skipped_columns,
            notices=[_without_example(notice) for notice in summary.notices],
            corrects=_corrected(batch, summary),
            **NO_CLAIM,
        )
        if not kept:
            raise Superseded
        Part.objects.bulk_create(parts)
        queue.ring("compare", batch.pk)


def _figures(summary: batchfile.Summary) -> dict:
    """What is known of columns and heavy profiles; it quotes rows, so it is kept as a file of the batch."""
    figures = {
        "columns": [asdict(column) for column in summary.columns],
        "examples": [asdict(notice) for notice in summary.notices if notice.example],
    }
    if "row-near-limit" in summary.problems_by_code:  # F8
        figures["heavy"] = batchfile.weigh(part.path for part in summary.parts).to_json()
    return figures


def _without_example(notice: batchfile.Notice) -> dict:
    """The notice without anything of a row, fit for the database."""
    return {"code": notice.code, "column": notice.column, "count": notice.count, "params": notice.params}


def _corrected(batch: Batch, summary: batchfile.Summary) -> Batch | None:
    """The batch of the same destination whose report this file says it is."""
    number = summary.corrects or ""
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    earlier = Batch.objects.filter(destination=batch.destination, pk=number)
    return earlier.exclude(pk=batch.pk).first()


def _refuse(batch: Batch, failure: str) -> None:
    move(
        batch,
        BatchState.REFUSED,
        "batch.refused",
        old=BatchState.CHECKING,
        holding=batch.claim,
        facts={"failure": failure},
        check_failure=failure,
        checked_at=now(),
        **NO_CLAIM,
    )


def _begin_again(batch: Batch) -> None:
    """Let go of a check that goes on with other rows, so that it begins again now and not after the lease."""
    held = Batch.objects.filter(pk=batch.pk, claim=batch.claim, state=BatchState.CHECKING)
    with transaction.atomic():
        if held.update(**NO_CLAIM):
            queue.ring("check", batch.pk)


def _still_ours(batch: Batch, claim: uuid.UUID, **progress) -> bool:
    """Note progress under the claim; False where the claim or the check is gone, or a row was changed."""
    ours = Batch.objects.filter(pk=batch.pk, claim=claim, state=BatchState.CHECKING, patch=batch.patch)
    return ours.update(lease_until=Now() + LEASE, **progress) == 1


class _Progress:
    """Writes how far the check is, now and then, and stops it when the batch is no longer ours."""

    def __init__(self, batch: Batch):
        self._batch = batch
        self._claim = batch.claim
        self._next = time.monotonic()

    def __call__(self, bytes_read: int, rows: int) -> None:
        """Called by the engine; raises Superseded."""
        if time.monotonic() < self._next:
            return
        if not _still_ours(self._batch, self._claim, checked_bytes=bytes_read, checked_rows=rows):
            raise Superseded
        self._next = time.monotonic() + SHOW_PROGRESS_EVERY_SECONDS
