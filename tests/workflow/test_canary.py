"""The first rows of a batch go alone to the real sandbox; all others are held back until they are proven."""

import hashlib
from datetime import timedelta

import django_rq
import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from tests.support.first_rows import (
    CONTENT,
    FIRST,
    HEADER,
    LINES,
    ROWS,
    SEND_REST,
    SOON,
    WAIT,
    bodies,
    held,
    ledger,
    names_in_folder,
    states,
    told,
)
from tests.support.overlaps import EARLIER, LATER, chosen, fresh
from uploads import files, workflow
from uploads.models import (
    Batch,
    BatchState,
    Canary,
    Destination,
    Part,
    PartState,
    Verdict,
)
from uploads.workflow import FirstRows, Hold
from uploads.workflow.leases import claim_fields
from uploads.workflow.transitions import move

pytestmark = pytest.mark.django_db(transaction=True)


# What is cut ------------------------------------------------------------------------------------


def test_the_first_rows_are_a_part_of_their_own_and_all_stay_as_they_were_checked(sent_alone):
    batch = sent_alone()
    assert bodies(batch) == [HEADER + b"".join(LINES[:FIRST]), HEADER + b"".join(LINES[FIRST:])]
    for part, body in zip(batch.parts.order_by("number"), bodies(batch), strict=True):
        found = (body.count(b"\n") - 1, len(body), hashlib.sha256(body).hexdigest())
        assert (part.rows, part.bytes, part.sha256) == found
    assert (held(batch), batch.accepted) == ([2], ROWS)
    chosen_rows = {"rows": FIRST, "rest": ROWS - FIRST, "then": "send-rest"}
    assert told(batch, "batch.first-rows-chosen") == [("uploader", chosen_rows)]


def test_further_parts_are_held_with_the_files_that_they_have(sent_alone):
    more = (b"B1,gold\nB2,gold\n", b"C1,gold\n")
    batch = sent_alone(more=more)
    assert bodies(batch)[2:] == [HEADER + rows for rows in more]
    rows = b"".join(body.removeprefix(HEADER) for body in bodies(batch))
    assert rows == b"".join(LINES) + b"".join(more)
    assert held(batch) == [2, 3, 4]


def test_neither_none_nor_all_rows_nor_too_many_go_alone(checked, uploader):
    batch = checked(CONTENT)
    for rows in (0, ROWS, ROWS + 1, 1001):
        first = FirstRows(rows, WAIT)
        assert not workflow.send(uploader, batch, workflow.digest_of(batch), first_rows=first)
    assert (fresh(batch).state, held(batch)) == (BatchState.READY, [])
    assert bodies(batch) == [HEADER + b"".join(LINES)]


def test_nothing_goes_where_the_file_is_not_the_one_that_was_checked(checked, uploader):
    batch = checked(CONTENT)
    path = files.part_path(batch.parts.get())
    path.write_bytes(path.read_bytes().replace(b"gold", b"lead"))
    assert not workflow.send(uploader, batch, workflow.digest_of(batch), first_rows=FirstRows(2, WAIT))
    assert fresh(batch).state == BatchState.READY


def test_what_was_carried_over_is_cut_as_it_was_made(released, checked, uploader):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), "carry-over")
    whole = bodies(batch)[0]
    assert workflow.send(uploader, batch, workflow.digest_of(batch), first_rows=FirstRows(1, WAIT))
    first, rest = bodies(batch)
    header = whole[: whole.index(b"\n") + 1]
    assert first + rest.removeprefix(header) == whole


# What is approved, and when ----------------------------------------------------------------------


def asked_for(uploader, batch: Batch, then: Canary.Then = SEND_REST) -> Batch:
    Destination.objects.update(approval="always")
    batch = fresh(batch)
    first = FirstRows(FIRST, then)
    assert workflow.ask_for_approval(uploader, batch, "New.", workflow.digest_of(batch), first_rows=first)
    return fresh(batch)


def test_a_reviewer_approves_that_the_first_rows_go_alone(checked, uploader, reviewer):
    batch = checked(CONTENT)
    before = workflow.digest_of(batch)
    batch = asked_for(uploader, batch)
    assert before != batch.asked_digest == workflow.digest_of(batch)
    Canary.objects.update(then=WAIT)
    assert workflow.digest_of(batch) != batch.asked_digest
    Canary.objects.update(then=SEND_REST)
    assert workflow.review(reviewer, batch, Verdict.APPROVED, "", workflow.digest_shown(batch))
    assert (batch.state, held(batch)) == (BatchState.DELIVERING, [2])


