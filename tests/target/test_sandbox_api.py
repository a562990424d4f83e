"""The sandbox's answers: Target's calls (T1 to T13) and its own."""

import hashlib
import json
import re
import sqlite3
from contextlib import closing

import pytest
import requests

from tests.target.servers import ServedSandbox, eventually, read_back, send_batch, served_sandbox
from uploads.target import Accepted, PollFailed, RetrySafely, Status, fetch_profile, status
from uploads.target.sandbox import FolderInUse, NotLoopback, Sandbox, make_server
from uploads.target.sandbox.metering import CallMeter

BODY = b"batch=thirdPartyId,level\nc-1,gold\n"
V2 = "/m2/acme/v2/profile/batchUpdate"


class Clock:
    """Milliseconds since 1970 that pass only when told."""

    def __init__(self):
        self.moment = 1_701_473_848_678

    def __call__(self) -> int:
        return self.moment


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def timed(tmp_path, clock):
    """A sandbox that takes two seconds by a clock of ours."""
    with served_sandbox(tmp_path / "timed", processing_seconds=2, now=clock) as served:
        yield served


def consumed(served: ServedSandbox, accepted: Accepted, rows: int) -> Status:
    """The batch's status once its rows are consumed."""
    return eventually(
        lambda: status(served.account(), accepted.status_url), lambda answer: answer.consumed == rows
    )


# Submitting and following ------------------------------------------------------------------------


@pytest.mark.parametrize("path", [V2, "/m2/acme/profile/batchUpdate"], ids=["v2", "v1"])
def test_an_accepted_batch_answers_exactly_as_target_does(timed, path):  # T1, T4, T6
    answer = timed.post(path, BODY)
    url = f"{timed.url}/m2/acme/profile/batchStatus?batchId=acme-1701473848678-10000001"
    assert answer.text == (
        f"<response><success>true</success><batchStatus>{url}</batchStatus>"
        "<message>Batch submitted for processing</message></response>"
    )


def test_the_status_url_is_on_the_address_that_was_called(timed):  # T6
    answer = timed.post(V2, BODY, Host="localhost:4711")
    assert "<batchStatus>http://localhost:4711/m2/acme/" in answer.text


def test_a_batch_is_incomplete_until_its_time_has_passed(timed, clock):  # T8
    accepted = send_batch(timed.account(), BODY)
    assert consumed(timed, accepted, 1).state == "incomplete"
    clock.moment += 1_999
    assert status(timed.account(), accepted.status_url).state == "incomplete"
    clock.moment += 1
    assert status(timed.account(), accepted.status_url).state == "complete"


def test_counts_are_given_only_where_details_are_asked_for(timed, clock):  # T7
    accepted = send_batch(timed.account(), BODY + b"a%2Bb,gold\n")
    consumed(timed, accepted, 2)
    clock.moment += 2_000
    short = (
        f"<response><batchId>{accepted.batch_id}</batchId><status>complete</status><batchSize>2</batchSize>"
    )
    path = accepted.status_url.removeprefix(timed.url)
    assert timed.get(path).text == short + "</response>"
    assert timed.get(path + "&showDetails=true").text == (
        short + "<consumedCount>2</consumedCount><successfulUpdates>1</successfulUpdates>"
        "<profilesNotFound>0</profilesNotFound><failedUpdates>1</failedUpdates>"
        "<profile><id>a+b</id><status>failed</status></profile></response>"
    )
    assert timed.get(path.replace("/profile", "/v2/profile")).text == short + "</response>"


def test_only_the_last_ten_statuses_of_an_account_are_kept(timed):  # T10
    urls = [send_batch(timed.account(), BODY).status_url for _ in range(10)]
    timed.post(V2, b"refused: makes no status")
    send_batch(timed.account("other"), BODY)
    assert status(timed.account(), urls[0]).batch_size == 1
    send_batch(timed.account(), BODY)
    with pytest.raises(PollFailed) as forgotten:
        status(timed.account(), urls[0])
    assert forgotten.value.kind == "not-found"
    assert status(timed.account(), urls[1]).batch_size == 1


def test_a_status_is_kept_for_a_day(timed, clock):  # T10
    accepted = send_batch(timed.account(), BODY)
    clock.moment += 24 * 60 * 60 * 1000 - 1
    assert status(timed.account(), accepted.status_url).batch_size == 1
    clock.moment += 1
    with pytest.raises(PollFailed):
        status(timed.account(), accepted.status_url)


def test_no_account_sees_the_batches_of_another(emulator):
    accepted = send_batch(emulator.account(), BODY)
    with pytest.raises(PollFailed) as failed:
        status(emulator.account("other"), accepted.status_url.replace("/m2/acme/", "/m2/other/"))
    assert failed.value.kind == "not-found"


# Token, limit, profiles --------------------------------------------------------------------------


