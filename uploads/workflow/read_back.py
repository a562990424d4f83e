"""Reading a few of a part's profiles back from Target (T13), for the person who decides about the part.

What was sent and what Target has are values of rows: they are kept as a file of the batch, never in the
database.
"""

import json
import shutil
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, batchfile, files, queue, target
from uploads.models import Call, Part, User
from uploads.sealing import CannotUnseal

from . import calls
from .leases import LEASE, put_off

#: How many profiles are looked up; always the same ones of a part, so that two looks can be compared.
PROFILES = 10
TIMEOUTS = target.Timeouts(connect=5, stall=10, total=20)


def ask_to_read_back(actor: User, part: Part) -> bool:
    """Have profiles of a part read back; False while that is under way, or where it was never sent."""
    with transaction.atomic():
        idle = Part.objects.filter(pk=part.pk, read_back_due_at=None).exclude(sending_at=None)
        if idle.update(read_back_due_at=Now()) != 1:
            return False
        profiles = min(PROFILES, part.rows)
        audit.record(actor, "part.read-back", part.batch, part=part.number, profiles=profiles)
        queue.ring("read-back", part.pk)
    return True


def read_back_of(part: Part) -> dict | None:
    """What the last look found, as `read_back` keeps it; None before the first."""
    try:
        with files.open_read_back(part) as kept:
            return json.load(kept)
    except FileNotFoundError:
        return None


def read_back(part_id: int) -> None:
    """Look up the profiles of a part that somebody asked for, if that is due; safe to run twice.

    Where no call is free (T11) or Target refuses to serve, what is left waits for its next turn.
    """
    part = Part.objects.select_related("batch__destination").filter(pk=part_id).first()
    if part is None or not calls.available(part.batch.destination):
        return
    # Moving the due time on is the claim: one conditional UPDATE, which one worker wins.
    if Part.objects.due_to_read_back().filter(pk=part.pk).update(read_back_due_at=Now() + LEASE) != 1:
        return
    with put_off(part, "read_back_due_at"):
        found = read_back_of(part)
        if found is None or found["finished"]:
            found = _begun(part)
        pause = _look_up(part, found)
        found["finished"] = pause is None
        found["at"] = now().isoformat()
        _keep(part, found)
    ended = {"read_back_due_at": None, "read_back_at": Now()} if pause is None else {}
    Part.objects.filter(pk=part.pk).update(**(ended or {"read_back_due_at": Now() + pause}))


def _begun(part: Part) -> dict:
    """A look that has yet to be taken: each profile with what the part carries for it.

    `state` of a profile: waiting, found, unknown (to Target) or unanswered. `attributes` holds what Target
    has of those that were sent: name to value and the time of its last change, ISO 8601, if Target tells.
    """
    try:
        with files.open_part(part) as body:
            sample = batchfile.sample_rows(body, part.rows, PROFILES, seed=part.sha256)
    except FileNotFoundError:
        return {"key": "", "profiles": []}
    profiles = [
        {"id": row.identifier, "sent": row.values, "state": "waiting", "attributes": {}}
        for row in sample.rows
    ]
    return {"key": sample.key, "profiles": profiles}


def _look_up(part: Part, found: dict) -> timedelta | None:
    """Look up each profile that still waits; returns after which pause to go on, None at the end."""
    destination = part.batch.destination
    try:
        account = destination.target_account()
    except CannotUnseal:
        calls.pause_for_token(destination)
        return calls.BUDGET_PAUSE
    for profile in found["profiles"]:
        if profile["state"] != "waiting":
            continue
        call = calls.reserve(part, Call.Kind.PROFILE)
        if call is None:
            return calls.BUDGET_PAUSE
        try:
            known = target.fetch_profile(account, found["key"], profile["id"], timeouts=TIMEOUTS)
        except target.PollFailed as error:
            calls.answered(call, error.kind, error.http_status)
            if error.kind == "token":
                calls.pause_for_token(destination, call)
                return calls.BUDGET_PAUSE
            if error.kind == "busy":
                return calls.slow_down(destination, error.retry_after)
            profile["state"] = "unanswered"
        else:
            calls.answered(call, "found" if known else "not-found", 200 if known else 404)
            profile["state"] = "found" if known else "unknown"
            profile["attributes"] = _of_those_sent(known, profile["sent"]) if known else {}
    return None


def _of_those_sent(known: target.Profile, sent: dict[str, str]) -> dict[str, list[str | None]]:
    return {
        name: [attribute.value, attribute.modified_at.isoformat() if attribute.modified_at else None]
        for name, attribute in known.attributes.items()
        if name in sent
    }


def _keep(part: Part, found: dict) -> None:
    folder = files.work_folder(uuid.uuid4())
    folder.mkdir(mode=0o700, parents=True)
    try:
        path = folder / "read-back.json"
        path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        files.keep(path, files.read_back_name(part))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
