"""What a person makes of a batch that would make Target lose values (F12)."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.timezone import now

from uploads import audit, batchfile, explanations, files, queue
from uploads.models import Batch, BatchState, Overlap, User

from . import binding, overlaps

_TOLD = {
    Overlap.Choice.CARRY_OVER: "batch.overlap-carried",
    Overlap.Choice.LEAVE_OUT: "batch.overlap-left-out",
    Overlap.Choice.SEND_ANYWAY: "batch.overlap-accepted",
}


def may_choose(overlap: Overlap, choice: Overlap.Choice) -> bool:
    """Whether there is such a choice. What could not be compared can only be sent as it is, or not.

    Values are not carried over again where rows would become too long (F8).
    """
    if choice == Overlap.Choice.SEND_ANYWAY:
        return overlap.is_lossy
    if overlap.failure or not overlap.losing:
        return False
    if choice == Overlap.Choice.CARRY_OVER:
        return not overlap.oversized
    return overlap.losing < sum(part.rows for part in overlaps.checked_parts(overlap))


def choose(actor: User, batch: Batch, choice: Overlap.Choice, seen: str, reason: str = "") -> bool:
    """Choose what becomes of the values that Target would lose by exactly what `seen` is the digest of.

    A worker then makes the parts that way; until it has, the batch does not go. reason: needed where it is
    sent anyway. False where the batch is not (or no longer) ready or not what was seen, or there is no such
    choice.
    """
    with transaction.atomic():
        binding.hold(batch)
        overlap = overlaps.overlap_of(batch)
        if batch.state != BatchState.READY or seen != binding.digest_of(batch):
            return False
        if overlap is None or overlaps.gate_of(batch) == overlaps.Gate.COMPARING:
            return False
        if not may_choose(overlap, choice):
            return False
        overlap.batch = batch
        overlaps.restore_parts(overlap)
        is_made = choice == Overlap.Choice.SEND_ANYWAY
        said = {
            "choice": choice,
            "chosen_by": actor,
            "chosen_at": now(),
            "reason": reason,
            "is_made": is_made,
        }
        Overlap.objects.filter(pk=batch.pk).update(
            **overlaps.NOT_CHOSEN | said | {"attempts": 0, "claim": None, "lease_until": None}
        )
        facts = {"rows": overlap.losing, "cells": overlap.cells} | ({"reason": reason} if reason else {})
        audit.record(actor, _TOLD[choice], batch, **facts)
        if not is_made:
            queue.ring("compare", batch.pk)
    return True


def open_overlap(batch: Batch) -> batchfile.OverlapStore:
    """Ids and values of what earlier batches have, too; raises FileNotFoundError where nothing is kept."""
    overlap = overlaps.overlap_of(batch)
    if overlap is None or not overlap.store:
        raise FileNotFoundError
    return batchfile.OverlapStore.open(files.overlap_path(batch, overlap.store))


def has_left_out(batch: Batch) -> bool:
    """Whether rows were left out so that Target loses nothing."""
    return Overlap.objects.filter(pk=batch.pk, left_out__gt=0).exists()


def left_out_lines(actor: User, batch: Batch) -> Iterator[str]:
    """The rows that were left out because Target would lose values by them, to be uploaded again later.

    Noted in the audit log, because it holds values of rows. Raises FileNotFoundError where there are none.
    """
    overlap = overlaps.overlap_of(batch)
    if overlap is None or not overlap.left_out:
        raise FileNotFoundError
    overlap.batch = batch
    parts = [files.part_path(part) for part in overlaps.checked_parts(overlap)]
    store = files.overlap_path(batch, overlap.store)
    audit.record(actor, "batch.report-downloaded", batch, report="overlap")
    return batchfile.left_out_lines(parts, store, explanations.explain_overlap, batch=str(batch.pk))
