"""What becomes of values that Target would lose: carried over, left out, or lost with a reason (F12)."""

import django_rq
import pytest
from django.db import IntegrityError

from tests.support.overlaps import EARLIER, LATER, LONGEST, OTHERS, chosen, fresh, overlap_of
from tests.support.sandbox import profiles_at
from uploads import files, workflow
from uploads.models import AuditEvent, Batch, BatchState, Destination, Overlap
from uploads.workflow import Gate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def compared(released, checked) -> Batch:
    """A batch by which Target would lose values."""
    released(EARLIER)
    return checked(LATER)


def body(batch: Batch) -> bytes:
    return files.part_path(batch.parts.get()).read_bytes()


def told(batch: Batch) -> list[tuple[str, str, dict]]:
    events = AuditEvent.objects.filter(batch_id=batch.pk, action__startswith="batch.overlap")
    return list(events.order_by("sequence").values_list("action", "actor_name", "facts"))


def test_carried_over_rows_have_the_values_of_earlier_batches_and_all_others_stay_as_they_are(
    compared, uploader
):
    before = body(compared)
    batch = chosen(uploader, compared, "carry-over")
    assert body(batch) == (
        b"batch=thirdPartyId,tier,city,renewal\nO1,gold,Oslo,may\nO2,silver,Lima,june\nO3,gold,Rome\nO4,gold,Bern\n"
    )
    assert before.splitlines()[3:] == body(batch).splitlines()[3:]
    assert (batch.accepted, overlap_of(batch).attributes) == (4, ["tier", "city", "renewal"])
    assert told(batch)[-1] == ("batch.overlap-carried", "uploader", {"rows": 2, "cells": 3})
    assert workflow.release(uploader, batch)


@pytest.fixture
def taken_back(released, checked, uploader) -> Batch:
    """A batch for which somebody chose to carry over what one of its rows has no room for."""
    released(LONGEST)
    return chosen(uploader, checked(LATER), "carry-over")


def test_where_a_row_would_become_too_long_the_choice_is_taken_back_and_nothing_else_happens(
    released, checked, uploader
):  # F8
    released(LONGEST)
    batch = checked(LATER)
    before, kept = body(batch), sorted(files.part_path(batch.parts.get()).parent.iterdir())
    assert workflow.choose(uploader, batch, Overlap.Choice.CARRY_OVER, workflow.digest_of(batch))
    django_rq.get_queue("checking").empty()
    workflow.compare(batch.pk)
    overlap = overlap_of(batch)
    assert (overlap.choice, overlap.chosen_by, overlap.oversized) == ("", None, 1)
    assert (overlap.claim, overlap.lease_until, overlap.attempts) == (None, None, 0)
    assert told(batch)[-1] == ("batch.overlap-oversized", "", {"rows": 1})
    assert body(batch) == before
    assert sorted(files.part_path(batch.parts.get()).parent.iterdir()) == kept
    assert workflow.gate_of(fresh(batch)) == Gate.UNDECIDED
    assert not workflow.release(uploader, fresh(batch))
    assert not django_rq.get_queue("checking").job_ids, "it is not tried again"


def test_what_rows_have_no_room_for_is_not_carried_over_by_another_try(taken_back, uploader):
    def carries_over(batch: Batch) -> bool:
        return workflow.choose(uploader, batch, Overlap.Choice.CARRY_OVER, workflow.digest_of(batch))

    assert not carries_over(taken_back)
    batch = chosen(uploader, taken_back, "leave-out")
    assert body(batch) == b"batch=thirdPartyId,tier,city\nO3,gold,Rome\nO4,gold,Bern\n"
    assert not carries_over(batch)
    assert workflow.release(uploader, batch)


def test_a_comparison_that_finds_nothing_new_still_knows_that_rows_have_no_room(taken_back, released):
    released(OTHERS)
    workflow.compare(taken_back.pk)
    assert overlap_of(taken_back).oversized == 1


def test_once_a_comparison_finds_something_new_values_can_be_carried_over_again(
    taken_back, released, uploader
):
    released(EARLIER)
    workflow.compare(taken_back.pk)
    assert overlap_of(taken_back).oversized == 0
    assert b"\nO2,silver,Lima,june\n" in body(chosen(uploader, fresh(taken_back), "carry-over"))


def test_rows_that_are_left_out_are_handed_out_and_nothing_else(compared, uploader):
    batch = chosen(uploader, compared, "leave-out")
    assert body(batch) == b"batch=thirdPartyId,tier,city\nO3,gold,Rome\nO4,gold,Bern\n"
    assert (batch.accepted, overlap_of(batch).left_out) == (2, 2)
    header, *rows = "".join(workflow.left_out_lines(uploader, batch)).splitlines()
    assert header.lstrip("\ufeff").startswith("thirdPartyId,tier,city,")
    assert [row.split(",")[:3] for row in rows] == [["O1", "gold", "Oslo"], ["O2", "", "Lima"]]
    assert told(batch)[-1] == ("batch.overlap-left-out", "uploader", {"rows": 2, "cells": 3})
    assert workflow.release(uploader, batch)


