"""The catalogue of faults by name: how each looks to the client, and what the sandbox then holds."""

from pathlib import Path

import pytest
import requests

from tests.target.servers import PATIENT, SHORT, send_batch
from uploads.target import (
    OutcomeUnknown,
    PollFailed,
    Refused,
    RetrySafely,
    StatusUrlRefused,
    fetch_profile,
    status,
)
from uploads.target.sandbox import SCENARIOS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "sandbox.md"
ROWS = 250
BODY = b"batch=thirdPartyId,level\n" + b"".join(b"c-%d,gold\n" % n for n in range(1, ROWS + 1))

# Scenario: how a submission ends, and whether the batch was taken in.
SUBMISSIONS = {
    "timeout-before-body": (OutcomeUnknown, 0),
    "timeout-in-body": (OutcomeUnknown, 0),
    "timeout-untaken": (OutcomeUnknown, 0),
    "timeout-after-body": (OutcomeUnknown, 1),
    "reset-before-body": (OutcomeUnknown, 0),
    "reset-in-body": (OutcomeUnknown, 0),
    "reset-untaken": (OutcomeUnknown, 0),
    "reset-after-body": (OutcomeUnknown, 1),
    "http-400": (Refused, 0),
    "http-401": (RetrySafely, 0),
    "http-403": (RetrySafely, 0),
    "http-404": (Refused, 0),
    "http-413": (Refused, 0),
    "http-429": (RetrySafely, 0),
    "http-429-retry-after": (RetrySafely, 0),
    "http-500": (OutcomeUnknown, 0),
    "http-500-taken": (OutcomeUnknown, 1),
    "http-502": (OutcomeUnknown, 0),
    "http-503": (RetrySafely, 0),
    "http-503-retry-after": (RetrySafely, 0),
    "http-504": (OutcomeUnknown, 0),
    "http-504-taken": (OutcomeUnknown, 1),
    "redirect-301": (Refused, 0),
    "redirect-302": (Refused, 0),
    "redirect-307": (Refused, 0),
    "success-false": (Refused, 0),
    "xml-malformed": (OutcomeUnknown, 1),
    "xml-truncated": (OutcomeUnknown, 1),
    "xml-huge": (OutcomeUnknown, 1),
    "xml-dtd": (OutcomeUnknown, 1),
}
# Scenario: how a poll fails. Those without an answer wait for the whole timeout, so one stands for all.
POLLS = {
    "timeout-after-body": "unreachable",
    "reset-after-body": "unreachable",
    "http-401": "token",
    "http-403": "token",
    "http-404": "not-found",
    "http-429": "busy",
    "http-503-retry-after": "busy",
    "http-500": "unreachable",
    "http-502": "unreachable",
    "http-504": "unreachable",
    "redirect-301": "unreadable",
    "redirect-302": "unreadable",
    "redirect-307": "unreadable",
    "xml-malformed": "unreadable",
    "xml-truncated": "unreadable",
    "xml-huge": "unreadable",
    "xml-dtd": "unreadable",
}
# The others have a test of their own, by their name.
TOLD_ELSEWHERE = {
    "slow", "status-url-foreign", "status-url-private", "status-url-missing", "never-complete", "stuck",
    "forgotten-later", "failed-rows", "failed-rows-old", "partial-loss", "partial-loss-silent",
    "mbox-override", "call-limit",
}  # fmt: skip


def bodies(emulator) -> int:
    return sum(body["received"] for body in emulator.received())


def test_every_scenario_has_its_test_and_its_line_in_the_docs():
    assert set(SUBMISSIONS) | TOLD_ELSEWHERE == set(SCENARIOS)
    assert [name for name in SCENARIOS if f"`{name}`" not in DOCS.read_text("utf-8")] == []


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_meets_it_once(emulator, name):
    error, taken = SUBMISSIONS[name]
    emulator.fault(name)
    with pytest.raises(error) as failure:
        send_batch(emulator.account(), BODY, SHORT if "timeout" in name else PATIENT)
    if "retry-after" in name:
        assert failure.value.retry_after == 5
    assert bodies(emulator) == taken
    assert send_batch(emulator.account(), BODY).batch_id
    assert bodies(emulator) == taken + 1