def test_a_required_token_guards_every_call_of_its_account(tmp_path):  # T3
    with served_sandbox(tmp_path, tokens={"acme": "s3cret"}) as served:
        right, wrong, none = (served.account(token=token) for token in ("s3cret", "s3cre", None))
        accepted = send_batch(right, BODY)
        assert status(right, accepted.status_url).batch_size == 1
        for account in (wrong, none):
            with pytest.raises(RetrySafely) as refused:
                send_batch(account, BODY)
            assert refused.value.kind == "token"
            with pytest.raises(PollFailed) as refused:
                status(account, accepted.status_url)
            assert refused.value.kind == "token"
            with pytest.raises(PollFailed) as refused:
                fetch_profile(account, "thirdPartyId", "c-1")
            assert refused.value.kind == "token"
        assert send_batch(served.account("open"), BODY).batch_id
        assert [body["received"] for body in served.received()] == [1, 1]


def test_too_many_calls_are_turned_away_with_the_time_to_wait(tmp_path):  # T11
    with served_sandbox(tmp_path, calls_per_minute=3) as served:
        account = served.account()
        accepted = send_batch(account, BODY)
        status(account, accepted.status_url)
        fetch_profile(account, "thirdPartyId", "c-1")
        with pytest.raises(RetrySafely) as busy:
            send_batch(account, BODY)
        assert (busy.value.kind, busy.value.http_status) == ("busy", 503)
        assert 1 <= busy.value.retry_after <= 60
        with pytest.raises(PollFailed):
            status(account, accepted.status_url)
        assert send_batch(served.account("other"), BODY).batch_id
        assert served.get("/sandbox/calls.json").json() == [
            {"client": "acme", "calls": 3, "most": 3, "refused": 2},
            {"client": "other", "calls": 1, "most": 1, "refused": 0},
        ]


def test_the_most_calls_are_told_of_any_minute_and_not_of_a_clock_s_own():  # T11
    moments = iter((0.0, 50.0, 59.0, 61.0, 109.0, 200.0))
    meter = CallMeter(5, clock=lambda: next(moments))
    for _ in range(6):
        meter.count("acme")
    assert meter.told() == [{"client": "acme", "calls": 6, "most": 4, "refused": 0}]


def test_the_limit_holds_over_any_minute():  # T11
    moment = 0.0
    meter = CallMeter(2, clock=lambda: moment)
    assert [meter.count("acme"), meter.count("other")] == [None, None]
    moment = 40.0
    assert [meter.count("ACME"), meter.count("acme")] == [None, 20]
    moment = 59.5
    assert meter.count("acme") == 1
    moment = 60.0
    assert [meter.count("acme"), meter.count("acme")] == [None, 40]


def test_a_lower_limit_holds_for_the_calls_that_it_is_asked_for():  # T11
    moment = 0.0
    meter = CallMeter(None, clock=lambda: moment)
    for _ in range(3):
        assert meter.count("acme") is None
        moment += 10
    assert meter.count("acme", at_most=2) == 40
    assert meter.count("acme", at_most=4) is None


def test_a_profile_has_exactly_targets_shape(timed, clock):  # T13
    consumed(timed, send_batch(timed.account(), BODY), 1)
    clock.moment += 1_000
    consumed(timed, send_batch(timed.account(), b"batch=thirdPartyId,city\nc-1,K%C3%B6ln\n"), 1)
    earlier, later = "2023-12-01T23:37:28.678+00:00", "2023-12-01T23:37:29.678+00:00"
    assert timed.get("/rest/v1/profiles/thirdPartyId/c-1?client=acme").json() == {
        "client": "acme",
        "visitorId": "c-1",
        "modifiedAt": later,
        "profileAttributes": {
            "level": {"value": "gold", "modifiedAt": earlier},
            "city": {"value": "Köln", "modifiedAt": later},
        },
    }


@pytest.mark.parametrize(
    ("path", "label"), [("thirdPartyId/c-9", "third party id=c-9"), ("1-2.3_0", "mboxPC=1-2.3_0")]
)
def test_an_unknown_profile_is_not_found(emulator, path, label):  # T13
    answer = emulator.get(f"/rest/v1/profiles/{path}?client=acme")
    assert answer.status_code == 404
    assert answer.json() == {"status": 404, "message": f"No profile found for client acme with {label}"}


def test_a_profile_without_client_is_a_bad_request(emulator):
    assert emulator.get("/rest/v1/profiles/thirdPartyId/c-1").status_code == 400


# Its own -----------------------------------------------------------------------------------------


def test_every_body_is_listed_with_the_times_it_was_received(emulator):
    first, second = send_batch(emulator.account(), BODY), send_batch(emulator.account(), BODY)
    send_batch(emulator.account("other"), BODY)
    emulator.post(V2, b"no batch")
    digest = hashlib.sha256(BODY).hexdigest()
    twice, once, refused = emulator.received()
    assert twice == {
        "client": "acme",
        "sha256": digest,
        "bytes": len(BODY),
        "rows": 1,
        "received": 2,
        "accepted": 2,
        "batch_ids": [first.batch_id, second.batch_id],
    }
    assert (once["client"], once["sha256"], once["received"]) == ("other", digest, 1)
    assert (refused["bytes"], refused["received"], refused["accepted"]) == (8, 1, 0)


