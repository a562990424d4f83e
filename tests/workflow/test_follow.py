"""Following a part until Target is done with it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from uploads import workflow
from uploads.models import AuditEvent, BatchState, Call, DayRows, Destination, Part, PartState
from uploads.workflow import calls

pytestmark = pytest.mark.django_db(transaction=True)


def polled(part):
    workflow.follow(part.pk)
    part.refresh_from_db()
    return part


def test_the_log_has_every_call_with_its_outcome_and_none_that_was_not_made(accepted, sandbox):
    part = accepted()
    sandbox.fault(on="status", kind="http", status=503)
    part = polled(part)
    calls.answered(calls.reserve(part, Call.Kind.STATUS), calls.NOT_MADE)
    told = AuditEvent.objects.filter(action__startswith="call.").order_by("sequence")
    assert [(event.action, event.batch_id, event.facts) for event in told] == [
        ("call.submit", part.batch_id, {"part": 1, "outcome": "accepted", "http_status": 200}),
        ("call.status", part.batch_id, {"part": 1, "outcome": "busy", "http_status": 503}),
    ]


def test_a_day_of_silence_ends_also_while_the_account_is_paused(accepted, sandbox, destination):
    part = accepted()
    calls.pause_for_token(destination)
    Part.objects.filter(pk=part.pk).update(answered_at=timezone.now() - timedelta(hours=25))
    assert polled(part).state == PartState.STATUS_UNKNOWN


def test_each_poll_waits_about_twice_as_long_as_the_one_before(accepted, sandbox, make_due):
    part = accepted()
    sandbox.fault(on="status", kind="never-complete", times=3)
    for at_least in (8, 16, 32):
        part = polled(part)
        assert part.next_poll_at - Call.objects.latest("pk").at > timedelta(seconds=at_least)
        make_due()


def test_a_pause_never_exceeds_a_quarter_of_an_hour():
    assert max(calls.backoff(30, first=timedelta(seconds=5)) for _ in range(100)) == timedelta(minutes=15)


def test_a_poll_that_is_not_due_is_not_made(accepted, sandbox):
    part = accepted()
    sandbox.fault(on="status", kind="never-complete", times=5)
    for _ in range(5):
        workflow.follow(part.pk)
    assert Call.objects.filter(kind=Call.Kind.STATUS).count() == 1


def test_v1_leaves_out_visitors_that_target_does_not_know(destination, released, sandbox, follow_to_end):
    """F10."""
    Destination.objects.filter(pk=destination.pk).update(api_version="v1")
    destination.refresh_from_db()
    part = released().parts.get()
    workflow.deliver(part.pk)
    part.refresh_from_db()
    part = follow_to_end(part)
    assert part.state == PartState.COMPLETE_WITH_FAILURES
    assert (part.updated, part.not_found) == (0, 3)
    part.batch.refresh_from_db()
    assert part.batch.state == BatchState.COMPLETE_WITH_FAILURES


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"consumedCount": 3, "successfulUpdates": 2}, PartState.COMPLETE_WITH_FAILURES),
        ({"consumedCount": 3, "successfulUpdates": 3, "failedUpdates": 1}, PartState.COMPLETE_WITH_FAILURES),
        ({}, PartState.COMPLETE_WITH_FAILURES),
        ({"successfulUpdates": 3}, PartState.COMPLETE),
    ],
    ids=["T12: one lost", "T8: one failed", "no counts", "T7: an older server"],
)
def test_complete_is_what_accounts_for_every_row(released, settings, httpserver, make_due, counts, state):
    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    status_url = httpserver.url_for("/m2/sandbox/profile/batchStatus?batchId=sandbox-1-1")
    httpserver.expect_request("/m2/sandbox/v2/profile/batchUpdate").respond_with_data(
        f"<response><success>true</success><batchStatus>{status_url}</batchStatus>"
        "<message>Batch submitted for processing</message></response>"
    )
    told = "".join(f"<{name}>{count}</{name}>" for name, count in counts.items())
    httpserver.expect_request("/m2/sandbox/profile/batchStatus").respond_with_data(
        f"<response><batchId>sandbox-1-1</batchId><status>complete</status><batchSize>3</batchSize>{told}"
        "</response>"
    )
    part = released().parts.get()
    workflow.deliver(part.pk)
    make_due()
    assert polled(part).state == state
    assert DayRows.objects.get().refused == counts.get("failedUpdates", 0)
