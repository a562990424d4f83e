"""Batches that were sent one after another, and one that undoes the last."""

from uploads import files, workflow
from uploads.models import Batch, Part, PartState, Restoration, User

from .overlaps import fresh

#: What was right, and what a later file made of it.
RIGHT = b"thirdPartyId,tier,renewal\nO1,gold,may\nO2,silver,june\nO3,tin,july\n"
#: O1's tier is wrong, O2's the same as before; O3's was never set before, O4 is new.
WRONG = b"thirdPartyId,tier,city\nO1,wrong,Oslo\nO2,silver,\nO3,wrong,\nO4,wrong,Rome\n"


def taken(actor: User, batch: Batch) -> Batch:
    """The batch, released and as if Target had taken all of it."""
    assert workflow.release(actor, batch)
    Part.objects.filter(batch=batch).update(state=PartState.COMPLETE)
    Batch.objects.filter(pk=batch.pk).update(sent=batch.accepted)
    return fresh(batch)


def looked(actor: User, batch: Batch, clear: dict[str, str] | None = None) -> Restoration:
    """What a worker finds that was sent before the batch."""
    assert workflow.ask_to_restore(actor, fresh(batch), clear)
    workflow.find_earlier_values(batch.pk)
    return workflow.restoration_of(batch)


def restoring(actor: User, batch: Batch, clear: dict[str, str] | None = None) -> Batch:
    """The batch that restores this one, checked and compared."""
    made = workflow.make_restoring_batch(actor, fresh(batch), looked(actor, batch, clear).folder)
    workflow.check(made.pk)
    workflow.compare(made.pk)
    return fresh(made)


def upload_of(batch: Batch) -> str:
    """The file of a batch."""
    with files.open_original(batch) as file:
        return file.read().decode()
