"""What happens to a part, and where it ends: one test for each line of the design's table, in its order."""

import threading
import time
import uuid
from datetime import timedelta

import django_rq
import pytest
from django.db import connection, transaction
from django.utils import timezone
from werkzeug import Response

from tests.support import files as made
from tests.support.bucket import ON_DISK
from uploads import files, workflow
from uploads.models import Account, AuditEvent, Batch, BatchState, Call, Part, PartState
from uploads.workflow import calls, locks

pytestmark = pytest.mark.django_db(transaction=True)

LONG_AGO = "2000-01-01T00:00:00Z"


def faults(*listed: dict):
    return pytest.mark.parametrize(
        "fault", listed, ids=["-".join(str(value) for value in fault.values()) for fault in listed]
    )


def sent(part) -> Part:
    workflow.deliver(part.pk)
    return fresh(part)


def fresh(part) -> Part:
    return Part.objects.select_related("batch").get(pk=part.pk)


def received(sandbox) -> list[int]:
    """How often each body came."""
    return [body["received"] for body in sandbox.received()]


def abandon(part, state) -> None:
    """Its worker was killed when the part stood so."""
    Part.objects.filter(pk=part.pk).update(state=state, claim=uuid.uuid4(), lease_until=LONG_AGO)


def test_worker_killed_before_sending_is_committed_it_is_pending_again_and_sent_once(released, sandbox):
    part = released().parts.get()
    abandon(part, PartState.CLAIMED)
    workflow.sweep()
    assert fresh(part).state == PartState.PENDING
    for _ in range(2):
        workflow.deliver(part.pk)
    assert received(sandbox) == [1]


def test_worker_killed_after_the_body_may_have_left_it_is_in_doubt(released):
    part = released().parts.get()
    abandon(part, PartState.SENDING)
    workflow.sweep()
    part = fresh(part)
    assert (part.state, part.reason) == (PartState.IN_DOUBT, "worker-lost")
    assert part.batch.state == BatchState.NEEDS_ATTENTION
    assert AuditEvent.objects.filter(action="part.in-doubt", facts__reason="worker-lost").exists()


@faults(
    {"kind": "reset"},
    {"kind": "garbage"},
    {"kind": "http", "status": 500, "before_body": False},
    {"kind": "http", "status": 502, "before_body": False},
    {"kind": "http", "status": 504, "before_body": False},
)
def test_reset_5xx_or_unreadable_answer_it_is_in_doubt_and_never_sent_again_by_itself(
    released, sandbox, make_due, fault
):
    part = released().parts.get()
    sandbox.fault(**fault)
    part = sent(part)
    assert (part.state, part.reason, part.claim) == (PartState.IN_DOUBT, "answer", None)
    assert part.batch.state == BatchState.NEEDS_ATTENTION
    for _ in range(2):
        make_due()
        workflow.sweep()
        workflow.deliver(part.pk)
    assert received(sandbox) == [1]


def test_no_connection_before_any_byte_it_waits_and_then_goes_through(released, sandbox, settings, make_due):
    part = released().parts.get()
    url, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:9"
    part = sent(part)
    assert (part.state, part.reason) == (PartState.WAITING_TO_RETRY, "connection")
    assert part.next_try_at > part.sending_at
    settings.SANDBOX_URL = url
    make_due()
    assert sent(part).state == PartState.ACCEPTED
    assert received(sandbox) == [1]


@faults({"kind": "http", "status": 503}, {"kind": "http", "status": 429})
def test_503_or_429_it_waits_and_the_whole_account_slows_down_as_long_as_target_says(
    released, sandbox, make_due, fault
):
    part = released().parts.get()
    sandbox.fault(retry_after=120, **fault)
    part = sent(part)
    assert (part.state, part.reason) == (PartState.WAITING_TO_RETRY, "busy")
    assert part.batch.state == BatchState.DELIVERING
    assert not calls.available(part.batch.destination)
    # By the clock of the call itself: the machine may be slow.
    assert Account.objects.get().slow_until - Call.objects.get().at >= timedelta(seconds=120)
    make_due()
    assert sent(part).state == PartState.ACCEPTED


