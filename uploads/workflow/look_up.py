"""Looking one identifier up in the files of batches, while somebody waits. Nothing of it is kept."""

import time
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from uploads import audit
from uploads.models import Batch, User

from .forgetting import digest_of_identifier, may_hold, spans_in

#: What one look may take; another goes on where it ended.
LOOK_SECONDS = 3
#: Reading a longer file through would keep a page waiting.
MOST_READ = 20_000_000


@dataclass(frozen=True)
class Found:
    """A batch whose upload has the id. lines: where its rows begin; None where the file is too long to read,
    or cannot be read: `is_certain` tells whether the id is among the rows that were good."""

    batch: Batch
    lines: list[int] | None
    is_certain: bool = True


@dataclass(frozen=True)
class Look:
    """What one look found, the newest batch first. searched: batches seen to; before: the batch from which
    another look goes on, None where all were seen to."""

    found: list[Found]
    searched: int
    before: int | None


def look_up(actor: User, identifier: str, batches: QuerySet[Batch], before: int | None = None) -> Look:
    """Look into those of the batches that still have their files, newest first, for a few seconds."""
    left = batches.filter(files_deleted_at=None, checked_at__isnull=False).order_by("-pk")
    if before is not None:
        left = left.filter(pk__lt=before)
    until = time.monotonic() + LOOK_SECONDS
    found, searched, last = [], 0, None
    for batch in left.select_related("destination", "owner").iterator(chunk_size=200):
        if last is not None and time.monotonic() > until:
            break
        last, searched = batch.pk, searched + 1
        if (hit := _look_into(batch, identifier)) is not None:
            found.append(hit)
    else:
        last = None
    with transaction.atomic():
        facts = {"fingerprint": digest_of_identifier(identifier), "batches": searched, "found": len(found)}
        audit.record(actor, "visitor.looked-up", **facts)
    return Look(found, searched, last)


def _look_into(batch: Batch, identifier: str) -> Found | None:
    certainty = may_hold(batch, identifier)
    if certainty is False:
        return None
    if batch.size <= MOST_READ and (spans := spans_in(batch, identifier)) is not None:
        return Found(batch, [span.line for span in spans]) if spans else None
    return Found(batch, None, is_certain=certainty is True)