def test_profiles_are_streamed_one_a_line(emulator):
    accepted = send_batch(emulator.account(), b"batch=thirdPartyId,city\nc%0A1,K%C3%B6ln\nc-2,Paris\n")
    consumed(emulator, accepted, 2)
    lines = emulator.get("/sandbox/profiles.ndjson?client=acme").content.decode().splitlines()
    assert sorted(map(json.loads, lines), key=lambda profile: profile["id"]) == [
        {"key": "thirdPartyId", "id": "c\n1", "attributes": {"city": "Köln"}},
        {"key": "thirdPartyId", "id": "c-2", "attributes": {"city": "Paris"}},
    ]
    assert emulator.get("/sandbox/profiles.ndjson?client=other").text == ""


def test_the_page_shows_counts_and_nobody(emulator):
    assert "No batch has arrived yet" in emulator.get("/").text
    consumed(emulator, send_batch(emulator.account(), BODY), 1)
    page = emulator.get("/")
    assert "Batches received: 1" in page.text
    assert "acme" in page.text
    assert "c-1" not in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", V2, 405),
        ("POST", "/m2/acme/profile/batchStatus", 405),
        ("PUT", "/sandbox/faults", 405),
        ("GET", "/m2/acme/v3/profile/batchUpdate", 404),
        ("POST", "/m2/ac.me/v2/profile/batchUpdate", 404),
        ("GET", "/m2/acme/profile/batchStatus", 404),
        ("GET", "/nothing", 404),
    ],
)
def test_other_addresses_and_methods_are_none(emulator, method, path, code):
    assert requests.request(method, emulator.url + path, timeout=20).status_code == code


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", ""])
def test_only_this_machines_names_are_answered(emulator, host):
    answer = requests.get(f"{emulator.url}/sandbox/batches.json", headers={"Host": host}, timeout=20)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "::", "example.com", ""])
def test_only_loopback_is_served(tmp_path, host):
    with Sandbox(tmp_path) as app, pytest.raises(NotLoopback):
        make_server(app, host, 0)


def test_a_body_beyond_all_limits_is_turned_away_unread(emulator):
    with pytest.raises((requests.ConnectionError, requests.HTTPError)):
        emulator.post(V2, b"x" * 65_000_000).raise_for_status()
    assert emulator.received() == []


# Restarts ----------------------------------------------------------------------------------------


def test_a_folder_belongs_to_one_sandbox_at_a_time(tmp_path):
    with Sandbox(tmp_path), pytest.raises(FolderInUse), Sandbox(tmp_path):
        pass
    with Sandbox(tmp_path):
        pass


def test_profiles_and_statuses_survive_a_restart(tmp_path):
    with served_sandbox(tmp_path) as served:
        accepted = send_batch(served.account(), BODY)
        consumed(served, accepted, 1)
    with served_sandbox(tmp_path) as served:
        assert read_back(served.account(), "c-1") == {"level": "gold"}
        url = re.sub(r"^http://[^/]+", served.url, accepted.status_url)
        assert status(served.account(), url).state == "complete"


def test_a_folder_of_an_older_sandbox_is_taken_over(tmp_path):
    with served_sandbox(tmp_path) as served:
        accepted = send_batch(served.account(), BODY + b"a%2Bb,gold\n")
        consumed(served, accepted, 2)
    with closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as db:
        db.execute("ALTER TABLE listed_rows RENAME TO failed_rows")
        db.execute("DROP INDEX listed_rows_of")
        db.execute("CREATE INDEX failed_rows_of ON failed_rows (number)")
        for table, column in (("batches", "treatment"), ("failed_rows", "outcome"), ("profiles", "pending")):
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    with served_sandbox(tmp_path) as served:
        assert read_back(served.account(), "c-1") == {"level": "gold"}
        assert served.failed_ids() == ["a+b"]


def test_a_batch_that_a_restart_interrupted_is_finished_exactly(tmp_path):
    body = b"batch=thirdPartyId,level\n" + b"".join(b"c-%d,gold\n" % n for n in range(60_000))
    with served_sandbox(tmp_path) as served:
        accepted = send_batch(served.account(), body)
    with served_sandbox(tmp_path) as served:
        url = re.sub(r"^http://[^/]+", served.url, accepted.status_url)
        account = served.account()
        answer = eventually(lambda: status(account, url), lambda answer: answer.state == "complete")
        assert (answer.consumed, answer.updated, answer.failed) == (60_000, 60_000, 0)
        assert len(served.get("/sandbox/profiles.ndjson?client=acme").text.splitlines()) == 60_000
        assert list((tmp_path / "bodies").iterdir()) == []