@faults({"kind": "http", "status": 401}, {"kind": "http", "status": 403})
def test_401_or_403_it_waits_and_the_account_is_paused_until_there_is_a_new_token(
    released, sandbox, admin, fault
):
    part = released().parts.get()
    sandbox.fault(**fault)
    part = sent(part)
    assert (part.state, part.reason) == (PartState.WAITING_TO_RETRY, "token")
    assert Account.objects.get().pause_reason == "token"
    assert sent(part).state == PartState.WAITING_TO_RETRY
    workflow.resume(part.batch.destination, admin)
    assert sent(part).state == PartState.ACCEPTED
    assert AuditEvent.objects.filter(action="account.resumed", actor_name="admin").exists()


@faults(
    {"kind": "http", "status": 400},
    {"kind": "http", "status": 404},
    {"kind": "http", "status": 413},
    {"kind": "refuse", "message": "Batch is empty"},
)
def test_400_404_413_or_success_false_it_is_refused_with_targets_message(released, sandbox, fault):
    part = released().parts.get()
    sandbox.fault(**fault)
    part = sent(part)
    assert (part.state, part.reason) == (PartState.REFUSED, "target")
    assert fault.get("message", str(fault.get("status"))) in part.message
    assert part.batch.state == BatchState.FAILED


@faults(*({"kind": "redirect", "status": status} for status in (301, 302, 307)))
def test_3xx_it_is_refused_and_the_redirect_is_never_followed(released, sandbox, httpserver, fault):
    part = released().parts.get()
    sandbox.fault(location=httpserver.url_for("/"), **fault)
    part = sent(part)
    assert (part.state, part.reason) == (PartState.REFUSED, "target")
    assert httpserver.log == []


@faults({"kind": "foreign-status-url"}, {"kind": "no-status-url"})
def test_status_url_missing_or_foreign_the_result_is_unknown_and_the_url_shown_but_not_fetched(
    released, sandbox, make_due, fault
):
    part = released().parts.get()
    sandbox.fault(**fault)
    assert sent(part).state == PartState.ACCEPTED
    make_due()
    workflow.follow(part.pk)
    part = fresh(part)
    assert (part.state, part.reason) == (PartState.STATUS_UNKNOWN, "status-url")
    assert bool(part.status_url) == (fault["kind"] == "foreign-status-url")
    assert not Call.objects.filter(kind=Call.Kind.STATUS).exists()


@faults(
    {"kind": "http", "status": 401},
    {"kind": "http", "status": 403},
    {"kind": "http", "status": 429},
    {"kind": "http", "status": 500},
    {"kind": "http", "status": 503, "retry_after": 30},
    {"kind": "reset"},
    {"kind": "garbage"},
)
def test_a_poll_that_fails_moves_only_the_next_poll(accepted, sandbox, fault):
    part = accepted()
    sandbox.fault(on="status", **fault)
    workflow.follow(part.pk)
    part = fresh(part)
    assert (part.state, part.polls, bool(part.poll_trouble)) == (PartState.ACCEPTED, 1, True)
    assert part.next_poll_at > timezone.now()
    paused = Account.objects.filter(pause_reason="token").exists()
    assert paused == (fault.get("status") in (401, 403))


@pytest.mark.parametrize(
    ("happening", "state", "reason"),
    [
        ({"kind": "stuck"}, PartState.STUCK, ""),
        ({"kind": "http", "status": 404}, PartState.STATUS_UNKNOWN, "forgotten"),
        ("a day of silence", PartState.STATUS_UNKNOWN, "silent"),
    ],
    ids=["stuck", "not found", "silent for a day"],
)
def test_status_stuck_not_found_or_silent_it_ends_as_stuck_or_unknown(
    accepted, sandbox, happening, state, reason
):
    part = accepted()
    if isinstance(happening, dict):
        sandbox.fault(on="status", **happening)
    else:
        long_before = timezone.now() - timedelta(hours=25)
        Part.objects.filter(pk=part.pk).update(answered_at=long_before)
    workflow.follow(part.pk)
    part = fresh(part)
    assert (part.state, part.reason) == (state, reason)
    assert part.batch.state == BatchState.NEEDS_ATTENTION


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_file_missing_or_changed_it_is_refused_and_nothing_is_sent(released, sandbox, settings, damage):
    part = released().parts.get()
    path = settings.MEDIA_ROOT / files.part_name(part)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(b"batch=thirdPartyId,tier\nA1,stolen\n")
    part = sent(part)
    assert (part.state, part.reason) == (PartState.REFUSED, f"file-{damage}")
    assert sandbox.received() == []
    assert not Call.objects.exists()


