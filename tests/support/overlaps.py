"""Batches that follow one another for the same visitors (F12)."""

from uploads import batchfile, workflow
from uploads.models import Batch, Overlap, User

#: What LATER would make Target lose of it: O1's renewal, O2's tier and renewal; nothing of O3, nor of O9.
EARLIER = b"thirdPartyId,tier,renewal\nO1,gold,may\nO2,silver,june\nO3,bronze,\nO9,iron,july\n"
LATER = b"thirdPartyId,tier,city\nO1,gold,Oslo\nO2,,Lima\nO3,gold,Rome\nO4,gold,Bern\n"
#: The row of O2 is as long as one may be (F8), so that nothing can be added to its renewal.
LONGEST = b"thirdPartyId,renewal\nO1,may\nO2,%s\n" % (b"j" * (batchfile.ROW_LIMIT - len("O2,")))
#: Has none of their visitors.
OTHERS = b"thirdPartyId,tier\nZ1,gold\nZ2,silver\n"


def fresh(batch: Batch) -> Batch:
    """The batch as the database has it by now."""
    return Batch.objects.select_related("destination", "owner").get(pk=batch.pk)


def overlap_of(batch: Batch) -> Overlap:
    """What is known of it by now."""
    return Overlap.objects.get(pk=batch.pk)


def chosen(actor: User, batch: Batch, choice: str, reason: str = "") -> Batch:
    """Choose for a batch that was compared, and let a worker make its parts that way."""
    assert workflow.choose(actor, batch, Overlap.Choice(choice), workflow.digest_of(batch), reason)
    workflow.compare(batch.pk)
    return fresh(batch)
