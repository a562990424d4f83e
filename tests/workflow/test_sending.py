"""At a chosen time: released exactly once, or ready again with the reason."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from tests.support import files as made
from tests.support.at_once import at_once
from tests.support.sandbox import received_at
from uploads import workflow
from uploads.models import AuditEvent, Batch, BatchState, Destination, PartState, User, Verdict

pytestmark = pytest.mark.django_db(transaction=True)

SOON = timedelta(hours=1)


@pytest.fixture
def scheduled(checked, uploader):
    """A checked batch that goes out in an hour."""

    def scheduled(content: bytes = made.GOOD) -> Batch:
        batch = checked(content)
        assert workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON)
        return batch

    return scheduled


@pytest.fixture
def approved(checked, uploader, reviewer, destination):
    """The same, after a reviewer approved it."""
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    destination.refresh_from_db()
    batch = checked(made.GOOD)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch), now() + SOON)
    assert workflow.review(reviewer, batch, Verdict.APPROVED, "Fine.", workflow.digest_shown(fresh(batch)))
    return fresh(batch)


def fresh(batch) -> Batch:
    return Batch.objects.select_related("destination", "scheduled_by").get(pk=batch.pk)


def come(batch, late: timedelta = timedelta()) -> None:
    """Let the chosen time pass, as if the clock had moved: what the digest binds moves with it."""
    batch = fresh(batch)
    unchanged = batch.scheduled_digest == workflow.digest_of(batch)
    Batch.objects.filter(pk=batch.pk).update(send_at=now() - late)
    digest = workflow.digest_of(fresh(batch))
    moved = {"scheduled_digest": digest} | ({"asked_digest": digest} if batch.asked_digest else {})
    Batch.objects.filter(pk=batch.pk).update(**moved if unchanged else {"schedule_failure": ""})


def happened(batch) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(batch_id=batch.pk, action__startswith="batch.")
    return list(events.order_by("sequence").values_list("action", "actor_name"))


def test_before_its_time_nothing_leaves(scheduled, sandbox):
    batch = scheduled()
    workflow.sweep()
    workflow.deliver(batch.parts.get().pk)
    assert fresh(batch).state == BatchState.SCHEDULED
    assert received_at(sandbox.url) == {}


def test_at_its_time_the_sweep_releases_it_once(scheduled, uploader, sandbox):
    batch = scheduled()
    come(batch)
    workflow.sweep()
    workflow.sweep()
    batch, part = fresh(batch), batch.parts.get()
    assert (batch.state, batch.released_by) == (BatchState.DELIVERING, uploader)
    workflow.deliver(part.pk)
    assert received_at(sandbox.url) == {part.sha256: 1}
    assert happened(batch)[-2:] == [("batch.scheduled", "uploader"), ("batch.released", "")]


def test_who_stops_it_in_time_finds_it_ready_again(scheduled, uploader, reviewer):
    batch = scheduled()
    assert workflow.unschedule(reviewer, batch)
    assert not workflow.unschedule(uploader, batch)
    assert (batch.state, batch.send_at) == (BatchState.READY, None)
    workflow.sweep()
    assert happened(batch)[-1] == ("batch.unscheduled", "reviewer")
    assert workflow.send(uploader, batch, workflow.digest_of(batch))


def test_a_scheduled_batch_can_be_cancelled_for_good(scheduled, uploader):
    batch = scheduled()
    assert workflow.can_cancel(batch)
    assert workflow.cancel(uploader, batch)
    come(batch)
    workflow.sweep()
    assert fresh(batch).state == BatchState.CANCELLED
    assert batch.parts.get().state == PartState.CANCELLED


def test_a_scheduled_batch_is_not_read_differently(scheduled, uploader):
    batch = scheduled()
    assert not workflow.adjust_reading(uploader, batch, trim=True)
    ready = fresh(batch)
    ready.state = BatchState.READY
    assert not workflow.adjust_reading(uploader, ready, trim=True), "a page from before it was scheduled"
    assert fresh(batch).state == BatchState.SCHEDULED


CHANGES = {
    "schedule-changed": lambda batch: Destination.objects.update(api_version="v1"),
    "schedule-approval": lambda batch: Destination.objects.update(approval="always"),
    "schedule-inactive": lambda batch: Destination.objects.update(active=False),
    "schedule-pcid": lambda batch: Destination.objects.update(uses_ecid=True),  # F11
    "schedule-person": lambda batch: User.objects.filter(pk=batch.owner_id).update(is_active=False),
    "schedule-late": lambda batch: come(batch, late=timedelta(hours=7)),
}


@pytest.mark.parametrize("failure", CHANGES)
def test_if_anything_has_changed_by_then_nothing_is_sent(scheduled, uploader, sandbox, failure):
    batch = scheduled(made.BY_PCID if failure == "schedule-pcid" else made.GOOD)
    come(batch)
    CHANGES[failure](batch)
    workflow.sweep()
    batch = fresh(batch)
    assert (batch.state, batch.schedule_failure, batch.send_at) == (BatchState.READY, failure, None)
    event = AuditEvent.objects.get(action="batch.schedule-void")
    assert (event.actor_name, event.facts) == ("", {"reason": failure})
    workflow.deliver(batch.parts.get().pk)
    assert received_at(sandbox.url) == {}


def test_a_few_hours_late_it_still_goes(scheduled):
    batch = scheduled()
    come(batch, late=timedelta(hours=5))
    workflow.sweep()
    assert fresh(batch).state == BatchState.DELIVERING


def test_a_paused_account_holds_its_parts_and_not_its_release(scheduled, reviewer, destination, sandbox):
    batch = scheduled()
    workflow.pause(destination, reviewer)
    come(batch)
    workflow.sweep()
    workflow.deliver(batch.parts.get().pk)
    assert (fresh(batch).state, batch.parts.get().state) == (BatchState.DELIVERING, PartState.PENDING)
    workflow.resume(destination, reviewer)
    workflow.deliver(batch.parts.get().pk)
    assert list(received_at(sandbox.url).values()) == [1]


def test_an_approval_binds_the_time(approved, reviewer, sandbox):
    assert (approved.state, approved.scheduled_by) == (BatchState.SCHEDULED, reviewer)
    come(approved)
    workflow.sweep()
    assert fresh(approved).released_by == reviewer
    workflow.deliver(approved.parts.get().pk)
    assert list(received_at(sandbox.url).values()) == [1]


def test_another_time_needs_another_approval(approved, uploader):
    assert workflow.unschedule(uploader, approved)
    batch = fresh(approved)
    assert (batch.state, batch.verdict, batch.reviewer) == (BatchState.READY, "", None)
    assert not workflow.send(uploader, batch, workflow.digest_of(batch))
    assert not workflow.send(uploader, batch, workflow.digest_of(batch), now() + SOON)
    assert workflow.ask_for_approval(uploader, batch, "Now.", workflow.digest_of(batch))


def test_an_approval_that_is_no_longer_for_what_would_go_is_void_at_its_time(approved, sandbox):
    come(approved)
    Destination.objects.update(api_version="v1")
    workflow.sweep()
    batch = fresh(approved)
    assert (batch.state, batch.schedule_failure) == (BatchState.READY, "schedule-changed")
    workflow.deliver(batch.parts.get().pk)
    assert received_at(sandbox.url) == {}


def test_a_page_from_before_the_time_approves_nothing_after_it(checked, uploader, reviewer, destination):
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    destination.refresh_from_db()
    batch = checked(made.GOOD)
    assert workflow.ask_for_approval(uploader, batch, "Why.", workflow.digest_of(batch), now() + SOON)
    batch = fresh(batch)
    Batch.objects.filter(pk=batch.pk).update(send_at=now())
    batch = fresh(batch)
    Batch.objects.filter(pk=batch.pk).update(asked_digest=workflow.digest_of(batch))
    assert not workflow.review(reviewer, batch, Verdict.APPROVED, "As I saw it.", workflow.digest_of(batch))
    assert workflow.review(reviewer, batch, Verdict.APPROVED, "At once.", workflow.digest_shown(batch))
    assert fresh(batch).state == BatchState.DELIVERING


@pytest.mark.parametrize("away", [-SOON, timedelta(), timedelta(days=31)], ids=["past", "now", "far"])
def test_only_a_time_to_come_within_thirty_days_is_taken(checked, uploader, away):
    batch = checked(made.GOOD)
    assert not workflow.send(uploader, batch, workflow.digest_of(batch), now() + away)
    assert fresh(batch).state == BatchState.READY


def test_nothing_is_scheduled_that_was_not_seen(checked, uploader):
    batch = checked(made.GOOD)
    assert not workflow.send(uploader, batch, "x" * 64, now() + SOON)


@pytest.mark.database
def test_no_batch_is_scheduled_without_its_time(scheduled):
    batch = scheduled()
    with pytest.raises(IntegrityError, match="what_is_scheduled_has_its_time"), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(send_at=None)


@pytest.mark.database
@pytest.mark.parametrize("rival", ["sweep", "unschedule", "cancel"])
def test_of_a_sweep_and_whoever_comes_at_the_same_moment_one_wins(scheduled, uploader, rival):
    rivals = {
        "sweep": lambda batch: workflow.sweep(),
        "unschedule": lambda batch: workflow.unschedule(uploader, batch),
        "cancel": lambda batch: workflow.cancel(uploader, batch),
    }
    for _round in range(3):
        batch = scheduled()
        come(batch)
        at_once(*(partial(rivals[each], fresh(batch)) for each in ("sweep", rival)))
        actions = [action for action, _who in happened(batch)]
        released = actions.count("batch.released")
        state = fresh(batch).state
        assert released <= 1
        if rival == "sweep":
            assert (released, state) == (1, BatchState.DELIVERING)
        elif rival == "unschedule":
            assert (released, state) in ((1, BatchState.DELIVERING), (0, BatchState.READY))
        else:
            # Released first, it is stopped before any part has left.
            assert state == BatchState.CANCELLED
