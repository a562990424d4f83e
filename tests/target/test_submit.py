"""Submitting: what goes over the wire, and in which of the three kinds every ending falls."""

import errno
import io
import ssl
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from werkzeug import Response

from tests.target.servers import (
    PATIENT,
    SHORT,
    closed_port,
    peer,
    read_head,
    read_request,
    reset,
    send_batch,
)
from uploads.target import (
    Account,
    OutcomeUnknown,
    Refused,
    RetrySafely,
    TargetError,
    Timeouts,
    host_of,
    submit,
)

BODY = b"batch=thirdPartyId,level\nc-1,gold\n"
STATUS_URL = "http://mboxedge45.tt.omtrdc.net/m2/acme/profile/batchStatus?batchId=acme-1701473848678-13029383"
ACCEPTED = (
    f"<response><success>true</success><batchStatus>{STATUS_URL}</batchStatus>"
    "<message>Batch submitted for processing</message></response>"
)
V2 = "/m2/acme/v2/profile/batchUpdate"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    "<response><success>true</success><message>&b;</message></response>"
)


def account_at(port: int, **facts) -> Account:
    return Account("acme", f"http://127.0.0.1:{port}", sandbox=True, **facts)


@pytest.fixture
def target(httpserver):
    """An account at pytest-httpserver's address."""
    return account_at(httpserver.port)


class BrokenSource(io.RawIOBase):
    """A file on a disk that fails after `readable` bytes."""

    def __init__(self, readable: int, error: int = errno.EIO):
        self.left = readable
        self.error = error

    def read(self, size=-1):
        if not self.left:
            raise OSError(self.error, "disk")
        piece = min(size, self.left)
        self.left -= piece
        return b"x" * piece


# What goes over the wire -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "path"), [("v2", V2), ("v1", "/m2/acme/profile/batchUpdate")], ids=["v2", "v1"]
)
def test_the_bytes_of_the_file_are_the_body(httpserver, version, path):  # T1, T2
    httpserver.expect_request(path, method="POST").respond_with_data(ACCEPTED)
    body = b"batch=thirdPartyId,level\n" + b"c-1,gold%2Csilver\n" * 50_000
    send_batch(account_at(httpserver.port, version=version), body)
    (request, _), *others = httpserver.log
    assert not others
    assert request.get_data() == body
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Content-Length"] == str(len(body))
    assert "Transfer-Encoding" not in request.headers
    assert "Authorization" not in request.headers


def test_only_the_stated_length_is_sent(httpserver, target):
    httpserver.expect_request(V2).respond_with_data(ACCEPTED)
    submit(target, io.BytesIO(BODY + b"more"), len(BODY))
    assert httpserver.log[0][0].get_data() == BODY


def test_the_token_travels_as_a_bearer_token(httpserver):  # T3
    httpserver.expect_request(V2).respond_with_data(ACCEPTED)
    send_batch(account_at(httpserver.port, token="s3cret"), BODY)
    assert httpserver.log[0][0].headers["Authorization"] == "Bearer s3cret"


def test_proxies_and_netrc_of_the_environment_are_ignored(httpserver, target, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    httpserver.expect_request(V2).respond_with_data(ACCEPTED)
    send_batch(target, BODY)
    assert "Authorization" not in httpserver.log[0][0].headers


# Accepted ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 201, 202])
def test_an_accepted_batch_has_its_status_url_and_id(httpserver, target, code):  # T4, T6
    httpserver.expect_request(V2).respond_with_data(ACCEPTED, status=code)
    answer = send_batch(target, BODY)
    assert answer.status_url == STATUS_URL
    assert answer.batch_id == "acme-1701473848678-13029383"
    assert answer.message == "Batch submitted for processing"


@pytest.mark.parametrize(
    "xml",
    [
        "<response><success>true</success></response>",
        "<response><success>true</success><batchStatus/></response>",
        "<response><success> TRUE </success><batchStatus> </batchStatus><message/></response>",
    ],
    ids=["missing", "empty", "blank"],
)
def test_accepted_without_a_status_url_stays_accepted(httpserver, target, xml):
    httpserver.expect_request(V2).respond_with_data(xml)
    answer = send_batch(target, BODY)
    assert (answer.status_url, answer.batch_id) == (None, None)


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 400, 404, 413])
def test_a_refusal_has_targets_message_whatever_its_status(httpserver, target, code):  # T5
    xml = "<response><success>false</success><batchStatus/><message>Batch is empty</message></response>"
    httpserver.expect_request(V2).respond_with_data(xml, status=code)
    with pytest.raises(Refused) as refused:
        send_batch(target, BODY)
    assert (refused.value.detail, refused.value.http_status) == ("Batch is empty", code)


