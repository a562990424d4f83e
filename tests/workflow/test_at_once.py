"""Workers, sweeps and people at the same moment, each on a connection of their own."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.utils.timezone import now

from tests.support import files as made
from tests.support.at_once import at_once, in_step
from tests.support.overlaps import EARLIER, LATER, LONGEST, OTHERS, fresh, overlap_of
from uploads import audit, pages, target, workflow
from uploads.models import (
    AttributeName,
    AuditEvent,
    Batch,
    BatchState,
    Call,
    Decision,
    Destination,
    Membership,
    Notification,
    Overlap,
    Part,
    PartState,
    User,
)
from uploads.workflow import CALLS_PER_MINUTE, answers, calls
from uploads.workflow.leases import claim_fields

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]

LONG_AGO = "2000-01-01T00:00:00Z"
ACCEPTED = answers.accepted(target.Accepted(None, "sandbox-7", "Batch submitted for processing"))
NO_TOKEN = answers.failed(target.RetrySafely("No.", kind="token", http_status=401))


def happened(*actions: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__in=actions).order_by("sequence"))


def states(batch: Batch) -> list[str]:
    return list(batch.parts.order_by("number").values_list("state", flat=True))


# One of many ------------------------------------------------------------------------------------


def test_of_many_workers_at_one_part_one_sends_it(released, sandbox):
    part = released().parts.get()
    at_once(*[lambda: workflow.deliver(part.pk)] * 6)
    assert len(happened("part.claimed")) == 1
    assert [body["received"] for body in sandbox.received()] == [1]


def test_of_many_parts_of_an_account_one_leaves_at_a_time(released, sandbox):
    parts = [released(b"thirdPartyId,tier\nP%d,gold\n" % number).parts.get() for number in range(4)]
    at_once(*(lambda part=part: workflow.deliver(part.pk) for part in parts))
    told = happened("part.claimed", "part.sending", "part.accepted")
    assert told
    # Each part's three events stand together: no other began before its answer was there.
    assert [event.action for event in told] == ["part.claimed", "part.sending", "part.accepted"] * (
        len(told) // 3
    )


def test_many_at_once_never_reserve_more_calls_than_the_budget_has(released):
    """T11."""
    part = released().parts.get()

    def reserve():
        return [calls.reserve(part, Call.Kind.STATUS) for _ in range(12)]

    reserved = [call for some in at_once(*[reserve] * 6) for call in some if call]
    assert len(reserved) == Call.objects.count() == CALLS_PER_MINUTE


def test_sweeps_at_once_do_everything_once(released):
    doubtful, claimed = released().parts.get(), released(OTHERS).parts.get()
    lost = {"claim": uuid.uuid4(), "lease_until": LONG_AGO}
    Part.objects.filter(pk=doubtful.pk).update(state=PartState.SENDING, **lost)
    Part.objects.filter(pk=claimed.pk).update(state=PartState.CLAIMED, **lost)
    at_once(*[workflow.sweep] * 4)
    assert [event.action for event in happened("part.in-doubt", "part.released")] == [
        "part.released",
        "part.in-doubt",
    ]


def test_of_two_verdicts_one_counts(checked, uploader, reviewer, destination):
    Destination.objects.filter(pk=destination.pk).update(approval="always")
    destination.refresh_from_db()
    batch = checked(made.GOOD)
    assert workflow.ask_for_approval(uploader, batch, "Spring", workflow.digest_of(batch))
    seen = workflow.digest_shown(batch)
    verdicts = ("approved", "returned", "rejected")
    done = at_once(
        *(
            lambda verdict=verdict: workflow.review(
                reviewer, Batch.objects.get(pk=batch.pk), verdict, "Why.", seen
            )
            for verdict in verdicts
        )
    )
    assert done.count(True) == 1
    assert len(happened("batch.approved", "batch.returned", "batch.rejected")) == 1


def test_of_two_batches_for_the_same_visitors_one_is_compared_with_the_other_first(checked, uploader):
    """F12: whichever goes first, the other does not go before somebody knows what would be lost."""
    batches = [checked(EARLIER), checked(LATER)]
    done = at_once(*(lambda batch=batch: workflow.release(uploader, batch) for batch in batches))
    assert sorted(done) == [False, True]
    assert len(happened("batch.released")) == 1


def test_a_worker_takes_no_choice_back_but_the_one_that_it_could_not_carry_out(released, checked, uploader):
    """F8: a row would become too long; meanwhile somebody chooses otherwise."""
    released(LONGEST)
    batch = checked(LATER)
    assert workflow.choose(uploader, batch, Overlap.Choice.CARRY_OVER, workflow.digest_of(batch))
    seen = workflow.digest_of(batch)
    _none, is_chosen = in_step(
        lambda: workflow.compare(batch.pk),
        lambda: workflow.choose(uploader, fresh(batch), Overlap.Choice.LEAVE_OUT, seen),
    )
    assert overlap_of(batch).choice == ("leave-out" if is_chosen else "")
    assert len(happened("batch.overlap-oversized")) == (not is_chosen)


# In each other's way ----------------------------------------------------------------------------


@dataclass
class Scene:
    """A batch whose first part is leaving and whose second is not, another batch, and who is there."""

    batch: Batch
    other: Batch
    uploader: User
    reviewer: User
    admin: User
    elsewhere: Destination

    def part(self, number: int, **changed) -> Part:
        """A part of the batch, with these changes."""
        self.batch.parts.filter(number=number).update(**changed)
        return self.batch.parts.get(number=number)

    def answered(self, answer: answers.Answer) -> Callable[[], bool]:
        """Writes Target's answer to the first part."""
        part = self.part(1)
        call = calls.reserve(part, Call.Kind.SUBMIT)
        return lambda: answers.record(part, call, answer)


