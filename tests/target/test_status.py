"""Following a batch and reading a profile back: what is asked, and how every answer is understood."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from tests.target.servers import PATIENT, SHORT, closed_port, peer, read_head, reset
from uploads.target import (
    Account,
    Attribute,
    PollFailed,
    Profile,
    Status,
    StatusUrlRefused,
    fetch_profile,
    host_of,
    possible_ids,
    status,
)

PATH = "/m2/acme/profile/batchStatus"
EDGE = "mboxedge45.tt.omtrdc.net"
EDGE_URL = f"http://{EDGE}{PATH}?batchId=acme-1-2"
COMPLETE = (
    "<response><batchId>acme-1-2</batchId><status>complete</status><batchSize>164</batchSize>"
    "<consumedCount>164</consumedCount><successfulUpdates>160</successfulUpdates>"
    "<profilesNotFound>3</profilesNotFound><failedUpdates>1</failedUpdates></response>"
)
REAL = Account("acme", host_of("acme"))
WITH_TOKEN = Account("acme", host_of("acme"), token="s3cret")


def rows(*pairs: tuple[str, str]) -> str:
    return "".join(f"<profile><id>{id_}</id><status>{state}</status></profile>" for id_, state in pairs)


@pytest.fixture
def target(httpserver):
    return Account("acme", f"http://127.0.0.1:{httpserver.port}", sandbox=True)


@pytest.fixture
def ask(httpserver, target):
    """Ask for the status of a batch at a server that gives this answer."""

    def ask(xml: str, failed_ids=None, **response) -> Status:
        httpserver.expect_request(PATH).respond_with_data(xml, **response)
        url = f"http://127.0.0.1:{httpserver.port}{PATH}?batchId=acme-1-2"
        return status(target, url, failed_ids=failed_ids)

    return ask


# What is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("batchId=acme-1-2", "batchId=acme-1-2&showDetails=true"),
        (
            "batchId=acme-1-2&mboxPC=1367-80.01_00&m2Node=9",
            "batchId=acme-1-2&mboxPC=1367-80.01_00&m2Node=9&showDetails=true",
        ),
        ("batchId=acme-1-2&showDetails=false", "batchId=acme-1-2&showDetails=true"),
        ("showDetails=true&batchId=a%20b", "batchId=a%20b&showDetails=true"),
    ],
)
def test_details_are_asked_for_and_other_parameters_kept(httpserver, target, query, asked):  # T6
    httpserver.expect_request(PATH).respond_with_data(COMPLETE)
    status(target, f"http://127.0.0.1:{httpserver.port}{PATH}?{query}")
    assert httpserver.log[0][0].query_string.decode() == asked


def test_a_foreign_status_url_is_not_called(httpserver):
    httpserver.expect_request(PATH).respond_with_data(COMPLETE)
    with pytest.raises(StatusUrlRefused):
        status(REAL, f"http://127.0.0.1:{httpserver.port}{PATH}?batchId=acme-1-2")
    assert not httpserver.log


# What is understood ------------------------------------------------------------------------------


def test_counts_are_read(ask):  # T7
    assert ask(COMPLETE) == Status("complete", 164, consumed=164, updated=160, not_found=3, failed=1)


@pytest.mark.parametrize("state", ["complete", "incomplete", "stuck"])
def test_every_state_is_read(ask, state):  # T8
    assert ask(f"<response><status>{state}</status></response>") == Status(state)


def test_an_older_answer_without_consumed_count_is_read(ask):  # T7
    answer = ask(COMPLETE.replace("<consumedCount>164</consumedCount>", ""))
    assert (answer.consumed, answer.updated) == (None, 160)


def test_empty_counts_are_unknown(ask):
    xml = "<response><batchId/><status>incomplete</status><batchSize/><failedUpdates/></response>"
    assert ask(xml) == Status("incomplete")


@pytest.mark.parametrize("wrap", ["{}", "<profiles>{}</profiles>"], ids=["bare", "in-a-list"])
def test_failed_rows_are_listed_whatever_else_is(ask, wrap):  # T9
    listed = rows(
        ("a", "success"), ("b&amp;c", "failed"), ("d", "error"), ("e", "pending"), ("é 7", "failed")
    )
    failed = []
    answer = ask(COMPLETE.replace("</response>", wrap.format(listed) + "</response>"), failed.append)
    assert answer.updated == 160
    assert failed == ["b&c", "d", "é 7"]


def test_any_number_of_failed_rows_is_handed_on_in_constant_memory():  # T9
    count = 30_000
    seen = iter(range(count))

    def answer_at_length(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        connection.sendall(COMPLETE.removesuffix("</response>").encode())
        for first in range(0, count, 1000):
            listed = rows(*((f"c-{n}", "failed") for n in range(first, first + 1000)))
            connection.sendall(listed.encode())
        connection.sendall(b"</response>")

    def take(identifier):
        assert identifier == f"c-{next(seen)}"

    with peer(answer_at_length) as port:
        url = f"http://127.0.0.1:{port}"
        account = Account("acme", url, sandbox=True)
        tracemalloc.start()
        try:
            status(account, f"{url}{PATH}?batchId=1", failed_ids=take, timeouts=PATIENT)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert next(seen, "none left") == "none left"
    assert peak < 1_500_000


def test_nobody_need_take_the_failed_rows(ask):
    assert ask(COMPLETE.replace("</response>", rows(("a", "failed")) + "</response>")).failed == 1


@pytest.mark.parametrize("error", [ValueError("full"), OSError("full"), KeyError("full")], ids=repr)
def test_a_sink_that_fails_ends_the_call_with_its_own_error(ask, error):
    def full(identifier):
        raise error

    with pytest.raises(type(error), match="full"):
        ask(COMPLETE.replace("</response>", rows(("a", "failed")) + "</response>"), full)


def test_an_answer_that_is_cut_off_among_its_rows_is_no_status(ask):  # T9
    failed = []
    with pytest.raises(PollFailed) as cut:
        ask(COMPLETE.replace("</response>", rows(("a", "failed"), ("b", "failed"))), failed.append)
    assert cut.value.kind == "unreadable"
    assert failed == ["a", "b"]


@pytest.mark.parametrize(
    ("listed", "meant"),
    [
        ("c-1", ("c-1",)),
        ("a b", ("a b",)),
        ("a%20b", ("a%20b", "a b")),
        ("Jos%C3%A9", ("Jos%C3%A9", "José")),
        ("José%20é", ("José%20é", "José é")),
        ("a+b", ("a+b",)),
        ("100%", ("100%",)),
        ("%zz", ("%zz",)),
        ("a%FFb", ("a%FFb",)),
        ("50%2525", ("50%2525", "50%25")),
        ("", ("",)),
    ],
)
def test_a_listed_id_is_taken_as_written_and_as_decoded(listed, meant):  # T9, F5
    assert possible_ids(listed) == meant


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "OK",
        COMPLETE[:-3],
        COMPLETE.replace("complete<", "finished<"),
        COMPLETE.replace("160", "many"),
        COMPLETE.replace("160", "-1"),
        COMPLETE.replace("160", "1" * 10),
        '<!DOCTYPE r [<!ENTITY a "1">]>' + COMPLETE.replace("160", "&a;"),
        "<response><success>false</success><message>no</message></response>",
        COMPLETE.replace("</response>", "".join(f"<a{n}/>" for n in range(100)) + "</response>"),
    ],
    ids=["empty", "words", "cut", "state", "letters", "negative", "huge", "entity", "other", "many-fields"],
)
def test_an_answer_that_is_no_status_is_unreadable(ask, xml):
    with pytest.raises(PollFailed) as failed:
        ask(xml)
    assert failed.value.kind == "unreadable"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, "token"),
        (403, "token"),
        (429, "busy"),
        (503, "busy"),
        (404, "not-found"),
        (410, "not-found"),
        (500, "unreachable"),
        (502, "unreachable"),
        (504, "unreachable"),
        (302, "unreadable"),
        (400, "unreadable"),
    ],
)
def test_an_error_moves_only_the_next_poll(ask, code, kind):
    with pytest.raises(PollFailed) as failed:
        ask("", status=code, headers={"Retry-After": "7", "Location": "/elsewhere"})
    assert (failed.value.kind, failed.value.http_status) == (kind, code)
    assert failed.value.retry_after == (7 if kind == "busy" else None)


@pytest.mark.parametrize("ending", [reset, lambda connection: connection.recv(1)], ids=["reset", "silence"])
def test_no_answer_is_unreachable(ending):
    def hang_up(connection):
        read_head(connection)
        ending(connection)

    with peer(hang_up) as port, pytest.raises(PollFailed) as failed:
        url = f"http://127.0.0.1:{port}"
        status(Account("acme", url, sandbox=True), f"{url}{PATH}?batchId=1", timeouts=SHORT)
    assert failed.value.kind == "unreachable"


# https first, http without the token --------------------------------------------------------------


@pytest.mark.parametrize("account", [REAL, WITH_TOKEN], ids=["no-token", "token"])
def test_plain_http_is_tried_after_https_and_never_with_the_token(httpserver, internet, account):  # T6
    internet.host(EDGE, 443, closed_port())
    internet.host(EDGE, 80, httpserver.port)
    httpserver.expect_request(PATH).respond_with_data(COMPLETE)
    assert status(account, EDGE_URL, timeouts=PATIENT).state == "complete"
    (request, _), *others = httpserver.log
    assert not others
    assert "Authorization" not in request.headers


def test_a_certificate_we_do_not_trust_gets_no_token_either(httpserver, internet):  # T6
    def speak_no_tls(connection):
        heard.append(connection.recv(1000))
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    heard = []
    httpserver.expect_request(PATH).respond_with_data(COMPLETE)
    with peer(speak_no_tls) as port:
        internet.host(EDGE, 443, port)
        internet.host(EDGE, 80, httpserver.port)
        assert status(WITH_TOKEN, EDGE_URL, timeouts=PATIENT).state == "complete"
    assert b"s3cret" not in b"".join(heard)
    assert "Authorization" not in httpserver.log[0][0].headers


@pytest.mark.parametrize("code", [401, 403])
def test_a_demand_for_the_withheld_token_does_not_condemn_the_token(httpserver, internet, code):
    internet.host(EDGE, 443, closed_port())
    internet.host(EDGE, 80, httpserver.port)
    httpserver.expect_request(PATH).respond_with_data("", status=code)
    with pytest.raises(PollFailed) as failed:
        status(WITH_TOKEN, EDGE_URL, timeouts=PATIENT)
    assert failed.value.kind == "unreachable"


def test_an_https_status_url_is_never_weakened(httpserver, internet):
    internet.host(EDGE, 443, closed_port())
    internet.host(EDGE, 80, httpserver.port)
    with pytest.raises(PollFailed):
        status(REAL, EDGE_URL.replace("http:", "https:"), timeouts=PATIENT)
    assert not httpserver.log


# One profile -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "identifier", "path"),
    [
        ("thirdPartyId", "c-1", "/rest/v1/profiles/thirdPartyId/c-1"),
        ("thirdPartyId", "é&?#% 1", "/rest/v1/profiles/thirdPartyId/%C3%A9%26%3F%23%25%201"),
        ("pcId", "1367320065048-801944.01_00", "/rest/v1/profiles/1367320065048-801944.01_00"),
    ],
)
def test_a_profile_is_asked_for_by_its_id(httpserver, target, key, identifier, path):  # T13
    httpserver.expect_request("").respond_with_json({})
    with pytest.raises(PollFailed):
        fetch_profile(target, key, identifier)
    assert httpserver.log[0][0].environ["RAW_URI"] == f"{path}?client=acme"


def test_a_profile_is_its_attributes(httpserver, target):  # T13
    profile = {
        "client": "acme",
        "visitorId": "c-1",
        "modifiedAt": "2017-07-31T20:34:55.625-04:00",
        "profileAttributes": {
            "drink": {"value": "Beer & Ale", "modifiedAt": "2017-07-30T08:00:00Z"},
            "visits": {"value": 7},
        },
    }
    httpserver.expect_request("/rest/v1/profiles/thirdPartyId/c-1").respond_with_json(profile)
    found = fetch_profile(target, "thirdPartyId", "c-1")
    assert found == Profile(
        datetime(2017, 8, 1, 0, 34, 55, 625_000, tzinfo=UTC),
        {"drink": Attribute("Beer & Ale", datetime(2017, 7, 30, 8, tzinfo=UTC)), "visits": Attribute("7")},
    )
    assert "Beer" not in repr(found)


@pytest.mark.parametrize("moment", ["soon", "", None, 1501547695625, "2017-07-31T20:34:55.625"])
def test_a_time_that_cannot_be_read_is_none(httpserver, target, moment):  # T13
    attributes = {"drink": {"value": "Ale", "modifiedAt": moment}}
    httpserver.expect_request("").respond_with_json({"modifiedAt": moment, "profileAttributes": attributes})
    assert fetch_profile(target, "thirdPartyId", "c-1") == Profile(None, {"drink": Attribute("Ale")})


def test_an_unknown_profile_is_none(httpserver, target):  # T13
    missing = {"status": 404, "message": "No profile found for client acme with third party id=c-1"}
    httpserver.expect_request("").respond_with_json(missing, status=404)
    assert fetch_profile(target, "thirdPartyId", "c-1") is None


@pytest.mark.parametrize("body", ["", "<h1>Not found</h1>", "{}", "[]", '{"message": 1}'])
def test_a_404_in_other_words_says_nothing_of_the_profile(httpserver, target, body):  # T13
    httpserver.expect_request("").respond_with_data(body, status=404)
    with pytest.raises(PollFailed) as failed:
        fetch_profile(target, "thirdPartyId", "c-1")
    assert failed.value.kind == "unreadable"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, "token"), (403, "token"), (429, "busy"), (503, "busy"), (500, "unreachable"), (302, "unreadable")],
)
def test_a_profile_that_cannot_be_read_now_is_not_unknown(httpserver, target, code, kind):  # T13
    httpserver.expect_request("").respond_with_data("", status=code)
    with pytest.raises(PollFailed) as failed:
        fetch_profile(target, "thirdPartyId", "c-1")
    assert (failed.value.kind, failed.value.http_status) == (kind, code)


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{}", '{"profileAttributes": []}', '{"profileAttributes": {"a": {}}}', "[" * 100_000],
    ids=["empty", "null", "list", "bare", "attributes", "attribute", "deep"],
)
def test_what_is_no_profile_is_unreadable(httpserver, target, body):
    httpserver.expect_request("").respond_with_data(body)
    with pytest.raises(PollFailed) as failed:
        fetch_profile(target, "thirdPartyId", "c-1")
    assert failed.value.kind == "unreadable"


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_id_that_a_path_cannot_hold_is_not_asked_for(httpserver, target, identifier):
    with pytest.raises(PollFailed):
        fetch_profile(target, "thirdPartyId", identifier)
    assert not httpserver.log


def test_no_failure_names_the_visitor():
    account = Account("acme", f"http://127.0.0.1:{closed_port()}", sandbox=True)
    with pytest.raises(PollFailed) as failed:
        fetch_profile(account, "thirdPartyId", "visitor-77")
    assert failed.value.kind == "unreachable"
    assert "visitor-77" not in f"{failed.value!r} {failed.value.__context__!r} {failed.value.__cause__!r}"
