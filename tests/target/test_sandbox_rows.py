"""Faults in what becomes of a batch's rows: failed, lost, overridden; and visits (T9, T12, F12, F13)."""

import re

import pytest
import requests

from tests.target.servers import eventually, read_back, send_batch
from uploads.target import status

ROWS = 250
BODY = b"batch=thirdPartyId,level\n" + b"".join(b"c-%d,gold\n" % n for n in range(1, ROWS + 1))
LISTED = re.compile("<profile><id>(.*?)</id><status>(.*?)</status></profile>")


def finished(emulator, body: bytes = BODY):
    """The status of this batch once it is complete, and the ids that it lists as failed."""
    account = emulator.account()
    accepted = send_batch(account, body)
    eventually(lambda: status(account, accepted.status_url), lambda answer: answer.state == "complete")
    failed = []
    return status(account, accepted.status_url, failed_ids=failed.append), failed


def applied(emulator) -> set[str]:
    """The numbers in the ids that have a profile."""
    lines = emulator.get("/sandbox/profiles.ndjson?client=acme").text.splitlines()
    return {line.partition('"c-')[2].partition('"')[0] for line in lines}


@pytest.mark.parametrize(("name", "consumed"), [("failed-rows", ROWS), ("failed-rows-old", None)])
def test_failed_rows_are_listed(emulator, name, consumed):  # T7, T9
    emulator.fault(name)
    answer, failed = finished(emulator, BODY + b"a%2Bb,gold\n")
    assert failed == ["c-100", "c-200", "a+b"]
    assert (answer.batch_size, answer.consumed, answer.updated, answer.failed) == (
        ROWS + 1,
        consumed and consumed + 1,
        ROWS - 2,
        3,
    )
    assert not applied(emulator) & {"100", "200"}


def test_the_old_form_lists_every_row(emulator):  # T9
    emulator.fault("failed-rows-old")
    body = b"batch=thirdPartyId,level\nc-1,gold\nc-2,\na%2Bb,gold\nc-4,gold\n"
    finished(emulator, body)
    ((batch_id,),) = (received["batch_ids"] for received in emulator.received())
    answer = emulator.get(f"/m2/acme/profile/batchStatus?batchId={batch_id}&showDetails=true").text
    assert dict(LISTED.findall(answer)) == {
        "c-1": "success",
        "c-2": "success",
        "a+b": "error",
        "c-4": "failed",
    }


def test_the_old_form_lists_rows_that_wait(emulator):  # T9
    emulator.fault("never-complete")
    emulator.fault(kind="old-form")
    accepted = send_batch(emulator.account(), b"batch=thirdPartyId,level\nc-1,gold\nc%202,gold\n")
    answer = emulator.get(accepted.status_url.removeprefix(emulator.url) + "&showDetails=true").text
    assert LISTED.findall(answer) == [("c-1", "pending"), ("c 2", "pending")]


@pytest.mark.parametrize(("name", "updated"), [("partial-loss", 1998), ("partial-loss-silent", 2000)])
def test_one_row_in_a_thousand_may_be_lost(emulator, name, updated):  # T12
    body = b"batch=thirdPartyId,level\n" + b"".join(b"c-%d,gold\n" % n for n in range(1, 2001))
    emulator.fault(name)
    answer, failed = finished(emulator, body)
    assert (answer.state, answer.consumed, answer.updated, answer.failed) == ("complete", 2000, updated, 0)
    assert failed == []
    assert {"1000", "2000"} == {str(n) for n in range(1, 2001)} - applied(emulator)


def test_a_small_batch_loses_its_last_row(emulator):  # T12
    emulator.fault("partial-loss-silent")
    finished(emulator)
    assert applied(emulator) == {str(n) for n in range(1, ROWS)}


@pytest.mark.parametrize(
    ("visited", "version", "kept"),
    [(False, "v2", False), (True, "v2", True), (False, "v1", True)],
    ids=["no-visit", "visit", "v1"],
)
def test_a_second_batch_without_a_visit_in_between_loses_the_first(emulator, visited, version, kept):  # F12
    finished(emulator, b"batch=thirdPartyId,level,town\nc-1,bronze,Oslo\nc-2,bronze,Oslo\n")
    emulator.fault("mbox-override")
    first = b"batch=thirdPartyId,level,city\nc-1,gold,Rome\nc-2,gold,Rome\n"
    finished(emulator, first)
    assert read_back(emulator.account(), "c-1") == {"level": "gold", "town": "Oslo", "city": "Rome"}
    if visited:
        visit(emulator, client="acme", id="c-1")
    account = emulator.account(version=version)
    accepted = send_batch(account, b"batch=thirdPartyId,shoes\nc-1,42\n")
    eventually(lambda: status(account, accepted.status_url), lambda answer: answer.state == "complete")
    lost = {"level": "bronze", "town": "Oslo", "shoes": "42"}
    whole = {"level": "gold", "town": "Oslo", "city": "Rome", "shoes": "42"}
    assert read_back(emulator.account(), "c-1") == (whole if kept else lost)
    assert read_back(emulator.account(), "c-2") == {"level": "gold", "town": "Oslo", "city": "Rome"}


def test_pages_overwrite_what_a_batch_brought_and_make_profiles(emulator):  # F13
    finished(emulator, b"batch=thirdPartyId,level\nc-1,gold\n")
    visit(emulator, client="acme", id="c-1", attributes={"level": "silver"})
    visit(emulator, client="acme", key="pcId", id="1-2.3", attributes={"level": "new"})
    assert read_back(emulator.account(), "c-1") == {"level": "silver"}
    assert read_back(emulator.account(), "1-2.3", "pcId") == {"level": "new"}


def visit(emulator, **whose) -> None:
    requests.post(f"{emulator.url}/sandbox/visits", json=whose, timeout=20).raise_for_status()


def test_a_visit_of_nobody_is_not_found(emulator):
    answer = requests.post(f"{emulator.url}/sandbox/visits", json={"client": "acme", "id": "c-9"}, timeout=20)
    assert (answer.status_code, answer.json()) == (404, {"known": False})


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {"client": "acme"},
        {"client": "a/b", "id": "c-1"},
        {"client": "acme", "id": ""},
        {"client": "acme", "id": 7},
        {"client": "acme", "id": "c-1", "key": "ecid"},
        {"client": "acme", "id": "c-1", "attributes": {"level": 1}},
        {"client": "acme", "id": "c-1", "attributes": []},
    ],
    ids=str,
)
def test_what_is_no_visit_is_refused(emulator, sent):
    assert requests.post(f"{emulator.url}/sandbox/visits", json=sent, timeout=20).status_code == 400