@pytest.fixture
def scene(released, checked, uploader, reviewer, admin, other_destination):
    """Nobody is at work yet."""
    batch = released()
    other = checked(OTHERS)
    first = batch.parts.get()
    Part.objects.create(batch=batch, number=2, rows=5, bytes=first.bytes, sha256=first.sha256)
    leaving = {"state": PartState.SENDING, "attempts": 1, "sending_at": now()}
    Part.objects.filter(pk=first.pk).update(**leaving, **claim_fields())
    return Scene(batch, other, uploader, reviewer, admin, other_destination)


def _answer_and_cancel(scene):
    return scene.answered(ACCEPTED), lambda: workflow.cancel(scene.uploader, scene.batch)


def _answer_and_decision(scene):
    doubtful = scene.part(2, state=PartState.IN_DOUBT, sending_at=now())
    decision = Decision.SEND_AGAIN
    return scene.answered(ACCEPTED), lambda: workflow.decide(scene.reviewer, doubtful, decision, "Lost.")


def _answer_and_pause(scene):
    return scene.answered(NO_TOKEN), lambda: workflow.pause(scene.batch.destination, scene.admin)


def _token_and_answer(scene):
    calls.pause_for_token(scene.batch.destination)
    scene.part(2, state=PartState.WAITING_TO_RETRY, reason="token")
    place = scene.batch.destination
    return lambda: workflow.set_token(scene.admin, place, "fresh") or True, scene.answered(ACCEPTED)


def _token_and_cancel(scene):
    calls.pause_for_token(scene.batch.destination)
    scene.part(2, state=PartState.WAITING_TO_RETRY, reason="token")
    place = scene.batch.destination
    return (
        lambda: workflow.set_token(scene.admin, place, "fresh") or True,
        lambda: workflow.cancel(scene.uploader, scene.batch),
    )


def _decision_and_email(scene):
    scene.part(1, state=PartState.COMPLETE, claim=None)
    doubtful = scene.part(2, state=PartState.IN_DOUBT, sending_at=now())
    Batch.objects.filter(pk=scene.batch.pk).update(state=BatchState.NEEDS_ATTENTION)
    User.objects.filter(pk=scene.reviewer.pk).update(email="reviewer@example.com")
    waiting = Notification.objects.create(
        batch=scene.batch, person=scene.reviewer, state=BatchState.NEEDS_ATTENTION, due_at=now()
    )
    decision = Decision.CLOSE
    return (
        lambda: workflow.decide(scene.reviewer, doubtful, decision, "Nobody knows."),
        lambda: workflow.notify(waiting.pk, pages.notification_of) or True,
    )


def _release_and_note(scene):
    attribute = AttributeName.objects.get(name="tier")
    attribute.note = "Loyalty"
    return (
        lambda: workflow.release(scene.uploader, scene.other),
        lambda: workflow.describe_attribute(scene.uploader, attribute) or True,
    )


def _removal_and_membership(scene):
    membership = Membership.objects.create(
        person=scene.uploader, destination=scene.elsewhere, role="uploader"
    )
    return (
        lambda: workflow.remove_destination(scene.admin, scene.elsewhere) or True,
        lambda: workflow.take_membership(scene.admin, membership) or True,
    )


PAIRS = [
    (_answer_and_cancel, 0),
    (_answer_and_decision, 0),
    (_answer_and_pause, 2),
    (_token_and_answer, 0),
    (_token_and_cancel, 0),
    (_decision_and_email, 4),
    (_release_and_note, 5),
    (_removal_and_membership, 4),
]


@pytest.mark.parametrize(
    ("pair", "ahead"), PAIRS, ids=[pair.__name__.strip("_").replace("_", " ") for pair, _ahead in PAIRS]
)
def test_two_that_take_the_same_rows_never_wait_for_each_other(scene, pair, ahead):
    assert in_step(*pair(scene), ahead) == [True, True]
    assert audit.verify().broken is None
