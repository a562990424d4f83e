"""Batches whose first rows go alone, and what has become of them."""

import hashlib
from datetime import timedelta

from django.utils.timezone import now

from tests.support.overlaps import fresh
from tests.support.waiting import eventually
from uploads import files, local_files, pages, workflow
from uploads.models import ArrivalCheck, AuditEvent, Batch, Canary, Part, PartState

ROWS, FIRST = 12, 4
HEADER = b"batch=thirdPartyId,tier\n"
LINES = [b"A%d,gold\n" % number for number in range(ROWS)]
CONTENT = b"thirdPartyId,tier\n" + b"".join(LINES)
SOON = timedelta(hours=1)
#: What becomes of the rest, by itself or by a person.
SEND_REST, WAIT = Canary.Then


def with_more_parts(batch: Batch, *more: bytes) -> Batch:
    """The batch with further parts, as a file of more than 500,000 rows has them (F6)."""
    for number, rows in enumerate(more, start=2):
        body = HEADER + rows
        part = Part.objects.create(
            batch=batch,
            number=number,
            rows=rows.count(b"\n"),
            bytes=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
        )
        with local_files.scratch_folder() as folder:
            (folder / "part").write_bytes(body)
            files.keep(folder / "part", files.part_name(part))
    rows = sum(batch.parts.values_list("rows", flat=True))
    Batch.objects.filter(pk=batch.pk).update(rows=rows, accepted=rows)
    return fresh(batch)


def go(batch: Batch, follow_to_end) -> None:
    """Whatever may leave does, and Target comes to its end with it."""
    for part in batch.parts.order_by("number"):
        workflow.deliver(part.pk)
        part.refresh_from_db()
        if part.state == PartState.ACCEPTED:
            follow_to_end(part)


def look(batch: Batch) -> Batch:
    """Does what is due of the check of the first rows."""

    def over() -> bool:
        workflow.prove(check_of(batch).pk)
        check = check_of(batch)
        return check.claim is None and not (check.due_at and check.due_at <= now())

    eventually(over, "the first rows are looked up")
    return fresh(batch)


def check_of(batch: Batch) -> ArrivalCheck:
    """The look at its first rows."""
    return batch.arrival_checks.exclude(part=None).get()


def bodies(batch: Batch) -> list[bytes]:
    """What its parts hold, in their order."""
    return [files.part_path(part).read_bytes() for part in batch.parts.order_by("number")]


def states(batch: Batch) -> list[str]:
    """Where its parts stand, in their order."""
    return list(batch.parts.order_by("number").values_list("state", flat=True))


def held(batch: Batch) -> list[int]:
    """The numbers of the parts that are held back."""
    return list(batch.parts.held().order_by("number").values_list("number", flat=True))


def told(batch: Batch, action: str) -> list[tuple[str, dict]]:
    """Who did so, with the facts of each event."""
    events = AuditEvent.objects.filter(batch_id=batch.pk, action=action).order_by("sequence")
    return list(events.values_list("actor_name", "facts"))


def ledger(batch: Batch) -> dict[str, int]:
    """The lines of its ledger that have rows."""
    lines = pages.ledger.ledger_of(fresh(batch), batch.parts.order_by("number")).lines
    return {line.name: line.rows for line in lines if line.rows}


def names_in_folder(batch: Batch) -> list[str]:
    """The files that are kept of it."""
    return files.default_storage.listdir(f"batches/{batch.folder.hex}")[1]
