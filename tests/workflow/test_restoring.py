"""A batch of the values that were sent before another one: looked for, made, sent like any other."""

import uuid

import django_rq
import pytest
from django.core.files.storage import default_storage
from django.utils.timezone import now

from tests.support.overlaps import chosen, fresh
from tests.support.restoring import RIGHT, WRONG, looked, restoring, upload_of
from tests.support.sandbox import profiles_at
from uploads import files, local_files, workflow
from uploads.models import AuditEvent, Batch, BatchState, Destination, Part, PartState, Restoration
from uploads.workflow import Gate

pytestmark = pytest.mark.django_db(transaction=True)

RESTORED = "thirdPartyId,tier\r\nO1,gold\r\nO3,tin\r\n"


@pytest.fixture
def sent(checked, uploader, sandbox, follow_to_end):
    """Sends bytes, as it was chosen where Target may lose values, and waits for Target's end."""

    def sent(content: bytes, choice: str = "", **as_whom) -> Batch:
        batch, actor = checked(content, **as_whom), as_whom.get("actor", uploader)
        return arrived(actor, chosen(actor, batch, choice, "It has to go.") if choice else batch)

    def arrived(actor, batch: Batch) -> Batch:
        assert workflow.release(actor, batch)
        for part in batch.parts.all():
            workflow.deliver(part.pk)
            part.refresh_from_db()
            follow_to_end(part)
        return fresh(batch)

    sent.arrived = arrived
    return sent


@pytest.fixture
def undone(sent) -> Batch:
    """A batch that set wrong values, after one that had set the right ones."""
    sent(RIGHT)
    return sent(WRONG, "carry-over")


def has_kept(name: str) -> bool:
    return default_storage.exists(name)


def fates(restoration: Restoration, attribute: str) -> dict[str, int]:
    return {fate: count for fate, count in restoration.found["attributes"][attribute].items() if count}


def test_what_was_sent_before_is_found_and_counted_with_what_is_not(undone, uploader):
    found = looked(uploader, undone)
    assert found.found["visitors"] == {"again": 2, "cleared": 0, "later": 0, "same": 1, "unknown": 1}
    assert fates(found, "tier") == {"again": 2, "same": 1, "unknown": 1}
    assert fates(found, "city") == {"unknown": 2}
    assert fates(found, "renewal") == {"same": 3}, "what was carried over is what it was"
    earlier = Batch.objects.order_by("pk").first()
    assert found.found["earlier"] == [{"number": earlier.pk, "attributes": {"tier": 2}}]
    event = AuditEvent.objects.get(action="batch.restore-found")
    assert (event.batch_id, event.actor_name, event.facts) == (undone.pk, "uploader", {"rows": 2, "cells": 2})


def test_the_batch_that_is_made_is_an_upload_like_any_other_with_a_link(undone, uploader):
    found = looked(uploader, undone)
    made = workflow.make_restoring_batch(uploader, undone, found.folder)
    assert upload_of(made) == RESTORED
    assert (made.restores, made.owner, made.destination) == (undone, uploader, undone.destination)
    assert (made.state, made.filename) == (BatchState.CHECKING, f"restore-{undone.pk}-people.csv")
    workflow.check(made.pk)
    made = fresh(made)
    assert (made.state, made.accepted, made.attributes) == (BatchState.READY, 2, ["tier"])
    assert not Restoration.objects.exists()
    events = AuditEvent.objects.order_by("-sequence")
    assert events.filter(batch_id=made.pk, action="batch.received").get().facts["restores"] == str(undone.pk)
    assert events.get(action="batch.restore-made").facts == {"made": str(made.pk), "rows": 2}


def test_asked_for_twice_it_is_made_once(undone, uploader):
    found = looked(uploader, undone)
    made = [workflow.make_restoring_batch(uploader, undone, found.folder) for _click in range(2)]
    assert made[0] == made[1]
    assert undone.restored_by.count() == 1


def test_a_file_that_was_moved_before_an_interruption_is_still_made_into_the_batch(undone, uploader):
    found = looked(uploader, undone)
    to = files.original_name(Batch(folder=found.folder))
    files.move(files.restoration_name(undone, found.folder), to)
    assert upload_of(workflow.make_restoring_batch(uploader, undone, found.folder)) == RESTORED


