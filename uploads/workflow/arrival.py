"""Proof of arrival: profiles drawn from a batch that has ended are read back from Target (T12, T13).

What was found of each is a look (see `looks`), a file of the batch; the database has nothing but counts.
"""

import json
import math
from collections import Counter
from datetime import timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from uploads import audit, batchfile, files, queue, target
from uploads.models import ArrivalCheck, Batch, BatchState, Part, User
from uploads.models.states import ACCEPTED_PART_STATES, FINAL_BATCH_STATES

from . import calls, looks
from .leases import NO_CLAIM, claim_fields, kept_alive

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
        batch = Batch.objects.select_for_update().get(pk=batch.pk)
        if not can_be_proven(batch) or batch.arrival_checks.under_way().exists():
            return False
        wanted = min(profiles, MOST_PROFILES)
        check = ArrivalCheck.objects.create(batch=batch, asked_by=actor, wanted=wanted, due_at=Now())
        audit.record(actor, "batch.arrival-asked", batch, profiles=wanted)
        queue.ring("prove", check.pk)
    return True


def prove(check_id: int) -> None:
    """Go on with a check of arrival that is due; safe to run twice, late, or at once with another.

    Where no call is free (T11) or Target refuses to serve, what is left waits for its next turn.
    """
    check = ArrivalCheck.objects.select_related("batch__destination").filter(pk=check_id).first()
    if check is None or not calls.available(check.batch.destination) or not _claim(check):
        return
    parts = {part.number: part for part in parts_that_arrived(check.batch)}
    with kept_alive(check):
        try:
            look = look_of(check) or _drawn(check, list(parts.values()))
        except FileNotFoundError:
            _give_up(check, GivenUp.FILE_MISSING)
            return
        destination = check.batch.destination
        pause = looks.go_on(destination, look, lambda each: parts[each["part"]], tells_calls=False)
        looks.keep(files.arrival_name(check), look)
        _record(check, look, parts, pause)


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
    taken = batch.parts.counted().filter(state__in=ACCEPTED_PART_STATES)
    parts = list(taken.order_by("number"))
    for part in parts:
        part.batch = batch
    return parts


def _claim(check: ArrivalCheck) -> bool:
    """Take a due check; give it up where the batch's files are no longer what was sent."""
    with transaction.atomic():
        # Whoever takes rows out of the files, or deletes them, takes turns with this.
        batch = Batch.objects.select_for_update().get(pk=check.batch_id)
        if batch.files_deleted_at or batch.forgotten_at:
            _give_up(check, GivenUp.FILES_DELETED if batch.files_deleted_at else GivenUp.FORGOTTEN)
            return False
        if ArrivalCheck.objects.due().filter(pk=check.pk).update(**claim_fields()) != 1:
            return False
    check.refresh_from_db(fields=["claim"])
    return True


def give_up_all(batch: Batch, why: GivenUp) -> None:
    """End what is planned or under way for a batch, in the transaction that takes its files away."""
    batch.arrival_checks.open().update(due_at=None, given_up=why, **NO_CLAIM)


def _give_up(check: ArrivalCheck, why: GivenUp) -> None:
    ArrivalCheck.objects.open().filter(pk=check.pk).update(due_at=None, given_up=why, **NO_CLAIM)


def _drawn(check: ArrivalCheck, parts: list[Part]) -> dict:
    """A look that has yet to be taken; raises FileNotFoundError where a part's file is gone.

    Every choice among the rows that Target took and did not list as failed is as likely as any other. The
    same number draws the same rows of a batch again, so that two looks can be compared.
    """
    rows = sum(part.rows for part in parts)
    listed = min(sum(part.listed or 0 for part in parts), rows - 1)
    # As many more as will be among the failed ones (T9), which are known and not looked up.
    draws = math.ceil(check.wanted * rows / (rows - listed))
    order = {each: turn for turn, each in enumerate(batchfile.draw(rows, draws, check.batch.folder.hex))}
    found, key, first = {}, "", 0
    for part in parts:
        turns = {each - first: turn for each, turn in order.items() if first <= each < first + part.rows}
        first += part.rows
        if not turns:
            continue
        with files.open_part(part) as body:
            sample = batchfile.rows_at(body, turns)
        if len(sample.rows) != len(turns):
            raise FileNotFoundError  # What lies there now is another file.
        key = sample.key
        failed = _failed_among({row.identifier for row in sample.rows}, part)
        for place, row in zip(sorted(turns), sample.rows, strict=True):
            if row.values and row.identifier not in failed:
                found[turns[place]] = looks.waiting(part, row.identifier, row.values)
    # The first ones of the draw, in the order of the file.
    chosen = set(sorted(found)[: check.wanted])
    profiles = [each for turn, each in found.items() if turn in chosen]
    return {"key": key, "profiles": profiles, "rows": rows, "left_out": len(order) - len(found)}


def _failed_among(identifiers: set[str], part: Part) -> set[str]:
    """Those of them that Target lists as failed (T9)."""
    if not part.listed:
        return set()
    with files.open_listed(part) as listed:
        named = (each for line in listed for each in target.possible_ids(json.loads(line)))
        return {each for each in named if each in identifiers}


def _record(check: ArrivalCheck, look: dict, parts: dict[int, Part], pause: timedelta | None) -> None:
    """Note how far it is; where all was looked up, that it is finished, once."""
    found = Counter(arrival_of(each, parts[each["part"]]) for each in look["profiles"])
    counts = {str(each): found[each] for each in Arrival}
    progress = {
        "rows": look["rows"],
        "left_out": look["left_out"],
        "sampled": len(look["profiles"]),
        "looked_up": len(look["profiles"]) - found[None],
        **NO_CLAIM,
    }
    mine = ArrivalCheck.objects.open().filter(pk=check.pk, claim=check.claim)
    if pause is not None:
        mine.update(due_at=Now() + pause, **progress)
        return
    with transaction.atomic():
        if mine.update(due_at=None, finished_at=Now(), **progress, **counts):
            facts = {"sampled": progress["sampled"], **counts}
            audit.record(None, "batch.arrival-checked", check.batch, **facts)
