"""What a batch has in common with those that its account was sent before, and whether it may go (F12).

A comparison (`compare`) counts for the batches that were released by then. When another one is released, it
is done again; until then the batch does not go. So every released batch knows all that went before it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from uploads import files
from uploads.models import Batch, Destination, Overlap, Part

from . import part_files

#: F12 speaks of one kind of ids and one version.
LOSING_KEY = "thirdPartyId"
LOSING_VERSION = Destination.Version.V2


class Gate(StrEnum):
    """What keeps a batch from being sent, scheduled, or approved."""

    COMPARING = "comparing"
    NOT_COMPARED = "not compared"
    UNDECIDED = "undecided"
    MAKING = "making"


@dataclass(frozen=True)
class Earlier:
    """A batch that was released before, with those of its parts that Target has, may have, or may still get.

    mark: what it stands for; another one where parts turn out not to have arrived.
    """

    batch: Batch
    parts: tuple[Part, ...]

    @property
    def mark(self) -> str:
        """SHA-256 in hex, cut short."""
        what = [self.batch.destination.api_version, *sorted(part.sha256 for part in self.parts)]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]


def overlap_of(batch: Batch) -> Overlap | None:
    """What is known of it by now."""
    return Overlap.objects.select_related("chosen_by").filter(pk=batch.pk).first()


def is_about_loss(batch: Batch) -> bool:
    """Whether what a later batch leaves blank may be lost (F12)."""
    return batch.destination.api_version == LOSING_VERSION and batch.reading.get("key") == LOSING_KEY


def released_before(batch: Batch) -> QuerySet[Batch]:
    """The batches of the account that were released by now and of which Target has or may get some part.

    Only with ids of the same kind, and while their files are kept.
    """
    with_parts = Exists(Part.objects.there_or_coming().filter(batch=OuterRef("pk")))
    return Batch.objects.of_account(batch.destination).filter(
        with_parts, reading__key=batch.reading.get("key"), files_deleted_at=None, released_at__isnull=False
    )


def earlier_of(batch: Batch, numbers: Iterable[int]) -> list[Earlier]:
    """Those of them that have these numbers, the newest first."""
    found = released_before(batch).filter(pk__in=list(numbers))
    return with_parts(found, Part.objects.there_or_coming())


def with_parts(batches: QuerySet[Batch], counted: QuerySet[Part]) -> list[Earlier]:
    """Those of the batches of which any part counts, with these parts, the newest first."""
    newest_first = list(batches.select_related("destination").order_by("-released_at", "-pk"))
    # By their numbers: PostgreSQL would sort all parts there are for a condition in place of these.
    counted = counted.filter(batch__in=[each.pk for each in newest_first])
    parts = defaultdict(list)
    for part in counted.select_related("resends").order_by("batch_id", "number"):
        parts[part.batch_id].append(part)
    return [Earlier(each, tuple(parts[each.pk])) for each in newest_first if parts[each.pk]]


def is_up_to_date(batch: Batch, overlap: Overlap | None) -> bool:
    """Whether the batch was compared with all that was released so far, as it still stands.

    That the files of one have been deleted since changes nothing: what was found then still holds.
    """
    before = set(released_before(batch).values_list("pk", flat=True))
    if overlap is None or overlap.compared_at is None:
        return not before
    if overlap.for_loss != is_about_loss(batch) or not before <= set(overlap.compared_with):
        return False
    shared = {int(number): mark for number, mark in overlap.shares_with.items()}
    if any(each.mark != shared[each.batch.pk] for each in earlier_of(batch, shared)):
        return False
    return not any(has_files(number) for number in shared.keys() - before)


def has_files(number: int) -> bool:
    """Whether the files of that batch are kept."""
    return Batch.objects.filter(pk=number, files_deleted_at=None).exists()


def gate_of(batch: Batch) -> Gate | None:
    """What keeps a batch that is not released from being sent, None where nothing does.

    To act on it, hold the batch (`binding.hold`) around both.
    """
    overlap = overlap_of(batch)
    if overlap is not None and overlap.failure:
        return None if overlap.choice == Overlap.Choice.SEND_ANYWAY else Gate.NOT_COMPARED
    if not is_up_to_date(batch, overlap):
        return Gate.COMPARING
    if overlap is None or not overlap.losing:
        return None
    if not overlap.choice:
        return Gate.UNDECIDED
    return None if overlap.is_made else Gate.MAKING


def has_work(batch: Batch) -> bool:
    """Whether a worker has something to do about a batch that is to be compared."""
    return gate_of(batch) in (Gate.COMPARING, Gate.MAKING)


def part_to_wait_for(batch_id: int) -> Part | None:
    """A part of an earlier batch with ids of this one that must leave first; None where none must."""
    shared = Overlap.objects.filter(pk=batch_id).values_list("shares_with", flat=True).first()
    if not shared:
        return None
    waiting = Part.objects.holding_up_later_batches().filter(batch__in=[int(number) for number in shared])
    return waiting.order_by("batch__released_at", "batch_id", "number").first()


def checked_parts(overlap: Overlap) -> list[Part]:
    """The parts that the check made, also where others have taken their places."""
    if not overlap.as_checked:
        return part_files.prepared(overlap.batch)
    return [
        Part(batch=overlap.batch, number=number, rows=rows, bytes=size, sha256=sha256)
        for number, (rows, size, sha256) in enumerate(overlap.as_checked, start=1)
    ]


def restore_parts(overlap: Overlap) -> None:
    """Let the parts be those that the check made, in the transaction that says why."""
    if overlap.as_checked:
        made = [files.part_name(part) for part in overlap.batch.parts.all()]
        part_files.put(overlap.batch, checked_parts(overlap))
        transaction.on_commit(lambda: [files.discard(name) for name in made])


def forget(batch: Batch) -> None:
    """Forget what was found and chosen, in the transaction that has the batch checked anew."""
    if Overlap.objects.filter(pk=batch.pk).delete()[0]:
        transaction.on_commit(lambda: files.drop_choices(batch, kept=set()), robust=True)


#: What an overlap carries where nobody would lose anything.
NOTHING_FOUND = {"visitors": 0, "losing": 0, "cells": 0, "batches": [], "store": ""}
#: What it carries before anybody chooses.
NOT_CHOSEN = {
    "choice": "",
    "chosen_by": None,
    "chosen_at": None,
    "reason": "",
    "is_made": False,
    "as_checked": [],
    "attributes": [],
    "left_out": 0,
}
