"""Releasing a batch and sending its parts to the real sandbox; what can go wrong is in test_what_happens."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from werkzeug import Response

from tests.support import files as made
from tests.support.overlaps import OTHERS
from tests.support.sandbox import profiles_at
from uploads import files, workflow
from uploads.models import Account, AuditEvent, BatchState, Call, Part, PartState
from uploads.workflow import calls
from uploads.workflow.lanes import UNFINISHED_AT_TARGET

pytestmark = pytest.mark.django_db(transaction=True)


def sent_part(batch):
    part = batch.parts.get()
    workflow.deliver(part.pk)
    part.refresh_from_db()
    batch.refresh_from_db()
    return part


def test_a_released_batch_arrives_once_and_byte_for_byte(released, sandbox, settings, follow_to_end):
    batch = released(made.GOOD)
    part = follow_to_end(sent_part(batch))
    batch.refresh_from_db()
    assert (part.state, batch.state) == (PartState.COMPLETE, BatchState.COMPLETE)
    assert (part.batch_size, part.updated, part.failed) == (3, 3, 0)
    assert part.target_batch_id.startswith("sandbox-")
    assert [(body["sha256"], body["received"]) for body in sandbox.received()] == [(part.sha256, 1)]
    assert profiles_at(sandbox.url) == {
        "A1": {"tier": "gold", "city": "Oslo"},
        "A2": {"tier": "silver", "city": "Køln"},
        "A3": {"city": "Lima"},
    }


def test_every_call_has_a_row_with_its_outcome(released, sandbox, follow_to_end):
    part = follow_to_end(sent_part(released()))
    rows = list(Call.objects.filter(part=part).order_by("pk").values_list("kind", "outcome", "account"))
    assert rows[0] == ("submit", "accepted", "sandbox:sandbox")
    assert rows[-1] == ("status", "complete", "sandbox:sandbox")


def test_nothing_is_sent_before_a_release(checked, sandbox, settings):
    batch = checked(made.GOOD)
    workflow.deliver(batch.parts.get().pk)
    assert sandbox.received() == []


def test_a_batch_is_released_once(checked, uploader):
    batch = checked(made.GOOD)
    assert workflow.release(uploader, batch)
    assert not workflow.release(uploader, batch)
    assert AuditEvent.objects.filter(action="batch.released").count() == 1


def test_a_good_answer_from_before_does_not_take_back_what_target_asked_for(released, destination):
    """T11: a poll that was under way when another call got the 503."""
    released()
    calls.slow_down(destination, 120)
    calls.slow_down(destination, None)
    calls.went_well(destination)
    account = Account.objects.get()
    assert account.busy_answers == 2
    assert account.slow_until > timezone.now() + timedelta(seconds=100)


def test_an_answer_to_the_old_token_does_not_pause_the_new_one(released, sandbox, destination):
    """T3: a new token kills the old one at once, also under a call that is on its way."""
    part = released().parts.get()
    call = calls.reserve(part, Call.Kind.STATUS)
    destination.set_token("fresh")
    destination.save()
    calls.pause_for_token(destination, call)
    assert calls.available(destination)
    calls.pause_for_token(destination, calls.reserve(part, Call.Kind.STATUS))
    assert not calls.available(destination)


def test_an_answer_that_comes_after_the_worker_was_given_up_still_counts(released, settings, httpserver):
    """A machine that slept in the middle of a call: the lease is over, the call is not."""
    batch = released()
    part = batch.parts.get()

    def given_up_meanwhile(request):
        Part.objects.filter(pk=part.pk).update(lease_until="2000-01-01T00:00:00Z")
        workflow.sweep()
        assert Part.objects.get(pk=part.pk).state == PartState.IN_DOUBT
        connection.close()
        address = f"{settings.SANDBOX_URL}/m2/sandbox/v2/profile/batchStatus?batchId=7"
        return Response(f"<response><success>true</success><batchStatus>{address}</batchStatus></response>")

    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/m2/sandbox/v2/profile/batchUpdate").respond_with_handler(given_up_meanwhile)
    workflow.deliver(part.pk)
    httpserver.check_assertions()
    part.refresh_from_db()
    batch.refresh_from_db()
    assert (part.state, part.reason, part.target_batch_id) == (PartState.ACCEPTED, "", "7")
    assert batch.state == BatchState.DELIVERING


def test_without_a_free_call_the_part_goes_back_to_waiting(released, sandbox, settings):
    batch = released()
    part = batch.parts.get()
    for _ in range(calls.CALLS_PER_MINUTE):
        assert calls.reserve(part, Call.Kind.STATUS) is not None
    assert calls.reserve(part, Call.Kind.STATUS) is None
    assert sent_part(batch).state == PartState.PENDING
    assert sandbox.received() == []


def test_one_part_of_an_account_is_sent_at_a_time(released, sandbox):
    first, second = released().parts.get(), released().parts.get()
    Part.objects.filter(pk=first.pk).update(state=PartState.SENDING)
    workflow.deliver(second.pk)
    second.refresh_from_db()
    assert second.state == PartState.PENDING


def test_target_never_holds_more_unfinished_parts_than_it_remembers(released, sandbox):
    """T10."""
    for _ in range(UNFINISHED_AT_TARGET):
        Part.objects.filter(batch=released()).update(state=PartState.ACCEPTED)
    waiting = sent_part(released())
    assert waiting.state == PartState.PENDING


@pytest.mark.parametrize(
    ("waited", "state"),
    [(timedelta(minutes=5), PartState.PENDING), (timedelta(hours=2), PartState.ACCEPTED)],
    ids=["a status still waited for", "one that took too long"],
)
def test_newer_parts_do_not_push_a_status_out_of_targets_memory(released, sandbox, waited, state):
    """T10: finished ones take up its memory too, and so do those that may have arrived."""
    ends = [PartState.ACCEPTED, PartState.IN_DOUBT, *[PartState.COMPLETE] * (UNFINISHED_AT_TARGET - 2)]
    for number, end in enumerate(ends):
        sending_at = timezone.now() - waited + timedelta(seconds=number)
        # Of other visitors: one in doubt holds up later batches of its own.
        Part.objects.filter(batch=released(OTHERS)).update(state=end, sending_at=sending_at)
    assert sent_part(released()).state == state


def test_the_parts_of_a_batch_go_in_order(released, sandbox, make_due):
    batch = released()
    first = batch.parts.get()
    second = Part.objects.create(
        batch=batch, number=2, rows=first.rows, bytes=first.bytes, sha256=first.sha256
    )
    files.keep(_copy_of(first), files.part_name(second))
    workflow.deliver(second.pk)
    second.refresh_from_db()
    assert second.state == PartState.PENDING
    workflow.deliver(first.pk)
    workflow.deliver(second.pk)
    second.refresh_from_db()
    assert second.state == PartState.ACCEPTED


def test_the_token_goes_with_the_call_and_nowhere_else(released, settings, tmp_path, httpserver, caplog):
    canary = "canary-0b5f"
    batch = released()
    batch.destination.set_token(canary)
    batch.destination.save()
    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request(
        "/m2/sandbox/v2/profile/batchUpdate", headers={"Authorization": f"Bearer {canary}"}
    ).respond_with_data("nonsense")
    assert sent_part(batch).state == PartState.IN_DOUBT
    httpserver.check_assertions()
    assert canary not in caplog.text
    assert canary.encode() not in bytes(batch.destination.token_sealed)
    assert not AuditEvent.objects.filter(facts__icontains=canary).exists()
    assert not Part.objects.filter(message__contains=canary).exists()


def test_a_part_counts_the_times_it_was_begun(released, sandbox, settings, make_due):
    batch = released()
    sandbox.fault(kind="http", status=503, times=2)
    for _ in range(3):
        sent_part(batch)
        make_due()
    assert Part.objects.filter(attempts=F("number") + 2, state=PartState.ACCEPTED).exists()


def _copy_of(part):
    from pathlib import Path

    from django.conf import settings

    copy = Path(settings.WORK_ROOT) / "copy"
    copy.parent.mkdir(parents=True, exist_ok=True)
    with files.open_part(part) as body:
        copy.write_bytes(body.read())
    return copy