@pytest.mark.parametrize("name", POLLS)
def test_a_poll_meets_it_once(emulator, name):
    account = emulator.account()
    accepted = send_batch(account, BODY)
    emulator.fault(f"{name}/status")
    with pytest.raises(PollFailed) as failed:
        status(account, accepted.status_url, timeouts=SHORT if "timeout" in name else PATIENT)
    assert failed.value.kind == POLLS[name]
    assert status(account, accepted.status_url).batch_size == ROWS


@pytest.mark.parametrize(
    "name", ["http-404", "http-503", "redirect-307", "reset-after-body", "xml-huge", "xml-dtd"]
)
def test_reading_a_profile_back_meets_it_once(emulator, name):  # T13
    emulator.fault(f"{name}/profile")
    with pytest.raises(PollFailed):
        fetch_profile(emulator.account(), "thirdPartyId", "c-1")
    assert fetch_profile(emulator.account(), "thirdPartyId", "c-1") is None


@pytest.mark.parametrize("code", [301, 302, 307])
@pytest.mark.parametrize("call", ["submit", "status", "profile"])
def test_nobody_arrives_where_a_redirect_leads(emulator, httpserver, code, call):
    account = emulator.account(token="s3cret")
    accepted = send_batch(account, BODY)
    httpserver.expect_request("").respond_with_data("<response><success>true</success></response>")
    location = f"http://localhost:{httpserver.port}/m2/acme/v2/profile/batchUpdate"
    emulator.fault(on=call, kind="redirect", status=code, location=location)
    with pytest.raises((Refused, PollFailed)):
        if call == "submit":
            send_batch(account, BODY)
        elif call == "status":
            status(account, accepted.status_url)
        else:
            fetch_profile(account, "thirdPartyId", "c-1")
    assert requests.delete(f"{emulator.url}/sandbox/faults", timeout=20).json() == []
    assert httpserver.log == []


@pytest.mark.parametrize("at_byte", [0, 100_000, 19_000_000, 99_000_000])
def test_a_reset_may_strike_at_any_byte_of_a_large_body(emulator, at_byte):
    body = b"batch=thirdPartyId,level\n" + b"c-1,gold\n" * 2_000_000
    emulator.fault(kind="reset", at_byte=at_byte)
    with pytest.raises(OutcomeUnknown):
        send_batch(emulator.account(), body, PATIENT)
    assert bodies(emulator) == 0


def test_slow_is_an_answer_all_the_same(emulator):
    emulator.fault(**{**SCENARIOS["slow"].faults[0], "seconds": 0.05})
    assert send_batch(emulator.account(), BODY).batch_id


@pytest.mark.parametrize(
    ("name", "origin"),
    [("status-url-foreign", "http://elsewhere.invalid/"), ("status-url-private", "http://169.254.169.254/")],
)
def test_a_status_url_elsewhere_is_never_called(emulator, name, origin):  # T6
    emulator.fault(name)
    accepted = send_batch(emulator.account(), BODY)
    assert accepted.status_url.startswith(origin)
    with pytest.raises(StatusUrlRefused):
        status(emulator.account(), accepted.status_url)


def test_nobody_arrives_where_a_foreign_status_url_leads(emulator, httpserver):  # T6
    emulator.fault(kind="foreign-status-url", location=f"http://127.0.0.1:{httpserver.port}")
    accepted = send_batch(emulator.account(), BODY)
    assert f":{httpserver.port}/" in accepted.status_url
    with pytest.raises(StatusUrlRefused):
        status(emulator.account(), accepted.status_url)
    assert httpserver.log == []


def test_a_batch_may_be_accepted_without_a_status_url(emulator):
    emulator.fault("status-url-missing")
    assert send_batch(emulator.account(), BODY).status_url is None
    assert bodies(emulator) == 1


