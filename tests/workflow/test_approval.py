"""Four eyes: who approves, what an approval is bound to, and what becomes of the batch."""

import pytest
from django.db import IntegrityError, transaction

from tests.support import files as made
from tests.support.sandbox import received_at
from uploads import workflow
from uploads.models import AuditEvent, Batch, BatchState, Decision, Destination, PartState, User, Verdict
from uploads.models.people import Membership, Role

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "The tiers of this month."


@pytest.fixture
def asked(checked, uploader, destination):
    """Uploads and checks bytes for a destination that always asks, and asks; returns the batch."""

    def asked(content: bytes = made.GOOD, actor=uploader) -> Batch:
        Destination.objects.filter(pk=destination.pk).update(approval="always")
        destination.refresh_from_db()
        batch = checked(content, actor=actor)
        assert ask(actor, batch)
        return batch

    return asked


def ask(actor, batch, because=WHY) -> bool:
    """Ask for what the batch is now."""
    return workflow.ask_for_approval(actor, batch, because, workflow.digest_of(fresh(batch)))


def approve(reviewer, batch, comment="") -> bool:
    """Approve what the batch is now."""
    return workflow.review(reviewer, batch, Verdict.APPROVED, comment, workflow.digest_of(fresh(batch)))


def fresh(batch) -> Batch:
    return Batch.objects.select_related("destination", "reviewer").get(pk=batch.pk)


def actions(batch) -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(batch_id=batch.pk, action__startswith="batch.")
    return list(events.order_by("sequence").values_list("action", "actor_name"))


@pytest.mark.parametrize(
    ("rule", "limits", "counts", "asks"),
    [
        ("never", {}, (1_000_000, 0, 1_000_000), False),
        ("always", {}, (1, 1, 0), True),
        ("above", {"approval_rows": 10}, (11, 10, 0), False),
        ("above", {"approval_rows": 10}, (11, 11, 0), True),
        ("above", {"approval_rows": None}, (1_000_000, 1_000_000, 0), False),
        ("above", {}, (100, 95, 5), False),
        ("above", {}, (1000, 949, 51), True),
        ("above", {"approval_rejected_percent": 0}, (1000, 999, 1), True),
        ("above", {"approval_rejected_percent": 0}, (1000, 1000, 0), False),
        ("above", {"approval_rejected_percent": 100}, (1, 0, 1), False),
    ],
)
def test_the_rule_says_which_batches_need_a_second_person(rule, limits, counts, asks):
    destination = Destination(approval=rule, **limits)
    rows, accepted, rejected = counts
    assert destination.asks_approval(rows=rows, accepted=accepted, rejected=rejected) == asks


def test_a_new_sandbox_asks_for_no_approval_and_every_real_account_always_does():
    for kind in Destination.Kind:
        Destination.objects.create(name=kind, kind=kind, client_code="a")
    rules = dict(Destination.objects.values_list("kind", "approval"))
    assert rules == {"sandbox": "never", "target": "always"}


def test_what_needs_approval_is_not_sent_without(asked, uploader, reviewer, sandbox):
    batch = asked()
    assert not workflow.release(uploader, batch)
    assert workflow.take_back(uploader, batch)
    assert not workflow.release(uploader, batch)
    assert not workflow.release(reviewer, batch)
    assert fresh(batch).state == BatchState.READY
    workflow.sweep()
    workflow.deliver(batch.parts.get().pk)
    assert received_at(sandbox.url) == {}


def test_a_batch_that_needs_none_is_not_asked_for(checked, uploader):
    assert not ask(uploader, checked(made.GOOD))


def test_only_what_was_seen_is_asked_for(checked, uploader, destination):
    destination.approval = "always"
    destination.save()
    batch = checked(made.GOOD)
    seen = workflow.digest_of(batch)
    assert workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    assert not workflow.ask_for_approval(uploader, fresh(batch), WHY, seen)
    assert fresh(batch).state == BatchState.READY
    assert ask(uploader, batch)