@pytest.mark.parametrize("code", [400, 404, 405, 408, 410, 413, 415, 422])
def test_a_client_error_in_another_language_is_refused(httpserver, target, code):
    httpserver.expect_request(V2).respond_with_data("<html><br>no</html>", status=code)
    with pytest.raises(Refused, match=f"HTTP {code}"):
        send_batch(target, BODY)


@pytest.mark.parametrize("code", [301, 302, 303, 304, 307, 308])
def test_a_redirect_is_not_followed_and_the_body_not_sent_again(httpserver, target, code):
    httpserver.expect_request(V2).respond_with_data("", status=code, headers={"Location": "/elsewhere"})
    httpserver.expect_request("/elsewhere").respond_with_data(ACCEPTED)
    with pytest.raises(Refused, match="redirect") as refused:
        send_batch(target, BODY)
    assert refused.value.http_status == code
    assert [request.path for request, _ in httpserver.log] == [V2]


def test_an_early_refusal_is_read_though_the_body_was_cut_off():
    def refuse_early(connection):
        read_head(connection)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with peer(refuse_early) as port, pytest.raises(Refused, match="HTTP 413"):
        send_batch(account_at(port), b"x" * 20_000_000)


def test_targets_message_is_shortened_and_never_echoes_the_token(httpserver):
    xml = f"<response><success>false</success><message>bad\n\tBearer s3cret {'x' * 900}</message></response>"
    httpserver.expect_request(V2).respond_with_data(xml)
    with pytest.raises(Refused) as refused:
        send_batch(account_at(httpserver.port, token="s3cret"), BODY)
    assert refused.value.detail.startswith("bad Bearer … xxx")
    assert len(refused.value.detail) == 200


# Safe to retry -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [401, 403])
def test_a_rejected_token_applies_nothing(httpserver, target, code):  # T3
    httpserver.expect_request(V2).respond_with_data("", status=code)
    with pytest.raises(RetrySafely) as retry:
        send_batch(target, BODY)
    assert (retry.value.kind, retry.value.http_status) == ("token", code)


@pytest.mark.parametrize("token", ["a\nb", "a b", "é", "x" * 5000], ids=["lf", "space", "letter", "long"])
def test_a_token_that_no_header_can_carry_is_not_sent(httpserver, token):
    with pytest.raises(RetrySafely) as retry:
        send_batch(account_at(httpserver.port, token=token), BODY)
    assert retry.value.kind == "token"
    assert not httpserver.log


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("17", 17), ("99999999999", 86400), ("soon", None), ("-5", None), ("", None)],
)
def test_a_busy_target_says_when_to_come_back(httpserver, target, code, header, seconds):  # T11
    headers = {} if header is None else {"Retry-After": header}
    httpserver.expect_request(V2).respond_with_data("", status=code, headers=headers)
    with pytest.raises(RetrySafely) as retry:
        send_batch(target, BODY)
    assert (retry.value.kind, retry.value.http_status) == ("busy", code)
    assert retry.value.retry_after == seconds


@pytest.mark.parametrize(("hours", "low", "high"), [(1, 3000, 3600), (-1, 0, 0), (100, 86400, 86400)])
def test_retry_after_may_be_a_date(httpserver, target, hours, low, high):
    date = format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)
    httpserver.expect_request(V2).respond_with_data("", status=503, headers={"Retry-After": date})
    with pytest.raises(RetrySafely) as retry:
        send_batch(target, BODY)
    assert low <= retry.value.retry_after <= high


def test_a_refused_connection_is_safe_to_retry():
    source = io.BytesIO(BODY)
    with pytest.raises(RetrySafely) as retry:
        submit(account_at(closed_port()), source, len(BODY))
    assert retry.value.kind == "connection"
    assert source.tell() == 0


