"""Comparing a batch with those that its account was sent before (F12), in a worker, under a claim."""

import logging
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.timezone import now

from uploads import audit, batchfile, files, local_files, queue
from uploads.models import Batch, BatchState, Overlap, Part
from uploads.models.states import COMPARED_BATCH_STATES
from uploads.storage import StorageUnavailable

from . import binding, overlaps, part_files, sending
from .fingerprints import Fingerprints, fingerprint_key
from .leases import NO_CLAIM, claim_fields, kept_alive, wait_for_storage

logger = logging.getLogger(__name__)

#: A comparison that dies this often is given up, with an honest word.
MOST_ATTEMPTS = 3
#: Batches that nobody has sent for longer are compared once somebody looks at them.
STILL_MOVING = timedelta(days=1)


def compare(batch_id: int) -> None:
    """Bring what is known of a batch's overlap up to date; safe to run twice, late or at once.

    Where a person has chosen what becomes of it, its parts are made that way.
    """
    batch = Batch.objects.to_be_compared().select_related("destination").filter(pk=batch_id).first()
    if batch is None or not overlaps.has_work(batch):
        return
    overlap = _claim(batch)
    if overlap is None:
        return
    if overlap.attempts > MOST_ATTEMPTS:
        _give_up(overlap, "gave-up")
        return
    with local_files.scratch_folder(overlap.claim) as folder:
        try:
            with kept_alive(overlap):
                if overlaps.is_up_to_date(batch, overlap):
                    _make(overlap, folder)
                else:
                    _compare_in(overlap, folder)
        except StorageUnavailable:
            wait_for_storage(overlap, "attempts")
        except part_files.NotAsChecked:
            _give_up(overlap, "file-changed")
        except batchfile.ForeignFingerprints:
            _give_up(overlap, "other-key")
        except batchfile.OversizedRows as found:
            _take_back(overlap, found.count)
        finally:
            Overlap.objects.filter(pk=batch.pk, claim=overlap.claim).update(**NO_CLAIM)
    if overlaps.has_work(batch):
        queue.ring("compare", batch.pk)


def ask_to_compare(batch: Batch) -> None:
    """Have a batch that somebody looks at compared, where the sweep no longer sees to that."""
    queue.ring("compare", batch.pk)


def ring_for_comparisons() -> None:
    """Have what may be sent soon compared with what was released meanwhile."""
    lying = Q(state=BatchState.READY, checked_at__lt=now() - STILL_MOVING)
    for batch in Batch.objects.to_be_compared().exclude(lying).select_related("destination"):
        if overlaps.has_work(batch):
            queue.ring("compare", batch.pk)


def _claim(batch: Batch) -> Overlap | None:
    """What is known so far, for this worker alone; None where another one is at it."""
    Overlap.objects.get_or_create(batch=batch)
    claim = claim_fields()
    free = Overlap.objects.unclaimed().filter(pk=batch.pk)
    if free.update(**claim, attempts=F("attempts") + 1) != 1:
        return None
    overlap = Overlap.objects.filter(pk=batch.pk, claim=claim["claim"]).first()
    if overlap is not None:
        overlap.batch = batch
    return overlap


def _compare_in(overlap: Overlap, folder: Path) -> None:
    batch = overlap.batch
    known = {int(number): mark for number, mark in overlap.shares_with.items()}
    before = set(overlaps.released_before(batch).values_list("pk", flat=True))
    # What had no id in common will never have one: its parts do not change.
    candidates = before - (set(overlap.compared_with) - known.keys())
    fingerprints = Fingerprints(folder)
    mine = overlaps.checked_parts(overlap)
    shared = fingerprints.sharing(batch, mine, overlaps.earlier_of(batch, candidates))
    found = {
        "compared_with": sorted(before | set(overlap.compared_with)),
        "shares_with": {str(each.batch.pk): each.mark for each in shared},
        "for_loss": overlaps.is_about_loss(batch),
    }
    # What was found of a batch whose files are deleted by now still holds.
    lasting = {number for number in known.keys() - before if not overlaps.has_files(number)}
    is_same = {number: mark for number, mark in known.items() if number not in lasting} == {
        each.batch.pk: each.mark for each in shared
    }
    if overlap.compared_at and is_same and overlap.for_loss == found["for_loss"]:
        _keep(overlap, found | {"shares_with": overlap.shares_with})
        return
    losing = {each.batch.pk for each in shared if found["for_loss"] and overlaps.is_about_loss(each.batch)}
    store = files.new_overlap(overlap.claim)
    try:
        summary = _compared(overlap, shared, losing, fingerprints, folder / store) if shared else None
    except (part_files.NotAsChecked, batchfile.ForeignFingerprints):
        if losing:
            raise
        # Only an estimate (F8) would have come of it, for which nothing is to wait.
        summary = None
    if summary is None:
        _keep(overlap, found | overlaps.NOTHING_FOUND)
        return
    # Fingerprints may agree by chance: what was compared id by id has an id in common, or has not.
    apart = {str(number) for number in losing} - {str(each["number"]) for each in summary["batches"]}
    found["shares_with"] = {
        number: mark for number, mark in found["shares_with"].items() if number not in apart
    }
    _keep(overlap, found | summary | {"store": store}, folder / store)


