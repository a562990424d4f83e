"""How many rows went where: kept with the batch and by day, as its parts move."""

from django.db.models import F
from django.utils.timezone import localdate

from uploads.models import Batch, DayRows, Part, PartState
from uploads.models.states import DONE_PART_STATES


def count(part: Part) -> None:
    """Count the rows of a part that has just come to its state; call it in the transaction that moved it.

    No part comes to one of these states twice.
    """
    if part.state == PartState.ACCEPTED:
        Batch.objects.filter(pk=part.batch_id).update(sent=F("sent") + part.rows)
        _add(part, "sent", part.rows)
    elif part.state == PartState.REFUSED:
        _add(part, "refused", part.rows)
    elif part.state in DONE_PART_STATES | {PartState.STUCK}:
        # T9: what Target names, it did not update, whatever it counts.
        _add(part, "refused", max(part.failed or 0, part.listed or 0))


def _add(part: Part, figure: str, rows: int) -> None:
    if not rows:
        return
    batch = part.batch
    day, _made = DayRows.objects.get_or_create(
        day=localdate(), destination_id=batch.destination_id, owner_id=batch.owner_id
    )
    DayRows.objects.filter(pk=day.pk).update(**{figure: F(figure) + rows})
