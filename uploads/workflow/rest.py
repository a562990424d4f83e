"""What becomes of the rest of a batch, once its first rows have told all they can (`canary`)."""

from django.db import transaction

from uploads import audit, queue
from uploads.models import ArrivalCheck, Batch, Canary, User

from . import binding, canary
from .settle import settle


def can_send_rest(batch: Batch) -> bool:
    """Whether a person may let the held parts go now."""
    waits = Canary.objects.filter(pk=batch.pk, waits_since__isnull=False).exists()
    return waits and _may_go_on(batch)


def send_rest(actor: User, batch: Batch) -> bool:
    """Let the held parts of a batch go; False where nobody is to say so (any more), or they may not go."""
    with transaction.atomic():
        binding.hold(batch)
        return can_send_rest(batch) and _let_go(actor, batch)


def judge(check: ArrivalCheck) -> None:
    """Go by what a look at the first rows found, in the transaction that ended it and holds the batch."""
    batch = check.batch
    is_wanted = Canary.objects.filter(pk=batch.pk, then=Canary.Then.SEND_REST).exists()
    if is_wanted and canary.is_proven(check) and _may_go_on(batch) and _let_go(None, batch):
        return
    settle(batch)


def _may_go_on(batch: Batch) -> bool:
    """Whether what is held may still go: it is what was approved, and the destination takes it."""
    return batch.is_taken and not binding.has_lost_its_approval(batch)


def _let_go(actor: User | None, batch: Batch) -> bool:
    held = list(batch.parts.held().order_by("number"))
    if not held or batch.parts.held().update(is_held=False) != len(held):
        return False
    facts = {"rows": sum(part.rows for part in held), "parts": len(held)}
    audit.record(actor, "batch.rest-sent", batch, **facts)
    settle(batch)
    queue.ring("deliver", held[0].pk)
    return True