@pytest.mark.parametrize("how", ["taken back", "returned", "void", "its time given up"])
def test_a_batch_that_is_ready_again_is_whole_again(checked, uploader, reviewer, how):
    batch = checked(CONTENT)
    before, parts = workflow.digest_of(batch), bodies(batch)
    if how == "its time given up":
        assert workflow.send(uploader, batch, before, now() + SOON, FirstRows(FIRST, SEND_REST))
        assert workflow.unschedule(uploader, batch)
    else:
        batch = asked_for(uploader, batch)
    if how == "taken back":
        assert workflow.take_back(uploader, batch)
    elif how == "returned":
        assert workflow.review(reviewer, batch, Verdict.RETURNED, "No.", workflow.digest_shown(batch))
    elif how == "void":
        Batch.objects.update(asked_digest="another")
        assert not workflow.review(reviewer, batch, Verdict.APPROVED, "", workflow.digest_shown(batch))
    batch = fresh(batch)
    assert (batch.state, bodies(batch), held(batch)) == (BatchState.READY, parts, [])
    assert workflow.digest_of(batch) == before
    assert not Canary.objects.exists()
    assert [name for name in names_in_folder(batch) if name.startswith(("part", files.CUT))] == ["part-0001"]


def test_first_rows_go_alone_at_a_chosen_time(checked, uploader, sandbox):
    batch = checked(CONTENT)
    seen, first = workflow.digest_of(batch), FirstRows(FIRST, WAIT)
    assert workflow.send(uploader, batch, seen, now() + SOON, first)
    assert (batch.state, held(batch)) == (BatchState.SCHEDULED, [2])
    at = now() - timedelta(minutes=1)
    batch.send_at = at
    Batch.objects.update(send_at=at, scheduled_digest=workflow.digest_of(batch))
    workflow.sweep()
    assert fresh(batch).state == BatchState.DELIVERING
    assert held(batch) == [2]


def test_a_batch_that_loses_values_by_another_is_whole_again_and_can_carry_them_over(checked, uploader):
    """What another batch is found to lose was compared with parts that are cut by then."""
    batch, other = checked(LATER), checked(EARLIER)
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON, FirstRows(2, WAIT))
    assert workflow.release(uploader, other)
    workflow.compare(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.schedule_failure) == (BatchState.READY, "schedule-overlap")
    batch = chosen(uploader, batch, "carry-over")
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON, FirstRows(2, WAIT))
    assert b"".join(bodies(batch)).count(b"may") == 1
    assert chosen(uploader, _unscheduled(uploader, batch), "leave-out").parts.count() == 1


def _unscheduled(actor, batch: Batch) -> Batch:
    assert workflow.unschedule(actor, batch)
    return fresh(batch)


# What is held -----------------------------------------------------------------------------------


def test_what_is_held_does_not_leave_whoever_tries(gone, sandbox, make_due):
    batch = gone(then=WAIT)
    part = batch.parts.get(number=2)
    assert not Part.objects.due_to_send().exists()
    assert workflow.obstacles(batch.parts.order_by("number"), workflow.lane_of(batch.destination)) == {
        2: workflow.Obstacle(Hold.FIRST_ROWS)
    }
    django_rq.get_queue("delivering").empty()
    make_due()
    workflow.sweep()
    assert django_rq.get_queue("delivering").job_ids == []
    workflow.deliver(part.pk)
    assert states(batch) == ["complete", "pending"]
    assert len(sandbox.received()) == 1


def test_the_database_itself_lets_no_worker_take_what_is_held(sent_alone):
    part = sent_alone().parts.get(number=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        move(part, PartState.CLAIMED, "part.claimed", old=PartState.PENDING, **claim_fields())


def test_a_worker_that_dies_with_the_first_rows_lets_nothing_else_go(sent_alone, sandbox, make_due):
    batch = sent_alone()
    part = batch.parts.get(number=1)
    move(part, PartState.CLAIMED, "part.claimed", old=PartState.PENDING, **claim_fields())
    Part.objects.filter(pk=part.pk).update(lease_until=now() - SOON)
    workflow.sweep()
    assert states(batch) == ["pending", "pending"]
    workflow.deliver(part.pk)
    assert states(batch) == ["accepted", "pending"]
    assert held(batch) == [2]


def test_every_row_of_the_file_stands_in_the_ledger(gone):
    batch = gone(then=WAIT)
    assert ledger(batch) == {
        "total": ROWS,
        "held": ROWS - FIRST,
        "sent": FIRST,
        "consumed": FIRST,
        "updated": FIRST,
    }


def test_a_later_batch_with_the_same_visitors_waits_for_the_rest(gone, checked, uploader):
    batch = gone(then=WAIT)
    later = checked(b"thirdPartyId,tier\nA9,iron\n")
    assert workflow.release(uploader, later)
    part = later.parts.get()
    workflow.deliver(part.pk)
    obstacle = workflow.obstacles([part], workflow.lane_of(batch.destination))[1]
    assert (obstacle.hold, obstacle.part.number) == (Hold.EARLIER_BATCH, 2)
