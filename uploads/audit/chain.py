"""The chain: how an event is hashed, and the walk along it that finds where it breaks."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max

from uploads.keys import UnknownKey
from uploads.models import AuditEvent, AuditHead

#: The last event of a key; `facts["key"]` names the key of those behind it.
KEY_CHANGED = "log.key-changed"

#: Events read at a time: no query stays open, however long the log is.
CHUNK = 5_000


@dataclass(frozen=True)
class Link:
    """One place of the chain: the sequence and the hash of the event there. The default is its beginning."""

    sequence: int = 0
    hash: str = ""

    def to_copy(self, at: datetime) -> str:
        """A copy for safe-keeping elsewhere, as JSON, with the time at which it was made."""
        return (
            json.dumps({"sequence": self.sequence, "hash": self.hash, "at": at.isoformat()}, indent=2) + "\n"
        )

    @classmethod
    def from_copy(cls, content: bytes) -> "Link":
        """The place that a copy is of; raises ValueError for anything that is no copy."""
        try:
            found = json.loads(content)
            link = cls(found["sequence"], found["hash"])
        except (KeyError, TypeError) as error:
            raise ValueError("This is no copy of an audit log's end.") from error
        if type(link.sequence) is not int or not 0 <= link.sequence < 2**63 or not isinstance(link.hash, str):
            raise ValueError("This is no copy of an audit log's end.")
        return link


@dataclass(frozen=True)
class Break:
    """Where the chain breaks, and how.

    fault: "changed": the event there is not what was written; "missing": there is none, though there are
    later ones; "unlinked": it does not follow the one before; "cut-off": the log ends before it;
    "unknown-key": the event there goes over to a key that is not in the ring; "old-key": the log does not
    go over to the newest key;
    "past-the-end": it lies beyond the chain's known end; "other-end": the chain's known end is another event;
    "other-log": a kept copy of the end is of no event of this log.
    """

    sequence: int
    fault: str


@dataclass(frozen=True)
class Verdict:
    """How far a walk came; `done` once it was at the end or at a break."""

    reached: Link
    broken: Break | None = None
    done: bool = True


def end() -> Link:
    """The chain's known end."""
    head = AuditHead.objects.filter(pk=1).first() or AuditHead()
    return Link(head.sequence, head.hash)


def verify(start: Link | None = None, most: int | None = None) -> Verdict:
    """Walk along the chain behind `start`, recomputing every hash, for at most so many events.

    The log may grow meanwhile: its end is read before the events, and again after them.
    """
    head, reached, walked = end(), start or Link(), 0
    try:
        key = key_in_force(reached)
    except UnknownKey:
        return Verdict(reached, Break(reached.sequence, "unknown-key"))
    while most is None or walked < most:
        events = list(_events_after(reached)[: CHUNK if most is None else min(CHUNK, most - walked)])
        for event in events:
            fault = _fault(event, reached, head, key)
            if fault is not None:
                return Verdict(reached, fault)
            reached = Link(event.sequence, event.hash)
            try:
                key = _key_behind(event, key)
            except UnknownKey:
                return Verdict(reached, Break(event.sequence, "unknown-key"))
        walked += len(events)
        if not events:
            return Verdict(reached, _fault_at_the_end(reached, head, key))
    return Verdict(reached, done=False)


def contains(kept: Link) -> Break | None:
    """Whether an end that was kept elsewhere is still part of the log: None where it is, else what is wrong.

    It says nothing about the events before it: that is for `verify`.
    """
    if kept == Link():
        return None
    found = AuditEvent.objects.filter(sequence=kept.sequence).values_list("hash", flat=True).first()
    if found is not None:
        same = hmac.compare_digest(found.encode(), kept.hash.encode())
        return None if same else Break(kept.sequence, "other-log")
    last = AuditEvent.objects.aggregate(last=Max("sequence"))["last"] or 0
    return Break(last + 1, "cut-off") if last < kept.sequence else Break(kept.sequence, "missing")


def key_in_force(at: Link | None = None) -> str:
    """The key of the event that follows this place, or the log's end.

    It began with the oldest key, and goes over to another where an event says so. Raises UnknownKey.
    """
    changes = AuditEvent.objects.filter(action=KEY_CHANGED).order_by("-sequence")
    if at is not None:
        changes = changes.filter(sequence__lte=at.sequence)
    last = changes.first()
    return settings.AUDIT_KEYS.oldest if last is None else settings.AUDIT_KEYS.named(last.facts["key"])


def _key_behind(event: AuditEvent, key: str) -> str:
    return settings.AUDIT_KEYS.named(event.facts["key"]) if event.action == KEY_CHANGED else key


def _events_after(reached: Link):
    events = AuditEvent.objects.order_by("sequence")
    # From the very first row, whatever its number: nothing may stand before the beginning.
    return events.filter(sequence__gt=reached.sequence) if reached.sequence else events


def _fault(event: AuditEvent, before: Link, head: Link, key: str) -> Break | None:
    expected = before.sequence + 1
    if event.sequence > expected:
        return Break(expected, "missing")
    right = hash_of(event, key)
    if event.sequence < expected or not hmac.compare_digest(event.hash.encode(), right.encode()):
        return Break(event.sequence, "changed")
    if event.previous_hash != before.hash:
        return Break(event.sequence, "unlinked")
    if event.sequence == head.sequence and event.hash != head.hash:
        return Break(event.sequence, "other-end")
    return None


def _fault_at_the_end(reached: Link, head: Link, key: str) -> Break | None:
    if head.sequence > reached.sequence:
        return Break(reached.sequence + 1, "cut-off")
    known = end().sequence
    if known < reached.sequence:
        return Break(known + 1, "past-the-end")
    # Otherwise whoever has an old key could write everything anew as if that were still the one.
    is_left_behind = reached.sequence and key != settings.AUDIT_KEYS.newest
    return Break(reached.sequence, "old-key") if is_left_behind else None


def hash_of(event: AuditEvent, key: str) -> str:
    """HMAC-SHA256 over the previous hash and the event in its canonical form, as hex digits."""
    canonical = json.dumps(_canonical(event), sort_keys=True, separators=(",", ":"))
    message = f"{event.previous_hash}\n{canonical}".encode()
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def _canonical(event: AuditEvent) -> dict:
    content = {
        "sequence": event.sequence,
        "at": event.at.isoformat(timespec="microseconds"),
        "actor": [event.actor_id or None, event.actor_name],
        "action": event.action,
        "batch": event.batch_id,
        "destination": [event.destination_id, event.destination_name],
        "facts": event.facts,
    }
    # Only where there is something to say: events from before these columns keep their hash.
    further = {
        "roles": [event.site_role, event.destination_roles],
        "origin": [event.ip, event.device],
        "person": [event.person_id, event.person_name],
    }
    return content | {name: pair for name, pair in further.items() if any(pair)}