def test_a_name_that_does_not_resolve_is_safe_to_retry():
    account = Account("acme", "http://acme.invalid", sandbox=True)
    with pytest.raises(RetrySafely, match="name") as retry:
        send_batch(account, BODY)
    assert retry.value.kind == "connection"


def test_no_tls_is_safe_to_retry(internet):
    def speak_no_tls(connection):
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with peer(speak_no_tls) as port:
        internet.host("acme.tt.omtrdc.net", 443, port)
        with pytest.raises(RetrySafely, match="TLS") as retry:
            send_batch(Account("acme", host_of("acme")), BODY)
    assert retry.value.kind == "connection"


def test_an_untrusted_certificate_is_safe_to_retry_and_gets_no_token(internet, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received = []

    def speak_untrusted_tls(connection):
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                received.append(secure.recv(1000))
        except OSError:
            pass  # the client hung up, as it should

    with peer(speak_untrusted_tls) as port:
        internet.host("acme.tt.omtrdc.net", 443, port)
        with pytest.raises(RetrySafely, match="TLS"):
            send_batch(Account("acme", host_of("acme"), token="s3cret"), BODY)
    assert b"".join(received) == b""


def test_a_tls_handshake_that_is_cut_off_is_safe_to_retry(internet):
    with peer(reset) as port:
        internet.host("acme.tt.omtrdc.net", 443, port)
        with pytest.raises(RetrySafely) as retry:
            send_batch(Account("acme", host_of("acme")), BODY)
    assert retry.value.kind == "connection"


def test_a_file_that_cannot_be_read_at_all_sends_nothing(httpserver, target):
    with pytest.raises(RetrySafely, match="file") as retry:
        submit(target, BrokenSource(0), 1000, timeouts=SHORT)
    assert retry.value.kind == "connection"


def test_a_call_that_is_given_up_before_the_first_byte_sends_nothing(sandbox):
    for go_ahead, times in ((False, 0), (True, 1)):
        try:
            submit(sandbox.account(), io.BytesIO(BODY), len(BODY), go_ahead=lambda answer=go_ahead: answer)
        except RetrySafely as given_up:
            assert given_up.kind == "connection"
        assert sum(body["received"] for body in sandbox.received()) == times


def test_a_call_whose_time_is_up_before_the_first_byte_is_safe_to_retry(target):
    with pytest.raises(RetrySafely) as retry:
        send_batch(target, BODY, Timeouts(connect=5, stall=5, total=0))
    assert retry.value.kind == "connection"


# Outcome unknown ---------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [500, 501, 502, 504, 507, 599])
def test_a_server_error_leaves_the_outcome_unknown(httpserver, target, code):
    httpserver.expect_request(V2).respond_with_data(ACCEPTED, status=code)
    with pytest.raises(OutcomeUnknown) as unknown:
        send_batch(target, BODY)
    assert unknown.value.http_status == code


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "OK",
        '{"success": true}',
        "<html><success>true</success></html>",
        "<response><success>maybe</success></response>",
        "<response><message>hello</message></response>",
        "<response><inner><success>true</success></inner></response>",
        ACCEPTED[:-5],
        ACCEPTED + "<more/>",
        BOMB,
        '<!DOCTYPE response SYSTEM "http://127.0.0.1/x.dtd">' + ACCEPTED,
        '<?xml version="1.0" encoding="klingon"?>' + ACCEPTED,
        "<response>" * 5000,
        ACCEPTED.replace("<message>", "<message>" + " " * 10_000_000),
    ],
    ids=[
        "empty", "words", "json", "html", "maybe", "no-success", "nested", "cut", "two-documents",
        "bomb", "dtd", "encoding", "deep", "ten-megabytes",
    ],
)  # fmt: skip
def test_a_success_that_cannot_be_read_leaves_the_outcome_unknown(httpserver, target, answer):
    httpserver.expect_request(V2).respond_with_data(answer)
    with pytest.raises(OutcomeUnknown) as unknown:
        send_batch(target, BODY)
    assert unknown.value.http_status == 200


