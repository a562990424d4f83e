"""Forgetting a person: an identifier is looked for in every kept file, and taken out on an admin's word.

The identifier itself stands nowhere but, encrypted, in `Forgetting.sealed`, and only until the work is over.
What was sent to Target stays there: its API takes nothing back (F7, T14).
"""

import hashlib
import hmac
import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from uploads import audit, batchfile, files, queue
from uploads.models import Batch, Forgetting, User
from uploads.models.states import FINAL_BATCH_STATES
from uploads.sealing import CannotUnseal, seal, unseal

from .leases import LEASE, put_off
from .patches import patch_of
from .removal import remove_from

logger = logging.getLogger(__name__)

Phase, Outcome = Forgetting.Phase, Forgetting.Outcome
#: What one job spends on batches before others get their turn; the sweep rings for the rest.
SLICE_SECONDS = 10
#: After that nobody will want what was found any more, and the identifier goes.
STALE = timedelta(hours=1)


def digest_of_identifier(identifier: str) -> str:
    """What the audit log says in place of an identifier: keyed, so that nobody finds it by trying."""
    return hmac.new(settings.FINGERPRINT_KEY.encode(), identifier.encode(), hashlib.sha256).hexdigest()


def look_for(actor: User, identifier: str) -> Forgetting:
    """Have an identifier looked for in the files of all batches that still have theirs."""
    digest = digest_of_identifier(identifier)
    with transaction.atomic():
        wanted = Forgetting.objects.create(
            asked_by=actor, sealed=seal(identifier), fingerprint=digest, due_at=Now()
        )
        audit.record(actor, "visitor.looked-for", fingerprint=digest)
        queue.ring("forget", wanted.pk)
    return wanted


def remove_found(actor: User, wanted: Forgetting) -> bool:
    """Have what was found removed; False where there is nothing to be removed, or not any more."""
    batches = [each["batch"] for each in wanted.found if each["outcome"] == Outcome.REMOVABLE]
    if not batches:
        return False
    with transaction.atomic():
        asked = Forgetting.objects.filter(pk=wanted.pk, phase=Phase.FOUND)
        if asked.update(phase=Phase.REMOVING, reached=0, due_at=Now(), touched_at=Now()) != 1:
            return False
        audit.record(actor, "visitor.removal-asked", fingerprint=wanted.fingerprint, batches=len(batches))
        queue.ring("forget", wanted.pk)
    return True


def go_on_forgetting(forgetting_id: int) -> None:
    """See to the next batches, for a few seconds; safe to run twice. The sweep rings for the rest."""
    due = Forgetting.objects.due().filter(pk=forgetting_id)
    # Moving the due time on is the claim: one conditional UPDATE, which one worker wins.
    if due.update(due_at=Now() + LEASE) != 1:
        return
    wanted = Forgetting.objects.get(pk=forgetting_id)
    try:
        identifier = unseal(wanted.sealed)
    except CannotUnseal:
        _end(wanted, Phase.DROPPED)
        return
    until = time.monotonic() + SLICE_SECONDS
    with put_off(wanted, "due_at"):
        step = _look_into_next if wanted.phase == Phase.SEARCHING else _remove_from_next
        while more := step(wanted, identifier):
            wanted.save(update_fields=["reached", "found", "touched_at"])
            if time.monotonic() > until:
                break
    if more:
        Forgetting.objects.filter(pk=wanted.pk).update(due_at=Now())
    elif wanted.phase == Phase.SEARCHING:
        _tell_found(wanted)
    else:
        _tell_removed(wanted)


def drop_stale_forgettings() -> None:
    """Drop the identifiers of looks that nobody went on with."""
    stale = Forgetting.objects.filter(phase=Phase.FOUND, touched_at__lt=Now() - STALE)
    stale.update(phase=Phase.DROPPED, sealed=None, due_at=None)


def _look_into_next(wanted: Forgetting, identifier: str) -> bool:
    """Look into the next batch; False where there is none."""
    batch = Batch.objects.filter(pk__gt=wanted.reached, files_deleted_at=None).order_by("pk").first()
    if batch is None:
        return False
    wanted.reached = batch.pk
    rows = _rows_in(batch, identifier)
    if rows is None:
        wanted.found.append({"batch": batch.pk, "rows": None, "outcome": Outcome.UNREADABLE})
    elif rows:
        outcome = Outcome.REMOVABLE if batch.state in FINAL_BATCH_STATES else Outcome.UNDER_WAY
        wanted.found.append({"batch": batch.pk, "rows": rows, "outcome": outcome})
    return True


def _rows_in(batch: Batch, identifier: str) -> int | None:
    """How many rows of the upload have the id; None where it cannot be read."""
    if may_hold(batch, identifier) is False:
        return 0
    spans = spans_in(batch, identifier)
    return None if spans is None else len(spans)


def spans_in(batch: Batch, identifier: str) -> list[batchfile.Span] | None:
    """The rows of the upload that have the id, none where the file is gone; None where it cannot be read."""
    try:
        with files.open_original(batch) as original:
            reading = batchfile.Reading.from_json(batch.reading)
            limit, patch = settings.MAX_UPLOAD_BYTES, patch_of(batch)
            return batchfile.rows_of(original, reading, identifier, max_bytes=limit, patch=patch)
    except FileNotFoundError:
        return []
    except batchfile.UnreadableFile:
        return None


def may_hold(batch: Batch, identifier: str) -> bool | None:
    """Whether the upload has the id: True where it is among the accepted ids, False where every row was
    accepted just so and none by that id, None where only reading the upload can tell."""
    wanted = batchfile.fingerprint(identifier, settings.FINGERPRINT_KEY.encode()[:64])
    try:
        if batchfile.has_fingerprint(files.fingerprints_path(batch), wanted):
            return True
    except FileNotFoundError:
        return None
    is_clear = batch.rejected == 0 and not batch.patch and batchfile.SPACED_ID not in batch.problems_by_code
    return False if is_clear else None


def _remove_from_next(wanted: Forgetting, identifier: str) -> bool:
    """Remove the id from the next batch that it was found in; False where there is none."""
    left = [each for each in wanted.found if each["outcome"] == Outcome.REMOVABLE]
    if not left:
        return False
    batch = Batch.objects.select_related("destination").get(pk=left[0]["batch"])
    left[0]["outcome"] = remove_from(batch, identifier, wanted)
    return True


def _tell_found(wanted: Forgetting) -> None:
    has_removable = any(each["outcome"] == Outcome.REMOVABLE for each in wanted.found)
    with transaction.atomic():
        if _end(wanted, Phase.FOUND if has_removable else Phase.DROPPED):
            facts = {"fingerprint": wanted.fingerprint, "batches": len(wanted.found)}
            audit.record(None, "visitor.found", **facts)


def _tell_removed(wanted: Forgetting) -> None:
    done = [each for each in wanted.found if each["outcome"] in (Outcome.REMOVED, Outcome.WHOLE_FILE)]
    with transaction.atomic():
        if _end(wanted, Phase.DONE):
            facts = {"fingerprint": wanted.fingerprint, "batches": len(done)}
            audit.record(None, "visitor.forgotten", left=len(wanted.found) - len(done), **facts)


def _end(wanted: Forgetting, phase: Phase) -> bool:
    """End a phase; the identifier stays only where somebody has yet to decide."""
    gone = {} if phase == Phase.FOUND else {"sealed": None}
    running = Forgetting.objects.filter(pk=wanted.pk, phase=wanted.phase)
    return running.update(phase=phase, due_at=None, found=wanted.found, touched_at=Now(), **gone) == 1
