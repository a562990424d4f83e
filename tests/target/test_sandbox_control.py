"""The sandbox's control page: plain forms, which no other site can send."""

import re

import pytest
import requests

from tests.target.servers import PATIENT, read_back, send_batch
from uploads.target import RetrySafely
from uploads.target.sandbox import SCENARIOS

BODY = b"batch=thirdPartyId,level\nc-1,gold\n"


@pytest.fixture
def page(emulator):
    """The control page's address."""
    return f"{emulator.url}/sandbox/control"


def secret_of(page: str) -> str:
    return re.search('name="secret" value="([^"]+)"', requests.get(page, timeout=20).text)[1]


def press(page: str, do: str, **fields) -> requests.Response:
    """Send one of the page's forms, and follow to the page that it leads to."""
    sent = {"secret": secret_of(page), "do": do, **fields}
    return requests.post(page, data=sent, timeout=20)


def test_it_offers_every_scenario_and_runs_no_script(page):
    answer = requests.get(page, timeout=20)
    assert [name for name in SCENARIOS if f"<option>{name}</option>" not in answer.text] == []
    assert "<script" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert all(
        part in policy for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'")
    )


def test_a_fault_is_added_shown_used_up_and_cleared(emulator, page):
    usual = {"call": "", "client": "", "count": ""}
    shown = press(page, "add", scenario="http-503-retry-after", **usual)
    assert (shown.status_code, shown.url) == (200, page)
    assert "Faults that wait: 1" in shown.text
    with pytest.raises(RetrySafely):
        send_batch(emulator.account(), BODY, PATIENT)
    assert "Faults that wait: 0" in requests.get(page, timeout=20).text
    shown = press(page, "add", scenario="http-503", call="status", client="acme", count="always")
    assert "<td>status</td><td>acme</td><td>always</td><td>http: status 503</td>" in shown.text
    assert "Faults that wait: 0" in press(page, "clear").text


def test_a_visit_is_played(emulator, page):  # F12
    requests.post(
        f"{emulator.url}/sandbox/visits",
        json={"client": "acme", "id": "c-1", "attributes": {"level": "gold"}},
        timeout=20,
    ).raise_for_status()
    assert press(page, "visit", client="acme", id="c-1").status_code == 200
    assert read_back(emulator.account(), "c-1") == {"level": "gold"}


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"do": "add", "scenario": "nothing"}, "is no scenario"),
        ({"do": "add", "scenario": "stuck", "call": "profile"}, "on is one of submit, status"),
        ({"do": "visit", "client": "acme", "id": "c-<9>"}, "no profile"),
        ({"do": "visit", "client": "", "id": "c-9"}, "client is a client code"),
        ({"do": "dance"}, "does not say what to do"),
    ],
    ids=["name", "call", "stranger", "client", "form"],
)
def test_what_cannot_be_done_is_said_on_the_page(page, form, reason):
    answer = press(page, **form)
    assert answer.status_code == 400
    assert reason in answer.text
    assert "Add a fault" in answer.text


@pytest.mark.parametrize("secret", [None, "", "guess", "é"])
def test_a_form_that_this_page_did_not_make_does_nothing(emulator, page, secret):
    sent = {"do": "add", "scenario": "stuck"} | ({} if secret is None else {"secret": secret})
    assert requests.post(page, data=sent, timeout=20).status_code == 403
    assert emulator.get("/sandbox/faults").json() == []


def test_the_front_page_leads_to_it(emulator):
    assert 'href="/sandbox/control"' in emulator.get("/").text
