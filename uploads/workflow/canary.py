"""The canary: the first rows of a batch go alone, all others are held back until those are proven.

The first rows are a part of their own, cut off the first part as it was checked: the same rows, byte for
byte, in two files. What the held parts wait for follows from the database alone, and `settle` asks it here.
"""

import math
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, batchfile, files, local_files, queue
from uploads.models import ArrivalCheck, Batch, Canary, Destination, Part, PartState, User
from uploads.models.canary import MOST_ROWS
from uploads.models.states import ACCEPTED_PART_STATES, FINAL_PART_STATES

from . import calls, part_files
from .arrival import Arrival, arrival_of

AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class FirstRows:
    """That so many rows go alone first, and what is to become of the rest once they are proven."""

    rows: int
    then: Canary.Then


@dataclass(frozen=True)
class Cut:
    """The first part of a batch, cut in two that belong to nobody yet. whole: its SHA-256 in hex.

    made_by: how the names of their files in storage begin.
    """

    whole: str
    first: batchfile.PartFile
    rest: batchfile.PartFile
    made_by: str

    def parts(self, batch: Batch) -> list[Part]:
        """The two as parts, not saved."""
        return part_files.numbered(batch, (self.first, self.rest), self.made_by)


def most_first_rows(batch: Batch) -> int:
    """So many rows of a batch can go alone: 0 where it has one, or none."""
    rows = batch.parts.order_by("number").values_list("rows", flat=True).first() or 0
    return max(0, min(MOST_ROWS, rows - 1))


def minutes_to_read_back(rows: int) -> int:
    """How long looking up so many profiles takes, where nothing else is sent (T11)."""
    return math.ceil(rows / calls.CALLS_BEFORE_PROFILES)


@contextmanager
def cut_off(batch: Batch, wanted: FirstRows | None) -> Iterator[Cut | None]:
    """The first rows cut off, for as long as the block lasts: work on files, to be done outside transactions.

    None where nobody wants that, or it cannot be.
    """
    part = batch.parts.order_by("number").first()
    if wanted is None or part is None or not 1 <= wanted.rows <= most_first_rows(batch):
        yield None
        return
    part.batch = batch
    with local_files.scratch_folder() as folder:
        try:
            (path,) = part_files.proven_paths(batch, [part])
            made_by = files.made_by(files.CUT, uuid.uuid4())
            cut = Cut(part.sha256, *batchfile.cut(path, wanted.rows, folder), made_by)
        except (FileNotFoundError, part_files.NotAsChecked):
            yield None
            return
        pieces = zip(cut.parts(batch), (cut.first, cut.rest), strict=True)
        with files.offered({files.part_name(piece): each.path for piece, each in pieces}) as accept:
            yield cut
            if batch.parts.filter(made_by=made_by).exists():
                accept()


def hold_back(actor: User, batch: Batch, wanted: FirstRows, cut: Cut | None) -> bool:
    """Let the first rows be a part of their own and hold back all others, in the transaction that decides so.

    False where they could not be cut off, or the batch has other parts by now.
    """
    whole, *others = batch.parts.order_by("number")
    if cut is None or whole.sha256 != cut.whole:
        return False
    parts = cut.parts(batch)
    for part in others:
        # Their files stay as they are, names included.
        part.pk, part.made_as, part.number = None, part.number, part.number + 1
    as_prepared = [[part.rows, part.bytes, part.sha256, part.made_by] for part in (whole, *others)]
    for part in (parts[1], *others):
        part.is_held = True
    part_files.put(batch, [*parts, *others])
    Canary.objects.create(
        batch=batch, rows=wanted.rows, then=wanted.then, chosen_by=actor, as_prepared=as_prepared
    )
    facts = {"rows": wanted.rows, "rest": batch.accepted - wanted.rows, "then": wanted.then.value}
    audit.record(actor, "batch.first-rows-chosen", batch, **facts)
    return True


def first_part(batch: Batch) -> Part:
    """The part with the first rows: of those that were sent again, the one that counts."""
    part = batch.parts.order_by("number").first()
    while again := batch.parts.filter(resends=part).first():
        part = again
    return part


def wait_for_person(batch: Batch) -> bool:
    """Whether a person is to say what becomes of the held parts; else have done what they wait for.

    Call it in the transaction that changed a part, with the batch locked.
    """
    canary = Canary.objects.filter(pk=batch.pk)
    waits = canary.exists() and batch.parts.held().exists() and _has_told_all(batch)
    if waits:
        canary.filter(waits_since=None).update(waits_since=now())
    else:
        canary.exclude(waits_since=None).update(waits_since=None)
    return waits


def _has_told_all(batch: Batch) -> bool:
    """Whether the first rows say no more by themselves than they have said so far."""
    part = first_part(batch)
    if part.state not in FINAL_PART_STATES:
        return False
    if part.state in ACCEPTED_PART_STATES and not part.arrival_checks.exists():
        _plan(batch, part)
    return not part.is_undecided and not part.arrival_checks.open().exists()


def _plan(batch: Batch, part: Part) -> None:
    """Have the first rows read back, all of them."""
    delay = AT_ONCE if batch.destination.is_sandbox else settings.CANARY_MINUTES[0]
    check = ArrivalCheck.objects.create(batch=batch, part=part, wanted=part.rows, due_at=Now() + delay)
    if not delay:
        queue.ring("prove", check.pk)


def look_again(check: ArrivalCheck, look: dict) -> timedelta | None:
    """After which pause the profiles that are not proven are to be looked up once more; None for never.

    Target may take its time to show an update (T12); the sandbox shows at once what it took. In the look,
    they wait anew.
    """
    part = check.part
    if check.batch.destination.is_sandbox:
        return None
    ended = part.ended_at
    pause = next((ended + after - now() for after in settings.CANARY_MINUTES if ended + after > now()), None)
    unproven = [each for each in look["profiles"] if arrival_of(each, part) in _UNPROVEN]
    counts = Counter(arrival_of(each, part) for each in unproven)
    if pause is None or _is_all_explained(part, counts):
        return None
    for profile in unproven:
        profile["state"] = "waiting"
    return pause


_UNPROVEN = (Arrival.DIFFERING, Arrival.UNKNOWN, Arrival.UNANSWERED)


def is_proven(check: ArrivalCheck) -> bool:
    """Whether the first rows arrived: Target is done with them, and each profile carries the values sent.

    What was changed since (F13) tells neither way, but not all may be: Target may keep values otherwise than
    they were sent (F5).
    """
    part = check.part
    counts = Counter({each: getattr(check, each) for each in _UNPROVEN})
    is_done = part.state == PartState.COMPLETE or _leaves_only_unknown_out(part)
    return bool(check.finished_at and check.carrying) and is_done and _is_all_explained(part, counts)


def _is_all_explained(part: Part, unproven: Counter) -> bool:
    """Whether nothing is amiss: unproven are only visitors of whom Target said that it does not know them."""
    return unproven.total() == unproven[Arrival.UNKNOWN] <= _said_unknown(part)


def _said_unknown(part: Part) -> int:
    """Rows that Target left out because it knows no such visitor, as v1 does (F10)."""
    is_v1 = part.batch.destination.api_version == Destination.Version.V1
    return part.not_found or 0 if is_v1 else 0


def _leaves_only_unknown_out(part: Part) -> bool:
    if part.state != PartState.COMPLETE_WITH_FAILURES or part.failed or part.listed:
        return False
    return (part.updated or 0) + _said_unknown(part) >= part.rows
