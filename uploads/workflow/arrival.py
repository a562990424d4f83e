"""Proof of arrival: profiles drawn from a batch that has ended are read back from Target (T12, T13).

What was found of each is a look (see `looks`), a file of the batch; the database has nothing but counts.
"""

from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from uploads import audit, files, queue, target
from uploads.models import ArrivalCheck, Batch, BatchState, Part, User
from uploads.models.states import FINAL_BATCH_STATES

from . import locks, looks
from .leases import NO_CLAIM

GivenUp = ArrivalCheck.GivenUp
#: After these, profiles are read back without anybody asking for it.
_PROVEN_STATES = (BatchState.COMPLETE, BatchState.COMPLETE_WITH_FAILURES)
#: Who asks for more waits for minutes, and takes calls from others.
MOST_PROFILES = 1000


class Arrival(StrEnum):
    """What became of one profile, by the worst of its values; the names of the counts of `ArrivalCheck`."""

    CARRYING = "carrying"
    CHANGED = "changed"
    DIFFERING = "differing"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"


def plan(batch: Batch) -> None:
    """Have profiles read back some time after the batch has ended; call it in the transaction of its end."""
    wanted = batch.destination.proof_profiles
    if not wanted or batch.state not in _PROVEN_STATES or not parts_that_arrived(batch):
        return
    first, *later = settings.ARRIVAL_HOURS
    # T12 is about Target: the sandbox shows at once what it took.
    for delay in (timedelta(0) if batch.destination.is_sandbox else first, *later):
        check = ArrivalCheck.objects.create(batch=batch, wanted=wanted, due_at=Now() + delay)
        if not delay:
            queue.ring("prove", check.pk)


def can_be_proven(batch: Batch) -> bool:
    """Whether profiles can be read back: the batch has ended, Target took rows, its files are whole."""
    is_whole = not (batch.files_deleted_at or batch.forgotten_at)
    return batch.state in FINAL_BATCH_STATES and is_whole and bool(parts_that_arrived(batch))


def ask_to_prove(actor: User, batch: Batch, profiles: int) -> bool:
    """Have so many profiles of a batch read back now; False where that cannot be, or is under way.

    `profiles` above MOST_PROFILES are as many.
    """
    with transaction.atomic():
        batch = locks.batch(batch.pk)
        if not can_be_proven(batch) or batch.arrival_checks.samples().under_way().exists():
            return False
        wanted = min(profiles, MOST_PROFILES)
        check = ArrivalCheck.objects.create(batch=batch, asked_by=actor, wanted=wanted, due_at=Now())
        audit.record(actor, "batch.arrival-asked", batch, profiles=wanted)
        queue.ring("prove", check.pk)
    return True


def look_of(check: ArrivalCheck) -> dict | None:
    """What a check has found so far, of each profile; None before it begins, and when its file is gone."""
    return looks.kept(files.arrival_name(check))


def hand_out_look(actor: User, check: ArrivalCheck) -> dict:
    """What a check has found, for a download: noted in the audit log, because it holds values of rows.

    Raises FileNotFoundError where it is gone.
    """
    look = look_of(check)
    if look is None:
        raise FileNotFoundError
    audit.record(actor, "batch.report-downloaded", check.batch, report="not-as-sent")
    return look


def arrival_of(profile: dict, part: Part) -> Arrival | None:
    """What became of a profile of a look; None while it waits."""
    if profile["state"] != "found":
        return {"unknown": Arrival.UNKNOWN, "unanswered": Arrival.UNANSWERED}.get(profile["state"])
    found = set(looks.matches(profile, part.sending_at).values())
    if found & {target.Match.MISSING, target.Match.OTHER}:
        return Arrival.DIFFERING
    return Arrival.CHANGED if target.Match.CHANGED_SINCE in found else Arrival.CARRYING


def parts_that_arrived(batch: Batch) -> list[Part]:
    """The parts that Target said it took, without those that others replaced, in their order."""
    parts = list(batch.parts.taken().order_by("number"))
    for part in parts:
        part.batch = batch
    return parts


def give_up_all(batch: Batch, why: GivenUp) -> None:
    """End what is planned or under way for a batch, in the transaction that takes its files away."""
    batch.arrival_checks.open().update(due_at=None, given_up=why, **NO_CLAIM)
