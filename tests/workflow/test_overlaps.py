"""What a batch has in common with those sent before: found, kept up to date, and asked about (F12)."""

from datetime import timedelta

import django_rq
import pytest
from django.utils.timezone import now

from tests.support.overlaps import EARLIER, LATER, OTHERS, chosen, fresh, overlap_of
from uploads import files, workflow
from uploads.models import AuditEvent, BatchState, Destination, Overlap, Part, PartState
from uploads.workflow import Gate, sending

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(hours=1)


def gate(batch) -> Gate | None:
    return workflow.gate_of(fresh(batch))


def test_what_target_would_lose_is_counted_by_batch_and_attribute(released, checked):
    first = released(EARLIER)
    batch = checked(LATER)
    overlap = overlap_of(batch)
    assert (overlap.visitors, overlap.losing, overlap.cells) == (3, 2, 3)
    assert overlap.batches == [
        {"number": first.pk, "visitors": 3, "attributes": {"renewal": 2, "tier": 1}},
    ]
    event = AuditEvent.objects.get(batch_id=batch.pk, action="batch.overlap-found")
    assert event.facts == {"rows": 2, "cells": 3, "batches": [str(first.pk)]}
    assert gate(batch) == Gate.UNDECIDED


def test_before_somebody_has_chosen_it_is_not_sent_scheduled_or_asked_about(
    released, checked, uploader, destination
):
    released(EARLIER)
    batch = checked(LATER)
    seen = workflow.digest_of(batch)
    assert not workflow.release(uploader, batch)
    assert not workflow.send(uploader, batch, seen)
    assert not workflow.send(uploader, batch, seen, now() + SOON)
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    assert not workflow.ask_for_approval(uploader, fresh(batch), "Why.", seen)
    assert fresh(batch).state == BatchState.READY


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(LATER, LATER), (OTHERS, LATER), (b"thirdPartyId,tier\nO2,\nO1,iron\n", LATER)],
    ids=["the same file", "other visitors", "blank where this one is blank, and overwritten where not"],
)
def test_where_nothing_would_be_lost_nobody_is_asked(released, checked, uploader, earlier, later):
    released(earlier)
    assert workflow.release(uploader, checked(later))


@pytest.mark.parametrize("change", [{"api_version": "v1"}, {"client_code": "elsewhere"}], ids=str)
def test_only_a_v2_batch_of_the_same_account_counts(released, checked, uploader, change):
    first = released(EARLIER)
    other = Destination.objects.create(
        **{"name": "Other", "kind": "sandbox", "client_code": first.destination.client_code} | change
    )
    uploader.memberships.create(destination=other, role="uploader")
    batch = checked(LATER, destination=other)
    assert not Overlap.objects.filter(pk=batch.pk, losing__gt=0).exists()
    assert workflow.release(uploader, batch)


def test_a_destination_with_the_same_client_code_is_the_same_account(released, checked, uploader):
    first = released(EARLIER)
    other = Destination.objects.create(name="Other", kind="sandbox", client_code="SANDBOX")
    assert other.account_code == first.destination.account_code
    uploader.memberships.create(destination=other, role="uploader")
    assert gate(checked(LATER, destination=other)) == Gate.UNDECIDED


def test_of_pc_ids_nothing_is_known_and_nobody_is_asked(released, checked, uploader, destination):
    as_pc_ids = [content.replace(b"thirdPartyId", b"pcId") for content in (EARLIER, LATER)]
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    first, second = released(as_pc_ids[0]), checked(as_pc_ids[1])
    assert list(overlap_of(second).shares_with) == [str(first.pk)]
    assert workflow.release(uploader, second)


def test_a_batch_released_meanwhile_is_compared_with_first(checked, uploader):
    first, second = checked(EARLIER), checked(LATER)
    assert gate(second) is None
    assert workflow.release(uploader, first)
    assert gate(second) == Gate.COMPARING
    assert not workflow.release(uploader, second)
    workflow.compare(second.pk)
    assert gate(second) == Gate.UNDECIDED


def test_a_batch_of_others_released_meanwhile_keeps_the_choice(released, checked, uploader):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), "send-anyway", "Told everybody.")
    released(OTHERS)
    assert gate(batch) == Gate.COMPARING
    workflow.compare(batch.pk)
    assert overlap_of(batch).choice == "send-anyway"
    assert workflow.release(uploader, batch)


def test_the_sweep_rings_for_what_is_to_be_compared(checked, uploader):
    first, second, third = checked(EARLIER), checked(LATER), checked(OTHERS)
    assert workflow.release(uploader, first)
    django_rq.get_queue("checking").empty()
    workflow.sweep()
    assert set(django_rq.get_queue("checking").job_ids) == {f"compare-{second.pk}", f"compare-{third.pk}"}


@pytest.mark.parametrize("state", [PartState.CANCELLED, PartState.REFUSED, PartState.NOT_APPLIED])
def test_what_did_not_arrive_loses_nothing(released, checked, uploader, state):
    first = released(EARLIER)
    batch = checked(LATER)
    Part.objects.filter(batch=first).update(state=state)
    assert gate(batch) == Gate.COMPARING
    workflow.compare(batch.pk)
    assert overlap_of(batch).losing == 0
    assert gate(batch) is None


def test_once_the_files_of_the_earlier_batch_are_deleted_what_was_found_still_holds(
    released, checked, uploader
):
    first = released(EARLIER)
    batch = chosen(uploader, checked(LATER), "carry-over")
    type(first).objects.filter(pk=first.pk).update(files_deleted_at=now())
    assert gate(batch) is None
    assert workflow.release(uploader, batch)


