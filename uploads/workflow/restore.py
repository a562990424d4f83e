"""Looking for the values that were sent before a batch, in a worker, under a claim."""

import logging
import uuid
from pathlib import Path

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from uploads import audit, batchfile, files, local_files, queue
from uploads.models import Restoration
from uploads.storage import StorageUnavailable

from . import locks
from .fingerprints import Fingerprints, fingerprint_key
from .leases import NO_CLAIM, claim_fields, kept_alive, wait_for_storage
from .part_files import NotAsChecked, proven_paths
from .restorations import Surroundings, surroundings_of

logger = logging.getLogger(__name__)

#: A look that dies this often is given up, with an honest word.
MOST_ATTEMPTS = 3


def find_earlier_values(batch_id: int) -> None:
    """Look for what can be restored of a batch, where somebody asked; safe to run twice, late or at once."""
    claim = claim_fields()
    due = Restoration.objects.to_look().filter(pk=batch_id)
    if due.update(**claim, attempts=F("attempts") + 1) != 1:
        return
    held = Restoration.objects.filter(pk=batch_id, claim=claim["claim"])
    restoration = held.select_related("batch__destination", "asked_by").first()
    if restoration is None:
        return
    if restoration.attempts > MOST_ATTEMPTS:
        _give_up(restoration, "gave-up")
        return
    with local_files.scratch_folder(restoration.claim) as folder:
        try:
            with kept_alive(restoration):
                _look(restoration, folder)
        except StorageUnavailable:
            wait_for_storage(restoration, "attempts")
        except NotAsChecked:
            _give_up(restoration, "file-changed")
        except batchfile.ForeignFingerprints:
            _give_up(restoration, "other-key")
        finally:
            held.update(**NO_CLAIM)


def ring_for_restorations() -> None:
    """Have what somebody asked for looked for, where no worker does."""
    for pk in Restoration.objects.to_look().values_list("pk", flat=True):
        queue.ring("restore", pk)


def _look(restoration: Restoration, folder: Path) -> None:
    batch = restoration.batch
    around = surroundings_of(batch)
    parts, fingerprints = around.own.parts, Fingerprints(folder)
    sharing = fingerprints.sharing(batch, parts, [*around.later, *around.earlier])
    numbers = {each.batch.pk for each in sharing}
    earlier, later = (
        [fingerprints.with_files(each) for each in some if each.batch.pk in numbers]
        for some in (around.earlier, around.later)
    )
    made = folder / "restore.csv"
    summary = batchfile.restore(
        proven_paths(batch, parts),
        fingerprints.of(batch, parts),
        earlier,
        later,
        key=fingerprint_key(),
        clear=restoration.clear,
        output=made,
        work=folder,
    )
    _keep(restoration, around, summary, made)


def _keep(
    restoration: Restoration, around: Surroundings, summary: batchfile.RestoreSummary, made: Path
) -> None:
    """Let it count, unless somebody asked anew, or the batch's files have gone or changed meanwhile."""
    batch, folder = restoration.batch, uuid.uuid4() if summary.rows else None
    with files.offered({files.restoration_name(batch, folder): made} if folder else {}) as accept:
        if _let_it_count(restoration, around, summary, folder):
            accept()


def _let_it_count(
    restoration: Restoration,
    around: Surroundings,
    summary: batchfile.RestoreSummary,
    folder: uuid.UUID | None,
) -> bool:
    batch = restoration.batch
    with transaction.atomic():
        current = locks.batch(batch.pk)
        held = Restoration.objects.filter(pk=batch.pk, claim=restoration.claim)
        if current.files_deleted_at or not held.exists():
            return False
        held.update(
            looked_at=now(),
            stood_for=around.stood_for,
            found=summary.to_json(),
            not_kept=around.not_kept,
            folder=folder,
            attempts=0,
            **NO_CLAIM,
        )
        cells = sum(each[fate] for each in summary.attributes.values() for fate in batchfile.SENT_FATES)
        audit.record(restoration.asked_by, "batch.restore-found", batch, rows=summary.rows, cells=cells)
    return True


def _give_up(restoration: Restoration, failure: str) -> None:
    Restoration.objects.filter(pk=restoration.pk, claim=restoration.claim).update(failure=failure, **NO_CLAIM)
