"""The worker of the proof of arrival: draws profiles, looks them up at Target, counts what it found (T13)."""

import json
import math
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from uploads import audit, batchfile, files, target
from uploads.models import ArrivalCheck, Batch, Part

from . import binding, calls, canary, locks, looks, rest
from .arrival import Arrival, GivenUp, arrival_of, look_of, parts_that_arrived
from .leases import NO_CLAIM, claim_fields, kept_alive


def prove(check_id: int) -> None:
    """Go on with a check of arrival that is due; safe to run twice, late, or at once with another.

    Where no call is free (T11) or Target refuses to serve, what is left waits for its next turn.
    """
    check = _found(check_id)
    if check is None or not calls.available(check.batch.destination) or _lets_others_go_first(check):
        return
    if not _claim(check):
        return
    looked_into = [check.part] if check.part else parts_that_arrived(check.batch)
    parts = {part.number: part for part in looked_into}
    with kept_alive(check):
        try:
            look = look_of(check) or _drawn(check, looked_into)
        except FileNotFoundError:
            _give_up(check, GivenUp.FILE_MISSING)
            return
        destination = check.batch.destination
        pause = looks.go_on(destination, look, lambda each: parts[each["part"]], tells_calls=False)
        if check.part and pause is None:
            pause = canary.look_again(check, look)
        looks.keep(files.arrival_name(check), look)
        _record(check, look, parts, pause)


def _found(check_id: int) -> ArrivalCheck | None:
    check = ArrivalCheck.objects.select_related("batch__destination", "part").filter(pk=check_id).first()
    if check is not None and check.part is not None:
        check.part.batch = check.batch
    return check


def _lets_others_go_first(check: ArrivalCheck) -> bool:
    """Put a sample off where first rows are to be looked up: the rest of a batch waits for these."""
    account = Batch.objects.of_account(check.batch.destination)
    soon = Now() + calls.BUDGET_PAUSE
    first_rows = ArrivalCheck.objects.exclude(part=None).filter(batch__in=account, due_at__lte=soon)
    if check.part or not first_rows.exists():
        return False
    ArrivalCheck.objects.due().filter(pk=check.pk).update(due_at=soon)
    return True


def _claim(check: ArrivalCheck) -> bool:
    """Take a due check; give it up where the batch's files are no longer what was sent."""
    with transaction.atomic():
        # Whoever takes rows out of the files, or deletes them, takes turns with this.
        batch = locks.batch(check.batch_id)
        is_whole = not (batch.files_deleted_at or batch.forgotten_at)
        if is_whole and ArrivalCheck.objects.due().filter(pk=check.pk).update(**claim_fields()) != 1:
            return False
    if not is_whole:
        _give_up(check, GivenUp.FILES_DELETED if batch.files_deleted_at else GivenUp.FORGOTTEN)
        return False
    check.refresh_from_db(fields=["claim"])
    return True


def _give_up(check: ArrivalCheck, why: GivenUp) -> None:
    with transaction.atomic():
        if check.part:
            binding.hold(check.batch)
        ArrivalCheck.objects.open().filter(pk=check.pk).update(due_at=None, given_up=why, **NO_CLAIM)
        if check.part:
            rest.judge(check)


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
        mine.update(due_at=Now() + pause, **progress, **counts)
        return
    with transaction.atomic():
        if check.part:
            # Before its check: in this order, whoever needs both gets them.
            binding.hold(check.batch)
        if not mine.update(due_at=None, finished_at=Now(), **progress, **counts):
            return
        told = "batch.first-rows-checked" if check.part else "batch.arrival-checked"
        audit.record(None, told, check.batch, sampled=progress["sampled"], **counts)
        if check.part:
            check.refresh_from_db(fields=["finished_at", *counts])
            rest.judge(check)
