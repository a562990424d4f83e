"""Looking one identifier up in the files of batches, and at Target, while somebody waits. Nothing is kept."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from uploads import audit, batchfile, files, target
from uploads.models import Batch, Part, User
from uploads.models.states import KEPT_OUT_PART_STATES

from . import calls, looks
from .forgetting import digest_of_identifier, may_hold, spans_in

#: What one look may take; another goes on where it ended.
LOOK_SECONDS = 3
#: Reading a longer file through would keep a page waiting.
MOST_READ = 20_000_000
#: The same of batch files, in which a row is found many times as fast.
MOST_SEARCHED = 500_000_000


@dataclass(frozen=True)
class Sent:
    """What a part that left carried for the id. key: what kind of id that is (F2)."""

    part: Part
    key: str
    values: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """A batch whose upload has the id. lines: where its rows begin; None where the file is too long to read,
    or cannot be read: `is_certain` tells whether the id is among the rows that were good. sent: what went to
    Target of it; None where nothing did, or its batch files are too long to search."""

    batch: Batch
    lines: list[int] | None
    is_certain: bool = True
    sent: Sent | None = None


@dataclass(frozen=True)
class Look:
    """What one look found, the newest batch first. searched: batches seen to; before: the batch from which
    another look goes on, None where all were seen to."""

    found: list[Found]
    searched: int
    before: int | None


@dataclass(frozen=True)
class AskedValue:
    """An attribute as it was last sent for the id, beside what Target has now; found: None for nothing."""

    name: str
    sent: str = field(repr=False)
    part: Part
    found: target.Attribute | None = field(repr=False)
    match: target.Match


@dataclass(frozen=True)
class Asked:
    """What Target has for an id. state: that of a profile of a look (see `looks`), "waiting" where Target
    could not be asked now. values: by their names; none where nothing was found."""

    state: str
    values: list[AskedValue]


def look_up(actor: User, identifier: str, batches: QuerySet[Batch], before: int | None = None) -> Look:
    """Look into those of the batches that still have their files, newest first, for a few seconds."""
    left = _searchable(batches)
    if before is not None:
        left = left.filter(pk__lt=before)
    until = time.monotonic() + LOOK_SECONDS
    found, searched, last = [], 0, None
    for batch in left.iterator(chunk_size=200):
        if last is not None and time.monotonic() > until:
            break
        last, searched = batch.pk, searched + 1
        if (hit := _look_into(batch, identifier)) is not None:
            found.append(hit)
    else:
        last = None
    with transaction.atomic():
        facts = {"fingerprint": digest_of_identifier(identifier), "batches": searched, "found": len(found)}
        audit.record(actor, "visitor.looked-up", **facts)
    return Look(found, searched, last)


def ask_target(actor: User, batch: Batch, identifier: str, batches: QuerySet[Batch]) -> Asked | None:
    """Read back what Target has now for an id that the batch sent there: one call (T13), within the budget.

    Each attribute stands beside its value last sent to the account by one of `batches`. None, and no call,
    where the batch is not known to have sent the id.
    """
    sent = _sent(batch, identifier)
    if sent is None:
        return None
    last = _last_sent(identifier, batch, sent, batches)
    profile = looks.waiting(sent.part, identifier, {name: each.values[name] for name, each in last.items()})
    destination = batch.destination
    if calls.available(destination):
        look = {"key": sent.key, "profiles": [profile]}
        looks.go_on(destination, look, lambda _profile: sent.part, tells_calls=False)
    with transaction.atomic():
        facts = {"fingerprint": digest_of_identifier(identifier), "known": profile["state"]}
        audit.record(actor, "visitor.asked", batch, **facts)
    return Asked(profile["state"], list(_asked_values(profile, last)))


def _searchable(batches: QuerySet[Batch]) -> QuerySet[Batch]:
    left = batches.filter(files_deleted_at=None, checked_at__isnull=False).order_by("-pk")
    return left.select_related("destination", "owner")


def _look_into(batch: Batch, identifier: str) -> Found | None:
    certainty = may_hold(batch, identifier)
    if certainty is False:
        return None
    if batch.size <= MOST_READ and (spans := spans_in(batch, identifier)) is not None:
        lines = [span.line for span in spans]
        return Found(batch, lines, sent=_sent(batch, identifier)) if spans else None
    sent = _sent(batch, identifier) if certainty else None
    return Found(batch, None, is_certain=certainty is True, sent=sent)


def _sent(batch: Batch, identifier: str) -> Sent | None:
    """What left for Target of the id: no two parts of a batch share one (F12)."""
    parts = batch.parts.counted().exclude(sending_at=None).exclude(state__in=KEPT_OUT_PART_STATES)
    parts = list(parts.order_by("number"))
    if sum(part.bytes for part in parts) > MOST_SEARCHED:
        return None
    for part in parts:
        part.batch = batch
        try:
            with files.open_part(part) as body:
                found = batchfile.row_of(body, identifier)
        except FileNotFoundError:
            continue
        if found is not None:
            key, row = found
            return Sent(part, key, row.values)
    return None


def _last_sent(identifier: str, batch: Batch, sent: Sent, batches: QuerySet[Batch]) -> dict[str, Sent]:
    """By attribute, what carried it last for the id: the batch itself, and others for a few seconds."""
    others = _searchable(batches).filter(
        destination__kind=batch.destination.kind,
        destination__client_code__iexact=batch.destination.client_code,
    )
    until = time.monotonic() + LOOK_SECONDS
    found = [sent]
    for other in others.exclude(pk=batch.pk).iterator(chunk_size=200):
        if time.monotonic() > until:
            break
        if may_hold(other, identifier) is not False and (more := _sent(other, identifier)) is not None:
            found.append(more)
    found = [each for each in found if each.key == sent.key]
    found.sort(key=_when_sent)
    return {name: each for each in found for name in each.values}


def _when_sent(sent: Sent) -> datetime:
    return sent.part.sending_at


def _asked_values(profile: dict, last: dict[str, Sent]) -> Iterator[AskedValue]:
    if profile["state"] != "found":
        return
    for name, sent in sorted(last.items()):
        found = looks.found_of(profile, name)
        match = target.compare(sent.values[name], found, sent.part.sending_at)
        yield AskedValue(name, sent.values[name], sent.part, found, match)
