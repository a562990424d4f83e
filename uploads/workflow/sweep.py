"""The sweep: from the database alone, find what is due or abandoned and ring for it.

Two sweeps at once do no harm: every change is a conditional transition, and a ring is only a ring.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from uploads import files, queue
from uploads.models import Batch, Part, PartState, Upload

from .leases import NO_CLAIM
from .settle import settle
from .transitions import move

#: An upload that nobody went on with is forgotten after this.
STALE_UPLOAD = timedelta(days=2)


def sweep() -> None:
    """One round. Each kind of work stands alone, so that trouble with one does not stop the others."""
    _release_abandoned_claims()
    _doubt_abandoned_sendings()
    for pk in Batch.objects.to_check().values_list("pk", flat=True):
        queue.ring("check", pk)
    for pk in Part.objects.due_to_send().order_by("batch_id", "number").values_list("pk", flat=True):
        queue.ring("deliver", pk)
    for pk in Part.objects.due_to_poll().values_list("pk", flat=True):
        queue.ring("follow", pk)
    _forget_stale_uploads()
    files.forget_old_work(STALE_UPLOAD.total_seconds())


def _release_abandoned_claims() -> None:
    """The worker died before *sending* was committed: nothing was sent."""
    for part in Part.objects.abandoned(PartState.CLAIMED).select_related("batch__destination"):
        move(
            part,
            PartState.PENDING,
            "part.released",
            old=PartState.CLAIMED,
            holding=part.claim,
            facts={"reason": "worker-lost"},
            next_try_at=None,
            **NO_CLAIM,
        )


def _doubt_abandoned_sendings() -> None:
    """The worker died after *sending* was committed: the body may have left. Never sent again by itself."""
    for part in Part.objects.abandoned(PartState.SENDING).select_related("batch__destination"):
        with transaction.atomic():
            if move(
                part,
                PartState.IN_DOUBT,
                "part.in-doubt",
                old=PartState.SENDING,
                holding=part.claim,
                facts={"reason": "worker-lost"},
                reason="worker-lost",
                **NO_CLAIM,
            ):
                settle(part.batch)


def _forget_stale_uploads() -> None:
    stale = Upload.objects.filter(batch=None, touched_at__lt=Now() - STALE_UPLOAD)
    for upload in stale:
        files.incoming_path(upload).unlink(missing_ok=True)
        upload.delete()
    Upload.objects.filter(~Q(batch=None), touched_at__lt=Now() - STALE_UPLOAD).delete()