def _compared(
    overlap: Overlap,
    shared: list[overlaps.Earlier],
    losing: set[int],
    fingerprints: Fingerprints,
    output: Path,
) -> dict:
    """Compare with these, and keep what is found in that file; losing: those of which values may be lost."""
    batch, parts = overlap.batch, overlaps.checked_parts(overlap)
    found = batchfile.compare(
        part_files.proven_paths(batch, parts),
        fingerprints.of(batch, parts),
        [fingerprints.with_files(each, may_lose=each.batch.pk in losing) for each in shared],
        key=fingerprint_key(),
        output=output,
        work=output.parent,
    )
    return found.to_json()


def _keep(overlap: Overlap, found: dict, store: Path | None = None) -> None:
    """Let it count, unless the batch is on its way or somebody else compares it by now.

    store: the file that goes with it. A choice that was made for something else is void.
    """
    batch, old = overlap.batch, overlap.store
    with files.offered({files.overlap_name(batch, found["store"]): store} if store else {}) as accept:
        if not _let_it_count(overlap, found):
            return
        accept()
    if "store" in found and old:
        files.discard(files.overlap_name(batch, old))


def _let_it_count(overlap: Overlap, found: dict) -> bool:
    batch = overlap.batch
    with transaction.atomic():
        binding.hold(batch)
        current = Overlap.objects.select_related("batch").filter(pk=batch.pk, claim=overlap.claim).first()
        if current is None or batch.state not in COMPARED_BATCH_STATES:
            return False
        is_new = any(found.get(name, value) != value for name, value in current.found.items())
        updates = found | {"compared_at": now(), "failure": "", "attempts": 0} | NO_CLAIM
        if is_new:
            updates["oversized"] = 0
        if is_new and current.choice:
            # Whose first rows were cut off those that go now.
            part_files.make_whole(batch)
            overlaps.restore_parts(current)
            updates |= overlaps.NOT_CHOSEN
            audit.record(None, "batch.overlap-void", batch)
        Overlap.objects.filter(pk=batch.pk).update(**updates)
        if is_new and found["losing"]:
            facts = {"rows": found["losing"], "cells": found["cells"], "batches": _losing(found)}
            audit.record(None, "batch.overlap-found", batch, **facts)
        if is_new and (found["losing"] or current.losing):
            _make_ready(batch)
    return True


def _losing(found: dict) -> list[str]:
    return [str(each["number"]) for each in found["batches"] if each["attributes"]]


def _make_ready(batch: Batch) -> None:
    """Take a batch that somebody has scheduled, or asked approval for, back to whoever sends it."""
    if batch.state == BatchState.SCHEDULED:
        sending.make_ready(None, batch, "batch.schedule-void", "schedule-overlap")
    elif batch.state == BatchState.AWAITING_APPROVAL:
        binding.void(batch)


def _make(overlap: Overlap, folder: Path) -> None:
    """Make the parts as a person has chosen: with values of earlier batches, or without rows."""
    batch, choice = overlap.batch, Overlap.Choice(overlap.choice)
    paths = part_files.proven_paths(batch, overlaps.checked_parts(overlap))
    store = files.overlap_path(batch, overlap.store)
    attributes, left_out = batch.attributes, 0
    if choice == Overlap.Choice.CARRY_OVER:
        carried = batchfile.carry_over(paths, store, folder, batchfile.PartLimits())
        made, attributes = carried.parts, carried.attributes
    else:
        thinned = batchfile.leave_out(paths, store, folder, batchfile.PartLimits())
        made, left_out = thinned.parts, thinned.rows
    parts = part_files.numbered(batch, made, files.made_by(choice, overlap.claim))
    offer = {files.part_name(part): each.path for part, each in zip(parts, made, strict=True)}
    with files.offered(offer) as accept:
        if _put(overlap, parts, attributes=list(attributes), left_out=left_out):
            accept()


def _put(overlap: Overlap, parts: list[Part], **said) -> bool:
    """Let these be the parts, unless the batch is on its way or somebody has chosen anew."""
    batch = overlap.batch
    with transaction.atomic():
        mine = _still_to_be_made(overlap)
        if not mine.exists():
            return False
        as_checked = [[part.rows, part.bytes, part.sha256] for part in overlaps.checked_parts(overlap)]
        part_files.put(batch, parts)
        mine.update(is_made=True, as_checked=as_checked, attempts=0, **said, **NO_CLAIM)
    return True


def _take_back(overlap: Overlap, oversized: int) -> None:
    """Void the choice to carry over, by which so many rows would become too long (F8); a person chooses anew.

    Unless the batch is on its way or somebody has chosen anew.
    """
    with transaction.atomic():
        taken_back = overlaps.NOT_CHOSEN | {"oversized": oversized, "attempts": 0} | NO_CLAIM
        if _still_to_be_made(overlap).update(**taken_back):
            audit.record(None, "batch.overlap-oversized", overlap.batch, rows=oversized)


def _still_to_be_made(overlap: Overlap) -> QuerySet[Overlap]:
    """The overlap, whose batch is held from now on, if the choice is still this worker's to carry out."""
    batch = overlap.batch
    binding.hold(batch)
    if batch.state != BatchState.READY:
        return Overlap.objects.none()
    return Overlap.objects.filter(pk=batch.pk, claim=overlap.claim, choice=overlap.choice, is_made=False)


def _give_up(overlap: Overlap, failure: str) -> None:
    Overlap.objects.filter(pk=overlap.pk, claim=overlap.claim).update(failure=failure, **NO_CLAIM)