def test_silence_after_the_body_leaves_the_outcome_unknown():
    def say_nothing(connection):
        read_request(connection, len(BODY))
        connection.recv(1)  # until the client hangs up

    with peer(say_nothing) as port, pytest.raises(OutcomeUnknown, match="in time"):
        send_batch(account_at(port), BODY, SHORT)


def test_a_target_that_stops_reading_leaves_the_outcome_unknown():
    given_up = threading.Event()

    def stop_reading(connection):
        read_head(connection)
        given_up.wait(10)

    with peer(stop_reading) as port:
        with pytest.raises(OutcomeUnknown):
            send_batch(account_at(port), b"x" * 20_000_000, SHORT)
        given_up.set()


def test_a_reset_in_the_middle_of_the_body_leaves_the_outcome_unknown():
    def hang_up_midway(connection):
        read_request(connection, 100_000)
        reset(connection)

    with peer(hang_up_midway) as port, pytest.raises(OutcomeUnknown) as unknown:
        send_batch(account_at(port), b"x" * 20_000_000)
    assert 0 < unknown.value.handed_over < 20_000_000


@pytest.mark.parametrize("ending", [reset, lambda connection: None], ids=["reset", "close"])
def test_a_connection_that_ends_without_an_answer_leaves_the_outcome_unknown(ending):
    def hang_up(connection):
        read_request(connection, len(BODY))
        ending(connection)

    with peer(hang_up) as port, pytest.raises(OutcomeUnknown) as unknown:
        send_batch(account_at(port), BODY)
    assert unknown.value.handed_over == len(BODY)


def test_an_answer_that_breaks_off_leaves_the_outcome_unknown():
    def answer_half(connection):
        read_request(connection, len(BODY))
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ACCEPTED) + 10}\r\n\r\n"
        connection.sendall((head + ACCEPTED).encode())

    with peer(answer_half) as port, pytest.raises(OutcomeUnknown):
        send_batch(account_at(port), BODY)


def test_what_is_not_http_leaves_the_outcome_unknown():
    def speak_smtp(connection):
        read_request(connection, len(BODY))
        connection.sendall(b"220 mail.example.com ESMTP\r\n")

    with peer(speak_smtp) as port, pytest.raises(OutcomeUnknown):
        send_batch(account_at(port), BODY)


def test_a_success_before_the_whole_body_was_sent_is_not_believed():
    def accept_early(connection):
        read_head(connection)
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(ACCEPTED)}\r\nConnection: close\r\n\r\n"
        connection.sendall((head + ACCEPTED).encode())

    with peer(accept_early) as port, pytest.raises(OutcomeUnknown, match="before"):
        send_batch(account_at(port), b"x" * 20_000_000)


@pytest.mark.parametrize("error", [errno.EIO, errno.EPIPE, errno.ECONNRESET])
def test_a_file_that_fails_midway_leaves_the_outcome_unknown(error):
    with peer(read_head) as port, pytest.raises(OutcomeUnknown, match="file"):
        submit(account_at(port), BrokenSource(100, error), 1000, timeouts=PATIENT)


def test_a_file_that_has_shrunk_leaves_the_outcome_unknown():
    stated = len(BODY) + 1
    with (
        peer(lambda connection: read_request(connection, stated)) as port,
        pytest.raises(OutcomeUnknown, match="shorter"),
    ):
        submit(account_at(port), io.BytesIO(BODY), stated, timeouts=PATIENT)


# Always ------------------------------------------------------------------------------------------


def test_a_body_without_length_is_our_own_mistake(target):
    with pytest.raises(ValueError, match="at least one byte"):
        submit(target, io.BytesIO(b""), 0)


def test_no_failure_shows_the_token_or_the_body(httpserver):
    account = account_at(httpserver.port, token="s3cret")
    httpserver.expect_request(V2).respond_with_handler(
        lambda request: Response(request.get_data() + request.headers["Authorization"].encode(), 500)
    )
    with pytest.raises(TargetError) as failure:
        send_batch(account, BODY)
    shown = f"{failure.value!r} {failure.value.detail}"
    assert "s3cret" not in shown
    assert "c-1" not in shown
    assert failure.value.__cause__ is None
