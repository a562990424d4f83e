"""Reading a few of a part's profiles back from Target (T13), for the person who decides about the part."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, batchfile, files, queue
from uploads.models import Part, User

from . import calls, looks
from .leases import LEASE, put_off

#: How many profiles are looked up; always the same ones of a part, so that two looks can be compared.
PROFILES = 10


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
    """What the last look found (see `looks`; `finished`, and `at` in ISO 8601); None before the first."""
    return looks.kept(files.read_back_name(part))


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
        look = read_back_of(part)
        if look is None or look["finished"]:
            look = _begun(part)
        pause = looks.go_on(part.batch.destination, look, lambda _profile: part)
        look["finished"] = pause is None
        look["at"] = now().isoformat()
        looks.keep(files.read_back_name(part), look)
    ended = {"read_back_due_at": None, "read_back_at": Now()} if pause is None else {}
    Part.objects.filter(pk=part.pk).update(**(ended or {"read_back_due_at": Now() + pause}))


def _begun(part: Part) -> dict:
    """A look that has yet to be taken; without profiles where the part's file is gone."""
    try:
        with files.open_part(part) as body:
            sample = batchfile.sample_rows(body, part.rows, PROFILES, seed=part.sha256)
    except FileNotFoundError:
        return {"key": "", "profiles": []}
    profiles = [looks.waiting(part, row.identifier, row.values) for row in sample.rows]
    return {"key": sample.key, "profiles": profiles}