def test_a_batch_of_others_does_not_void_what_was_chosen_for_one_whose_files_are_gone(
    released, checked, uploader
):
    first = released(EARLIER)
    batch = chosen(uploader, checked(LATER), "carry-over")
    type(first).objects.filter(pk=first.pk).update(files_deleted_at=now())
    released(OTHERS)
    workflow.compare(batch.pk)
    assert overlap_of(batch).choice == "carry-over"
    assert workflow.release(uploader, batch)


def test_where_fingerprints_are_not_kept_they_are_made_of_the_parts(released, receive):
    """As after a person with spaces around their id was forgotten."""
    first, batch = released(EARLIER), receive(LATER)
    workflow.check(batch.pk)
    for each in (first, batch):
        files.fingerprints_path(each).unlink()
    workflow.compare(batch.pk)
    assert overlap_of(batch).cells == 3


def test_a_newer_batch_with_the_same_visitors_voids_a_chosen_time(released, checked, uploader):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), "carry-over")
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON)
    released(b"thirdPartyId,tier,renewal,city,plan\nO1,gold,june,Oslo,pro\n")
    workflow.compare(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.schedule_failure) == (BatchState.READY, "schedule-overlap")
    assert (overlap_of(batch).choice, gate(batch)) == ("", Gate.UNDECIDED)
    assert overlap_of(batch).cells == 4, "June is newer than May, and the plan is lost as well"


def test_what_is_not_compared_yet_stays_scheduled_until_it_is(checked, uploader):
    batch, other = checked(LATER), checked(OTHERS)
    assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON)
    assert workflow.release(uploader, other)
    batch.send_at = now()
    type(batch).objects.filter(pk=batch.pk).update(
        send_at=batch.send_at, scheduled_digest=workflow.digest_of(batch)
    )
    sending.release_scheduled()
    assert fresh(batch).state == BatchState.SCHEDULED
    workflow.compare(batch.pk)
    sending.release_scheduled()
    assert fresh(batch).state == BatchState.DELIVERING


def test_a_newer_batch_with_the_same_visitors_voids_a_request_for_approval(
    checked, uploader, reviewer, destination
):
    first, batch = checked(EARLIER), checked(LATER)
    assert workflow.release(uploader, first)
    workflow.compare(batch.pk)
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    batch = chosen(uploader, fresh(batch), "leave-out")
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch))
    Part.objects.filter(batch=first).update(state=PartState.CANCELLED)
    seen = workflow.digest_shown(fresh(batch))
    assert not workflow.review(reviewer, fresh(batch), "approved", "Fine.", seen), "not compared yet"
    workflow.compare(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.verdict) == (BatchState.READY, "void")
    assert batch.accepted == 4, "the rows are back"


def test_read_differently_it_is_compared_anew(released, checked, uploader):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), "carry-over")
    assert workflow.adjust_reading(uploader, batch, dont_send=("city",))
    assert not Overlap.objects.filter(pk=batch.pk).exists()
    workflow.check(batch.pk)
    workflow.compare(batch.pk)
    assert gate(batch) == Gate.UNDECIDED


@pytest.mark.parametrize("whose", ["its own", "the earlier batch's"])
def test_a_changed_file_is_not_compared_and_only_sent_with_a_reason(released, receive, uploader, whose):
    first, batch = released(EARLIER), receive(LATER)
    workflow.check(batch.pk)
    path = files.part_path((first if whose == "the earlier batch's" else batch).parts.get())
    path.write_bytes(path.read_bytes().replace(b"gold", b"iron"))
    workflow.compare(batch.pk)
    batch = fresh(batch)
    assert (overlap_of(batch).failure, gate(batch)) == ("file-changed", Gate.NOT_COMPARED)
    assert not workflow.choose(uploader, batch, Overlap.Choice.CARRY_OVER, workflow.digest_of(batch))
    batch = chosen(uploader, batch, "send-anyway", "It has to go.")
    assert workflow.release(uploader, batch)


def test_a_comparison_that_keeps_dying_is_given_up(released, receive):
    released(EARLIER)
    batch = receive(LATER)
    workflow.check(batch.pk)
    Overlap.objects.create(batch=batch, attempts=3)
    workflow.compare(batch.pk)
    assert (overlap_of(batch).failure, gate(batch)) == ("gave-up", Gate.NOT_COMPARED)


def test_a_worker_that_died_is_followed_by_another_and_one_that_lives_is_not(released, receive):
    released(EARLIER)
    batch = receive(LATER)
    workflow.check(batch.pk)
    held = {"claim": batch.folder, "attempts": 1, "lease_until": now() + SOON}
    Overlap.objects.create(batch=batch, **held)
    workflow.compare(batch.pk)
    assert gate(batch) == Gate.COMPARING
    Overlap.objects.update(lease_until=now() - SOON)
    workflow.compare(batch.pk)
    assert gate(batch) == Gate.UNDECIDED


def test_who_is_forgotten_is_in_nothing_that_was_kept_of_the_comparison(released, checked, uploader, admin):
    released(EARLIER)
    batch = chosen(uploader, checked(LATER), "leave-out")
    workflow.cancel(uploader, batch)
    wanted = workflow.look_for(admin, "O1")
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    kept = list(files.part_path(batch.parts.get()).parent.iterdir())
    assert not [path.name for path in kept if path.name.startswith("overlap-")]
    assert not [path.name for path in kept if b"O1" in path.read_bytes()]
