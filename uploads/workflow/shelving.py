"""Putting file names together by the thousand, so that the history can be searched."""

import hashlib
from datetime import timedelta

from django.utils.timezone import now

from uploads.models import Batch, NameShelf
from uploads.models.shelf import A_SHELF, as_compared

#: A transaction that was given a number may end after one with the next number has; none takes so long.
SETTLED = timedelta(hours=1)
#: As many in one round of the sweep: it has other things to do.
SHELVES_A_ROUND = 20


def shelve_names() -> None:
    """Fill the next shelves whose batches are all there, a few at a time."""
    for _shelf in range(SHELVES_A_ROUND):
        if not _fill_next():
            return


def _fill_next() -> bool:
    batches = Batch.objects.order_by("pk")
    first = batches.filter(pk__gte=NameShelf.objects.end()).values_list("pk", flat=True).first()
    if first is None:
        return False
    number = first // A_SHELF
    start, end = number * A_SHELF, (number + 1) * A_SHELF
    behind = batches.filter(pk__gte=end).values_list("created_at", flat=True).first()
    if behind is None or behind > now() - SETTLED:
        return False
    names = dict(batches.filter(pk__gte=start, pk__lt=end).values_list("pk", "filename"))
    text = "\n".join(as_compared(names.get(pk, "")) for pk in range(start, end))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    # Another sweep may be at it, too; both would write the same.
    NameShelf.objects.get_or_create(number=number, defaults={"names": text, "digest": digest})
    return True