def test_not_all_rows_can_be_left_out(released, checked, uploader):
    released(EARLIER)
    batch = checked(b"thirdPartyId,city\nO1,Oslo\nO2,Lima\n")
    assert not workflow.choose(uploader, batch, Overlap.Choice.LEAVE_OUT, workflow.digest_of(batch))


def test_sent_anyway_it_goes_as_it_is_with_the_reason_in_the_log(compared, uploader):
    before = body(compared)
    batch = chosen(uploader, compared, "send-anyway", "The tier is wrong anyway.")
    assert body(batch) == before
    assert told(batch)[-1] == (
        "batch.overlap-accepted",
        "uploader",
        {"rows": 2, "cells": 3, "reason": "The tier is wrong anyway."},
    )
    assert workflow.release(uploader, batch)


def test_without_a_reason_nothing_is_sent_anyway(compared, uploader):
    with pytest.raises(IntegrityError, match="who_sends_anyway_says_why"):
        workflow.choose(uploader, compared, Overlap.Choice.SEND_ANYWAY, workflow.digest_of(compared))


def test_where_losses_need_a_reviewer_only_sending_anyway_does(compared, uploader, reviewer, destination):
    Destination.objects.filter(pk=destination.pk).update(approval_of_losses=True)
    batch = chosen(uploader, fresh(compared), "send-anyway", "It has to go.")
    assert batch.needs_approval
    assert not workflow.release(uploader, batch)
    assert not workflow.send(uploader, batch, workflow.digest_of(batch))
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch))
    assert workflow.take_back(uploader, batch)
    batch = chosen(uploader, fresh(batch), "carry-over")
    assert not batch.needs_approval
    assert workflow.send(uploader, batch, workflow.digest_of(batch))


def test_a_reviewer_approves_what_was_chosen_and_no_other_choice(compared, uploader, reviewer, destination):
    Destination.objects.filter(pk=destination.pk).update(approval_of_losses=True)
    batch = chosen(uploader, fresh(compared), "send-anyway", "It has to go.")
    seen = workflow.digest_of(batch)
    assert workflow.ask_for_approval(uploader, batch, "Why.", seen)
    assert not workflow.choose(uploader, fresh(batch), Overlap.Choice.CARRY_OVER, seen), "it is asked about"
    assert workflow.review(reviewer, fresh(batch), "approved", "Fine.", workflow.digest_shown(fresh(batch)))
    assert fresh(batch).state == BatchState.DELIVERING


def test_a_page_from_before_a_choice_sends_and_chooses_nothing(compared, uploader):
    seen = workflow.digest_of(compared)
    batch = chosen(uploader, compared, "send-anyway", "It has to go.")
    assert not workflow.send(uploader, batch, seen)
    assert not workflow.choose(uploader, batch, Overlap.Choice.CARRY_OVER, seen)
    assert workflow.send(uploader, batch, workflow.digest_of(batch))


def test_what_was_chosen_can_be_chosen_otherwise_and_nothing_of_it_stays(compared, uploader):
    before, folder = body(compared), files.part_path(compared.parts.get()).parent
    batch = chosen(uploader, compared, "leave-out")
    batch = chosen(uploader, batch, "carry-over")
    assert batch.accepted == 4
    batch = chosen(uploader, batch, "send-anyway", "It has to go.")
    assert body(batch) == before
    assert not [path.name for path in folder.iterdir() if path.name.startswith(("carry", "leave"))]


def test_until_a_worker_has_made_the_parts_the_batch_does_not_go(compared, uploader):
    assert workflow.choose(uploader, compared, Overlap.Choice.CARRY_OVER, workflow.digest_of(compared))
    batch = fresh(compared)
    assert workflow.gate_of(batch) == Gate.MAKING
    assert not workflow.release(uploader, batch)


@pytest.mark.parametrize(
    ("choice", "renewal", "tier"), [("carry-over", "june", "silver"), ("send-anyway", None, None)]
)
def test_at_target_carried_values_survive_and_others_are_lost(
    released, checked, uploader, sandbox, follow_to_end, choice, renewal, tier
):
    sandbox.fault("mbox-override")
    sandbox.fault("mbox-override")
    batches = [released(EARLIER)]
    batch = chosen(uploader, checked(LATER), choice, "It has to go." if choice == "send-anyway" else "")
    assert workflow.release(uploader, batch)
    for part in [*batches[0].parts.all(), *batch.parts.all()]:
        workflow.deliver(part.pk)
        part.refresh_from_db()
        follow_to_end(part)
    profile = profiles_at(sandbox.url)["O2"]
    assert (profile.get("renewal"), profile.get("tier")) == (renewal, tier)
    assert profile["city"] == "Lima"