@pytest.mark.parametrize(
    ("wrong", "restoring_it", "renewal"),
    [
        ("carry-over", "carry-over", "may"),
        ("send-anyway", "carry-over", "may"),
        ("send-anyway", "send-anyway", None),
    ],
)
def test_at_target_carrying_over_leaves_all_as_it_was_before(
    sent, uploader, sandbox, wrong, restoring_it, renewal
):  # F12
    for _batch in range(3):
        sandbox.fault("mbox-override")
    sent(b"thirdPartyId,tier,renewal\nO1,gold,may\n")
    batch = restoring(uploader, sent(b"thirdPartyId,tier\nO1,wrong\n", wrong))
    assert upload_of(batch) == "thirdPartyId,tier\r\nO1,gold\r\n"
    assert workflow.gate_of(batch) == Gate.UNDECIDED, "it is compared like any other"
    sent.arrived(uploader, chosen(uploader, batch, restoring_it, "It has to go."))
    profile = profiles_at(sandbox.url)["O1"]
    assert (profile["tier"], profile.get("renewal")) == ("gold", renewal)


def test_a_value_that_a_later_batch_set_anew_stays_out(undone, uploader, sent):
    later = sent(b"thirdPartyId,tier\nO1,platinum\n", "carry-over")
    found = looked(uploader, undone)
    assert fates(found, "tier") == {"again": 1, "later": 1, "same": 1, "unknown": 1}
    assert found.found["later"] == [{"number": later.pk, "attributes": {"tier": 1}}]
    assert "O1" not in upload_of(workflow.make_restoring_batch(uploader, undone, found.folder))


def test_what_a_later_batch_only_carried_over_is_not_set_anew(undone, uploader, sent):
    """The wrong tier of O1 and O3 is in its parts, and in nobody's file."""
    later = sent(b"thirdPartyId,plan\nO1,pro\nO3,pro\n", "carry-over")
    assert b"wrong" in files.part_path(later.parts.get()).read_bytes()
    assert upload_of(restoring(uploader, undone)) == RESTORED


def test_one_that_is_about_to_set_it_counts_as_later_too(undone, uploader, checked):
    batch = chosen(uploader, checked(b"thirdPartyId,tier\nO1,platinum\n"), "send-anyway", "It has to go.")
    assert workflow.release(uploader, batch)
    assert fates(looked(uploader, undone), "tier")["later"] == 1


@pytest.mark.parametrize("state", [PartState.REFUSED, PartState.CLOSED_UNKNOWN, PartState.NOT_APPLIED])
def test_only_what_target_took_counts(undone, uploader, state):
    Part.objects.filter(batch=Batch.objects.order_by("pk").first()).update(state=state)
    found = looked(uploader, undone)
    assert found.folder is None
    assert workflow.make_restoring_batch(uploader, undone, uuid.uuid4()) is None


@pytest.mark.parametrize("change", [{"client_code": "elsewhere"}, {"active": False}], ids=str)
def test_what_another_account_was_sent_does_not_count_and_an_inactive_destination_gets_nothing(
    undone, uploader, change
):
    Destination.objects.filter(pk=undone.destination_id).update(**change)
    other = Destination.objects.create(name="Other", kind="sandbox", client_code="SANDBOX")
    Batch.objects.filter(pk=Batch.objects.order_by("pk").first().pk).update(destination=other)
    assert workflow.ask_to_restore(uploader, fresh(undone)) == ("active" not in change)
    workflow.find_earlier_values(undone.pk)
    known = workflow.restoration_of(undone)
    assert known is None or known.folder is None


def test_of_files_that_are_not_kept_only_their_number_is_known(undone, uploader):
    earlier = Batch.objects.order_by("pk").first()
    Batch.objects.filter(pk=earlier.pk).update(files_deleted_at=now())
    found = looked(uploader, undone)
    assert (found.not_kept, found.folder) == (1, None)
    Batch.objects.filter(pk=undone.pk).update(files_deleted_at=now())
    assert not workflow.ask_to_restore(uploader, fresh(undone))


def test_what_was_not_sent_has_nothing_to_be_restored(checked, uploader):
    assert not workflow.ask_to_restore(uploader, checked(RIGHT))