@ON_DISK
def test_file_that_cannot_be_read_now_it_waits_and_is_sent_once_storage_is_back(
    released, sandbox, settings, make_due
):
    part = released().parts.get()
    folder = (settings.MEDIA_ROOT / files.part_name(part)).parent
    away = folder.rename(folder.with_name("away"))
    folder.write_text("not a folder")
    part = sent(part)
    assert (part.state, part.reason, part.attempts) == (PartState.PENDING, "storage-away", 0)
    assert sandbox.received() == []
    folder.unlink()
    away.rename(folder)
    make_due()
    assert sent(part).state == PartState.ACCEPTED
    assert received(sandbox) == [1]


def test_redis_gone_or_empty_it_only_takes_longer_because_the_sweep_rings_again(receive, released, accepted):
    follows, checks, delivers = accepted(), receive(made.GOOD), released().parts.get()
    Part.objects.filter(pk=follows.pk).update(next_poll_at=LONG_AGO, read_back_due_at=LONG_AGO)
    queues = [django_rq.get_queue(name) for name in ("checking", "delivering", "following")]
    for queue in queues:
        queue.empty()
    workflow.sweep()
    assert {job for queue in queues for job in queue.job_ids} >= {
        f"check-{checks.pk}",
        f"deliver-{delivers.pk}",
        f"follow-{follows.pk}",
        f"read-back-{follows.pk}",
    }


def test_job_delivered_twice_late_or_not_at_all_it_is_sent_once(released, sandbox, follow_to_end):
    part = released().parts.get()
    for _ in range(10):
        workflow.deliver(part.pk)
    follow_to_end(fresh(part))
    workflow.deliver(part.pk)
    workflow.follow(part.pk)
    assert received(sandbox) == [1]
    assert fresh(part).state == PartState.COMPLETE


def test_disk_full_before_sending_nothing_is_sent_and_the_page_says_why(released, sandbox, settings):
    settings.JOURNAL_ROOT.write_text("not a folder")
    part = sent(released().parts.get())
    assert (part.state, part.reason, part.attempts) == (PartState.PENDING, "no-room", 0)
    assert sandbox.received() == []
    settings.JOURNAL_ROOT.unlink()
    Part.objects.filter(pk=part.pk).update(next_try_at=None)
    assert sent(part).state == PartState.ACCEPTED


def test_database_locked_after_sending_the_answer_is_kept_and_written_later(released, settings, httpserver):
    batch = released()
    is_locked, writers = threading.Event(), []

    def keep_it_locked():
        try:
            with transaction.atomic():
                locks.batch(batch.pk)
                is_locked.set()
                time.sleep(1)
        finally:
            connection.close()

    def lock_the_database(request):
        connection.close()
        writers.append(threading.Thread(target=keep_it_locked))
        writers[0].start()
        is_locked.wait()
        return Response("<response><success>true</success><batchStatus/></response>")

    settings.SANDBOX_URL = httpserver.url_for("").rstrip("/")
    httpserver.expect_request("/m2/sandbox/v2/profile/batchUpdate").respond_with_handler(lock_the_database)
    part = sent(batch.parts.get())
    httpserver.check_assertions()
    writers[0].join()
    assert part.state == PartState.ACCEPTED
    assert Batch.objects.get(pk=batch.pk).state == BatchState.DELIVERING