def test_what_is_approved_goes_out_by_itself(asked, reviewer, sandbox):
    batch = asked()
    assert approve(reviewer, batch, "Fine.")
    batch = fresh(batch)
    assert (batch.state, batch.released_by, batch.reviewer) == (BatchState.DELIVERING, reviewer, reviewer)
    assert (batch.asked_because, batch.verdict_comment) == (WHY, "Fine.")
    part = batch.parts.get()
    workflow.deliver(part.pk)
    assert received_at(sandbox.url) == {part.sha256: 1}
    assert actions(batch)[-3:] == [
        ("batch.approval-asked", "uploader"),
        ("batch.approved", "reviewer"),
        ("batch.released", "reviewer"),
    ]
    facts = AuditEvent.objects.get(action="batch.approved").facts
    assert facts == {"reason": "Fine.", "digest": batch.asked_digest}


def test_a_returned_batch_is_ready_again_and_can_be_asked_for_again(asked, uploader, reviewer):
    batch = asked()
    assert workflow.review(
        reviewer, batch, Verdict.RETURNED, "Leave the city out.", workflow.digest_of(batch)
    )
    batch = fresh(batch)
    assert (batch.state, batch.verdict, batch.verdict_comment) == ("ready", "returned", "Leave the city out.")
    assert workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    batch = fresh(batch)
    assert (batch.state, batch.verdict_comment) == (BatchState.READY, "Leave the city out.")
    assert ask(uploader, batch, "Without the city.")
    assert (batch.verdict, batch.reviewer) == ("", None)
    assert approve(reviewer, batch)


def test_rejected_is_final(asked, uploader, reviewer):
    batch = asked()
    assert workflow.review(reviewer, batch, Verdict.REJECTED, "Not ours.", workflow.digest_of(batch))
    batch = fresh(batch)
    assert (batch.state, batch.is_final) == (BatchState.REJECTED, True)
    assert {part.state for part in batch.parts.all()} == {PartState.CANCELLED}
    assert not ask(uploader, batch)
    assert not workflow.can_cancel(batch)
    assert not approve(reviewer, batch)


def test_what_waits_for_approval_can_be_cancelled(asked, uploader, reviewer):
    batch = asked()
    assert workflow.can_cancel(batch)
    assert workflow.cancel(uploader, batch)
    assert fresh(batch).state == BatchState.CANCELLED
    assert not approve(reviewer, batch)


def test_what_waits_for_approval_is_not_read_differently(asked, uploader, reviewer):
    batch = asked()
    assert not workflow.adjust_reading(uploader, batch, trim=True)
    assert approve(reviewer, batch)


@pytest.mark.database
@pytest.mark.parametrize("verdict", [Verdict.APPROVED, Verdict.RETURNED, Verdict.REJECTED])
def test_nobody_reviews_their_own_batch_whatever_their_roles(asked, uploader, destination, verdict):
    """The form does not let them; neither does the database."""
    Membership.objects.create(person=uploader, destination=destination, role=Role.REVIEWER)
    batch = asked()
    with pytest.raises(IntegrityError, match="nobody_reviews_their_own_batch"):
        workflow.review(uploader, batch, verdict, "Mine.", workflow.digest_of(batch))
    assert (fresh(batch).state, fresh(batch).verdict) == (BatchState.AWAITING_APPROVAL, "")
    assert ("batch.approved", "uploader") not in actions(batch)


def test_no_verdict_stands_in_the_database_without_its_reviewer(asked):
    batch = asked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(verdict=Verdict.APPROVED)


@pytest.mark.parametrize("second", [Verdict.APPROVED, Verdict.RETURNED, Verdict.REJECTED])
@pytest.mark.parametrize("first", [Verdict.APPROVED, Verdict.RETURNED, Verdict.REJECTED])
def test_of_two_verdicts_one_counts(asked, reviewer, first, second):
    batch, other = asked(), User.objects.create_user("other")
    same, seen = fresh(batch), workflow.digest_of(batch)
    assert workflow.review(reviewer, batch, first, "First.", seen)
    assert not workflow.review(other, same, second, "Second.", seen)
    batch = fresh(batch)
    assert (batch.verdict, batch.verdict_comment, batch.reviewer) == (first, "First.", reviewer)
    assert len(AuditEvent.objects.filter(action="batch.released")) == (first == Verdict.APPROVED)