def test_a_clear_value_is_sent_where_no_earlier_value_is_known(undone, uploader):  # F7
    batch = restoring(uploader, undone, {"city": "none"})
    assert upload_of(batch) == "thirdPartyId,tier,city\r\nO1,gold,none\r\nO3,tin,\r\nO4,,none\r\n"
    assert (batch.accepted, batch.rejected) == (3, 0)


def test_what_people_said_of_a_file_with_such_a_header_is_not_said_of_this_one(undone, uploader, checked):
    """A clear value would be sent for every blank, and every blank here means: leave it."""
    other = checked(b"thirdPartyId,tier\nZ9,gold\n")
    assert workflow.adjust_reading(uploader, other, clear={"tier": "none"}, mapping={"tier": "level"})
    assert restoring(uploader, undone).attributes == ["tier"]


@pytest.mark.parametrize("content", [b"thirdPartyId,tier\nO1,tin\n", b"thirdPartyId,tier\nZ1,tin\n"])
def test_once_another_batch_is_sent_it_is_looked_for_anew(undone, uploader, checked, content):
    found = looked(uploader, undone)
    batch = checked(content)
    batch = chosen(uploader, batch, "carry-over") if b"O1" in content else batch
    assert workflow.release(uploader, batch)
    assert workflow.make_restoring_batch(uploader, undone, found.folder) is None
    again = looked(uploader, undone)
    assert again.folder != found.folder
    assert not has_kept(files.restoration_name(undone, found.folder)), "what it was for is gone"
    assert workflow.make_restoring_batch(uploader, undone, again.folder)


def test_what_still_holds_is_not_looked_for_again(undone, uploader, colleague):
    found = looked(uploader, undone, {"city": "none"})
    assert workflow.ask_to_restore(colleague, undone)
    assert workflow.restoration_of(undone) == found
    assert looked(uploader, undone, {}).clear == {}


def test_with_the_files_of_the_batch_what_was_found_goes_too(undone, uploader, destination):
    looked(uploader, undone)
    Destination.objects.update(keep_days=1)
    Batch.objects.update(ended_at="2026-01-01T00:00Z")
    workflow.sweep()
    assert not Restoration.objects.exists()
    assert workflow.restoration_of(undone) is None


def test_who_is_forgotten_is_in_nothing_that_was_found(undone, uploader, admin):
    found = looked(uploader, undone)
    wanted = workflow.look_for(admin, "O1")
    workflow.go_on_forgetting(wanted.pk)
    wanted.refresh_from_db()
    assert workflow.remove_found(admin, wanted)
    workflow.go_on_forgetting(wanted.pk)
    assert not has_kept(files.restoration_name(undone, found.folder))
    again = looked(uploader, undone)
    assert upload_of(workflow.make_restoring_batch(uploader, undone, again.folder)) == (
        "thirdPartyId,tier\r\nO3,tin\r\n"
    )


@pytest.mark.parametrize(
    ("trouble", "failure"), [("changed", "file-changed"), ("key", "other-key"), ("died", "gave-up")]
)
def test_what_cannot_be_found_out_is_said(undone, uploader, settings, trouble, failure):
    assert workflow.ask_to_restore(uploader, undone)
    path = files.part_path(undone.parts.get())
    if trouble == "changed":
        path.write_bytes(path.read_bytes().replace(b"Oslo", b"Bern"))
    elif trouble == "key":
        settings.FINGERPRINT_KEY = "x" * 64
    else:
        Restoration.objects.update(attempts=3)
    workflow.find_earlier_values(undone.pk)
    assert workflow.restoration_of(undone).failure == failure
    assert not list(local_files.work_folder(uuid.uuid4()).parent.iterdir()), "nothing lies around"


def test_the_sweep_rings_for_what_no_worker_looks_for(undone, uploader):
    assert workflow.ask_to_restore(uploader, undone)
    for held, rung in ((None, True), (uuid.uuid4(), False)):
        Restoration.objects.update(claim=held, lease_until=now().replace(year=2100) if held else None)
        django_rq.get_queue("checking").empty()
        workflow.sweep()
        assert (f"restore-{undone.pk}" in django_rq.get_queue("checking").job_ids) == rung
    workflow.find_earlier_values(undone.pk)
    assert workflow.restoration_of(undone).looked_at is None, "another worker is at it"
