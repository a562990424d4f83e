"""Looking profiles up at Target (T13): the one way in which rows of ours are read back.

A *look* is what is kept of that: a JSON file of the batch, never anything of the database or of a job, for
it holds values of rows. `key` says what the identifiers are; `profiles` holds, of each:

    id, sent       the identifier, and name to value
    part           the number of its part
    state          waiting, found, unknown (to Target) or unanswered
    attributes     what Target has of those sent: name to value and the time of its last change, ISO 8601, if
                   Target tells
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from uploads import files, local_files, target
from uploads.models import Call, Destination, Part
from uploads.sealing import CannotUnseal

from . import calls

TIMEOUTS = target.Timeouts(connect=5, stall=10, total=20)
#: What one job spends on profiles before polls get their turn; the sweep rings for the rest.
SLICE_SECONDS = 10


def waiting(part: Part, identifier: str, sent: dict[str, str]) -> dict:
    """A profile that has yet to be looked up: an identifier and the values that a part carries for it."""
    return {"id": identifier, "part": part.number, "sent": sent, "state": "waiting", "attributes": {}}


def go_on(
    destination: Destination, look: dict, part_of: Callable[[dict], Part], *, tells_calls: bool = True
) -> timedelta | None:
    """Look up profiles of the look that still wait, for a few seconds.

    part_of: whose call it is. tells_calls: whether the audit log hears of each. Returns after which pause to
    go on, because the time is over, no call is free (T11), or Target refuses to serve; None at the end.
    """
    try:
        account = destination.target_account()
    except CannotUnseal:
        calls.pause_for_token(destination)
        return calls.BUDGET_PAUSE
    until = time.monotonic() + SLICE_SECONDS
    for profile in look["profiles"]:
        if profile["state"] != "waiting":
            continue
        if time.monotonic() > until:
            return timedelta(0)
        call = calls.reserve(part_of(profile), Call.Kind.PROFILE)
        if call is None:
            return calls.BUDGET_PAUSE
        outcome = _look_up(account, look["key"], profile)
        calls.answered(call, outcome.word, outcome.http_status, is_told=tells_calls)
        pause = _pause_after(outcome, destination, call)
        if pause is not None:
            return pause
    return None


def matches(profile: dict, sending_at: datetime) -> dict[str, target.Match]:
    """Each value that was sent, by its name, beside what Target had."""
    return {
        name: target.compare(value, found_of(profile, name), sending_at)
        for name, value in profile["sent"].items()
    }


def found_of(profile: dict, name: str) -> target.Attribute | None:
    """An attribute that was sent, as Target had it; None where it had none."""
    value, modified_at = profile["attributes"].get(name, (None, None))
    if value is None:
        return None
    return target.Attribute(value, datetime.fromisoformat(modified_at) if modified_at else None)


def kept(name: str) -> dict | None:
    """The look under this storage name; None where there is none (yet, or any more)."""
    try:
        with files.open_kept(name) as look:
            return json.load(look)
    except FileNotFoundError:
        return None


def keep(name: str, look: dict) -> None:
    """Keep a look under this storage name, in place of what was there."""
    with local_files.scratch_folder() as folder:
        path = folder / "look.json"
        path.write_text(json.dumps(look, ensure_ascii=False), encoding="utf-8")
        files.keep(path, name)


def without(look: dict, identifier: str) -> dict:
    """The look without a person."""
    return {**look, "profiles": [each for each in look["profiles"] if each["id"] != identifier]}


@dataclass(frozen=True)
class _Outcome:
    """What became of one call; retry_after: seconds, as Target wishes."""

    word: str
    http_status: int | None
    retry_after: float | None = None


def _look_up(account: target.Account, key: str, profile: dict) -> _Outcome:
    """Look one profile up; it goes on waiting where Target did not serve us."""
    try:
        known = target.fetch_profile(account, key, profile["id"], timeouts=TIMEOUTS)
    except target.PollFailed as error:
        if error.kind not in ("token", "busy"):
            profile["state"] = "unanswered"
        return _Outcome(error.kind, error.http_status, error.retry_after)
    profile["state"] = "found" if known else "unknown"
    profile["attributes"] = _of_those_sent(known, profile["sent"]) if known else {}
    return _Outcome("found", 200) if known else _Outcome("not-found", 404)


def _pause_after(outcome: _Outcome, destination: Destination, call: Call) -> timedelta | None:
    if outcome.word == "token":
        calls.pause_for_token(destination, call)
        return calls.BUDGET_PAUSE
    if outcome.word == "busy":
        return calls.slow_down(destination, outcome.retry_after)
    return None


def _of_those_sent(known: target.Profile, sent: dict[str, str]) -> dict[str, list[str | None]]:
    return {
        name: [attribute.value, attribute.modified_at.isoformat() if attribute.modified_at else None]
        for name, attribute in known.attributes.items()
        if name in sent
    }
