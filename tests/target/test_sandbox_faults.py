"""Faults on demand, seen from the client; and whether the batch was taken in."""

import pytest
import requests

from tests.target.servers import SHORT, eventually, send_batch
from uploads.target import (
    OutcomeUnknown,
    PollFailed,
    Refused,
    RetrySafely,
    fetch_profile,
    status,
)

BODY = b"batch=thirdPartyId,level\nc-1,gold\n"


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        ({"kind": "http", "status": 503, "retry_after": 2}, RetrySafely, 0),
        ({"kind": "http", "status": 401}, RetrySafely, 0),
        ({"kind": "http", "status": 404}, Refused, 0),
        ({"kind": "http", "status": 500}, OutcomeUnknown, 0),
        ({"kind": "http", "status": 500, "before_body": False}, OutcomeUnknown, 1),
        ({"kind": "refuse", "message": "Not today"}, Refused, 0),
        ({"kind": "redirect", "location": "http://example.com/"}, Refused, 0),
        ({"kind": "reset"}, OutcomeUnknown, 1),
        ({"kind": "reset", "before_body": True}, OutcomeUnknown, 0),
        ({"kind": "hang", "seconds": 30}, OutcomeUnknown, 1),
        ({"kind": "hang", "seconds": 30, "before_body": True}, OutcomeUnknown, 0),
        ({"kind": "garbage"}, OutcomeUnknown, 1),
        ({"kind": "garbage", "before_body": True}, OutcomeUnknown, 0),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_a_fault_strikes_once_and_the_next_call_is_well(emulator, fault, error, taken):
    emulator.fault(**fault)
    with pytest.raises(error):
        send_batch(emulator.account(), BODY, SHORT)
    assert sum(body["received"] for body in emulator.received()) == taken
    assert send_batch(emulator.account(), BODY).batch_id
    assert sum(body["received"] for body in emulator.received()) == taken + 1


def test_a_hang_that_ends_in_time_is_only_slow(emulator):
    emulator.fault(kind="hang", seconds=0.05)
    assert send_batch(emulator.account(), BODY).batch_id


def test_a_fault_may_strike_several_times_and_one_account_only(emulator):
    emulator.fault(kind="http", status=503, retry_after=2, times=2, client="acme")
    assert send_batch(emulator.account("other"), BODY).batch_id
    for _ in range(2):
        with pytest.raises(RetrySafely) as busy:
            send_batch(emulator.account(), BODY)
        assert busy.value.retry_after == 2
    assert send_batch(emulator.account(), BODY).batch_id


def test_faults_are_used_up_in_their_order(emulator):
    emulator.fault(kind="http", status=503)
    emulator.fault(kind="refuse", message="Not today")
    with pytest.raises(RetrySafely):
        send_batch(emulator.account(), BODY)
    with pytest.raises(Refused, match="Not today"):
        send_batch(emulator.account(), BODY)


def test_a_batch_may_never_complete(emulator):  # T8
    emulator.fault(kind="never-complete")
    accepted, later = send_batch(emulator.account(), BODY), send_batch(emulator.account(), BODY)
    account = emulator.account()
    eventually(lambda: status(account, later.status_url), lambda answer: answer.state == "complete")
    assert status(account, accepted.status_url).state == "incomplete"


def test_a_batch_may_get_stuck(emulator):  # T8
    emulator.fault(kind="stuck")
    accepted = send_batch(emulator.account(), BODY)
    assert status(emulator.account(), accepted.status_url).state == "stuck"
    assert fetch_profile(emulator.account(), "thirdPartyId", "c-1") is None


@pytest.mark.parametrize(("kind", "state"), [("stuck", "stuck"), ("never-complete", "incomplete")])
def test_one_status_answer_may_differ(emulator, kind, state):
    account = emulator.account()
    accepted = send_batch(account, BODY)
    eventually(lambda: status(account, accepted.status_url), lambda answer: answer.state == "complete")
    emulator.fault(on="status", kind=kind)
    assert status(account, accepted.status_url).state == state
    assert status(account, accepted.status_url).state == "complete"


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "http", "status": 401}, "token"),
        ({"kind": "http", "status": 404}, "not-found"),
        ({"kind": "http", "status": 502}, "unreachable"),
        ({"kind": "reset"}, "unreachable"),
        ({"kind": "hang", "seconds": 30}, "unreachable"),
        ({"kind": "garbage"}, "unreadable"),
        ({"kind": "redirect"}, "unreadable"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_polls_fail_on_demand(emulator, fault, kind):
    account = emulator.account()
    accepted = send_batch(account, BODY)
    emulator.fault(on="status", **fault)
    with pytest.raises(PollFailed) as failed:
        status(account, accepted.status_url, timeouts=SHORT)
    assert failed.value.kind == kind
    assert status(account, accepted.status_url).batch_size == 1


def test_reading_back_fails_on_demand(emulator):
    emulator.fault(on="profile", kind="http", status=503)
    with pytest.raises(PollFailed) as failed:
        fetch_profile(emulator.account(), "thirdPartyId", "c-1")
    assert failed.value.kind == "busy"


def test_waiting_faults_are_shown_and_cleared(emulator):
    emulator.fault(kind="http", status=503, times=3)
    url = f"{emulator.url}/sandbox/faults"
    (shown,) = requests.get(url, timeout=20).json()
    assert (shown["on"], shown["kind"], shown["status"], shown["times"]) == ("submit", "http", 503, 3)
    assert requests.delete(url, timeout=20).json() == []
    assert send_batch(emulator.account(), BODY).batch_id


@pytest.mark.parametrize(
    "described",
    [
        {"kind": "http"},
        ["http"],
        [{}],
        [{"kind": "explode"}],
        [{"kind": "http", "colour": "red"}],
        [{"kind": "http", "status": 42}],
        [{"kind": "http", "status": "503"}],
        [{"kind": "http", "times": 0}],
        [{"kind": "http", "times": "2"}],
        [{"kind": "hang", "seconds": -1}],
        [{"kind": "hang", "seconds": "9"}],
        [{"kind": "http", "on": "everything"}],
        [{"kind": "refuse", "on": "status"}],
        [{"kind": "stuck", "on": "profile"}],
        [{"kind": "stuck", "before_body": True}],
        [{"kind": "http", "at_byte": 1}],
        [{"kind": "reset", "at_byte": 1, "on": "status"}],
        [{"kind": "reset", "at_byte": 1, "before_body": True}],
        [{"kind": "reset", "at_byte": -1}],
        [{"kind": "reset", "at_byte": "1"}],
        [{"kind": "http", "after": -1}],
        [{"kind": "http", "after": None}],
        [{"kind": "garbage", "form": "poem"}],
        [{"kind": "failed-rows", "every": 0}],
        [{"kind": "mbox-override", "on": "any"}],
        [{"kind": "call-limit", "limit": 0}],
        [7],
        [{"kind": "reset"}, {"kind": "explode"}],
    ],
    ids=str,
)
def test_a_fault_that_means_nothing_is_refused_with_its_reason(emulator, described):
    url = f"{emulator.url}/sandbox/faults"
    answer = requests.post(url, json=described, timeout=20)
    assert answer.status_code == 400
    assert answer.text.strip()
    assert requests.get(url, timeout=20).json() == []


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [(b"{", "application/json", 400), (b"[]", "text/plain", 415)],
    ids=["broken", "another-type"],
)
def test_faults_are_taken_as_json_only(emulator, body, content_type, code):
    assert emulator.post("/sandbox/faults", body, content_type=content_type).status_code == code