@pytest.mark.parametrize(("name", "state"), [("never-complete", "incomplete"), ("stuck", "stuck")])
def test_a_batch_may_never_get_done(emulator, name, state):  # T8
    emulator.fault(name)
    accepted = send_batch(emulator.account(), BODY)
    assert status(emulator.account(), accepted.status_url).state == state
    assert emulator.get("/sandbox/profiles.ndjson?client=acme").text == ""


def test_a_status_may_be_forgotten_later(emulator):  # T10
    account = emulator.account()
    accepted = send_batch(account, BODY)
    emulator.fault("forgotten-later")
    for _ in range(2):
        assert status(account, accepted.status_url).batch_size == ROWS
    for _ in range(2):
        with pytest.raises(PollFailed) as failed:
            status(account, accepted.status_url)
        assert failed.value.kind == "not-found"


def test_an_account_may_be_limited_to_ten_calls_a_minute(emulator):  # T11
    emulator.fault("call-limit@acme")
    accepted = send_batch(emulator.account(), BODY)
    for _ in range(9):
        status(emulator.account(), accepted.status_url)
    with pytest.raises(PollFailed) as busy:
        fetch_profile(emulator.account(), "thirdPartyId", "c-1")
    assert busy.value.kind == "busy"
    assert 1 <= busy.value.retry_after <= 60
    with pytest.raises(RetrySafely):
        send_batch(emulator.account(), BODY)
    assert send_batch(emulator.account("other"), BODY).batch_id


# How they are asked for --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ("http-503", {"on": "submit", "kind": "http", "status": 503, "times": 1}),
        ("http-503:4", {"on": "submit", "kind": "http", "status": 503, "times": 4}),
        ("http-503/profile", {"on": "profile", "kind": "http", "status": 503, "times": 1}),
        (
            "http-503/status@Acme-2:always",
            {"on": "status", "kind": "http", "status": 503, "client": "Acme-2", "times": None},
        ),
        ("http-503/any", {"on": "any", "kind": "http", "status": 503, "times": 1}),
        ("mbox-override:2", {"on": "submit", "kind": "mbox-override", "times": 2}),
    ],
)
def test_a_scenario_says_call_client_and_count(emulator, asked, facts):
    emulator.fault(asked)
    assert emulator.get("/sandbox/faults").json() == [facts]


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "nothing",
        "http-503:0",
        "http-503:-1",
        "http-503:often",
        "http-503/nothing",
        "stuck/profile",
        "stuck@a b",
        "reset-in-body/status",
    ],
)
def test_a_scenario_that_is_none_is_refused_with_its_reason(emulator, asked):
    answer = requests.post(f"{emulator.url}/sandbox/faults", json=[asked], timeout=20)
    assert answer.status_code == 400
    assert answer.text.strip()
    assert emulator.get("/sandbox/faults").json() == []


def test_a_fault_with_a_count_goes_before_one_without_end(emulator):
    emulator.fault("http-503:always")
    emulator.fault("success-false")
    with pytest.raises(Refused):
        send_batch(emulator.account(), BODY)
    for _ in range(3):
        with pytest.raises(RetrySafely):
            send_batch(emulator.account(), BODY)


def test_a_condition_holds_beside_a_strike(emulator):
    emulator.fault("call-limit")
    emulator.fault("success-false")
    with pytest.raises(Refused):
        send_batch(emulator.account(), BODY)
    assert send_batch(emulator.account(), BODY).batch_id
    assert [fault["kind"] for fault in emulator.get("/sandbox/faults").json()] == ["call-limit"]


@pytest.mark.parametrize("name", ["reset-in-body", "http-503"])
def test_calls_may_go_well_first(emulator, name):
    (fault,) = SCENARIOS[name].faults
    emulator.fault(**fault, after=2)
    for _ in range(2):
        assert send_batch(emulator.account(), BODY).batch_id
    with pytest.raises((OutcomeUnknown, RetrySafely)):
        send_batch(emulator.account(), BODY)
    assert send_batch(emulator.account(), BODY).batch_id