def test_only_what_was_seen_is_approved(asked, uploader, reviewer):
    """A page that was open while the batch was returned, changed and asked for again."""
    batch = asked()
    seen = workflow.digest_of(batch)
    workflow.take_back(uploader, batch)
    workflow.adjust_reading(uploader, batch, dont_send=("city",))
    workflow.check(batch.pk)
    assert ask(uploader, fresh(batch))
    for verdict in (Verdict.APPROVED, Verdict.RETURNED, Verdict.REJECTED):
        assert not workflow.review(reviewer, batch, verdict, "As I saw it.", seen)
    assert fresh(batch).state == BatchState.AWAITING_APPROVAL
    assert approve(reviewer, batch)


CHANGES = [{"api_version": "v1"}, {"client_code": "another"}, {"kind": "target"}]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_change_of_where_it_goes_voids_the_request(asked, uploader, reviewer, destination, change):
    batch = asked()
    Destination.objects.filter(pk=destination.pk).update(**change)
    assert not approve(reviewer, batch)
    batch = fresh(batch)
    assert (batch.state, batch.verdict, batch.reviewer) == (BatchState.READY, Verdict.VOID, None)
    assert not workflow.release(uploader, batch)
    assert ask(uploader, batch)
    assert approve(reviewer, batch)


def test_a_change_of_the_name_voids_nothing(asked, reviewer, destination):
    batch = asked()
    Destination.objects.filter(pk=destination.pk).update(name="Renamed", approval="never")
    assert approve(reviewer, batch)


@pytest.mark.parametrize(
    ("data", "change"),
    [(made.GOOD, {"active": False}), (made.BY_PCID, {"uses_ecid": True})],
    ids=["inactive", "no pcIds"],  # F11
)
def test_nothing_is_approved_for_a_destination_that_does_not_take_it(
    asked, reviewer, destination, data, change
):
    batch = asked(data)
    Destination.objects.filter(pk=destination.pk).update(**change)
    assert not approve(reviewer, batch)
    assert fresh(batch).state == BatchState.AWAITING_APPROVAL


@pytest.mark.parametrize("change", [*CHANGES, {}], ids=lambda change: next(iter(change), "nothing"))
def test_an_approved_batch_is_released_only_as_it_was_approved(asked, reviewer, destination, change):
    batch = asked()
    Batch.objects.filter(pk=batch.pk).update(
        state=BatchState.APPROVED, verdict=Verdict.APPROVED, reviewer=reviewer
    )
    Destination.objects.filter(pk=destination.pk).update(**change or {"name": "Renamed"})
    assert workflow.release(reviewer, fresh(batch)) == (not change)
    batch = fresh(batch)
    assert batch.state == (BatchState.READY if change else BatchState.DELIVERING)
    assert batch.verdict == (Verdict.VOID if change else Verdict.APPROVED)


def test_a_change_after_the_approval_keeps_what_has_not_left(asked, reviewer, destination, sandbox):
    batch = asked()
    assert approve(reviewer, batch)
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    part = batch.parts.get()
    workflow.deliver(part.pk)
    part.refresh_from_db()
    assert (part.state, part.reason, fresh(batch).state) == ("refused", "approval-void", BatchState.FAILED)
    assert received_at(sandbox.url) == {}


def test_what_a_reviewer_has_sent_again_is_still_what_was_approved(asked, reviewer, sandbox):
    batch = asked()
    assert approve(reviewer, batch)
    sandbox.fault(kind="reset", before_body=True)
    part = batch.parts.get()
    workflow.deliver(part.pk)
    part.refresh_from_db()
    assert workflow.decide(reviewer, part, Decision.SEND_AGAIN, "Looked it up.")
    again = part.resent_as
    workflow.deliver(again.pk)
    again.refresh_from_db()
    assert again.state == PartState.ACCEPTED


def test_the_sample_is_of_what_would_be_sent(asked):
    batch = asked(made.SOME_BAD)
    sample = workflow.sample_of(batch)
    assert [(row.identifier, row.values) for row in sample.rows] == [
        ("A1", {"tier": "gold"}),
        ("A4", {"tier": "iron"}),
    ]
