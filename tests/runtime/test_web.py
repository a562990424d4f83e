"""`manage.py web`: what stands between the network and Django."""

import contextlib
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import eventually
from uploads.runtime.processes import LOOPBACK, free_port

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]


class Web:
    """The web server behind what is a TLS proxy to it: HTTPS only, X-Forwarded-Proto believed."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "web"],
            cwd=ROOT,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "bulkprofile.settings",
                "BULKPROFILE_VAR": str(folder),
                "BULKPROFILE_INSECURE_HTTP": "0",
                "BEHIND_TLS_PROXY": "1",
                # Nobody listens there.
                "REDIS_URL": f"redis://{LOOPBACK}:1/0",
                "PORT": str(self.port),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def listens(self) -> bool:
        """Whether it takes connections."""
        try:
            socket.create_connection((LOOPBACK, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def converse(self, said: bytes) -> bytes:
        """What comes back where a client says exactly that and then no more, up to the connection's end."""
        with socket.create_connection((LOOPBACK, self.port), timeout=30) as client:
            client.sendall(said)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_WR)
            with client.makefile("rb") as answer:
                return answer.read()

    def ask(self, method: str = "GET", path: str = "/sign-in/", **headers: str) -> http.client.HTTPResponse:
        """The answer to a request, by default for the sign-in page; no body is sent, whatever headers say."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return connection.getresponse()


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    """One web server for the tests of this file."""
    web = Web(tmp_path_factory.mktemp("web"))
    eventually(web.listens, "the web server listens")
    yield web
    web.process.kill()
    web.process.wait()


def test_plain_http_is_sent_to_https(web):
    answer = web.ask()

    assert (answer.status, answer.headers["Location"]) == (301, f"https://127.0.0.1:{web.port}/sign-in/")


def test_what_the_proxy_received_by_https_is_served(web):
    answer = web.ask(X_Forwarded_Proto="https")

    assert answer.status == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_it_lives_by_plain_http_before_it_has_a_database(web):
    answer = web.ask(path="/healthz")

    assert (answer.status, answer.read()) == (200, b"ok\n")


def test_it_is_not_ready_without_database_redis_and_workers_and_says_so(web):
    answer = web.ask(path="/readyz")

    well = {name: check["ok"] for name, check in json.load(answer)["checks"].items()}
    assert (answer.status, well) == (
        503,
        {"database": False, "redis": False, "storage": True, "sweep": False},
    )


def test_it_does_not_say_what_it_is(web):
    assert web.ask(X_Forwarded_Proto="https").headers["Server"] is None


def test_a_body_over_the_limit_is_refused_before_it_arrives(web):
    assert web.ask("POST", X_Forwarded_Proto="https", Content_Length="64000001").status == 413


def post(*headers: str, path: str = "/sign-in/") -> bytes:
    """The beginning of a POST that came by HTTPS."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "X-Forwarded-Proto: https", *headers]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


CHUNKED = "Transfer-Encoding: chunked"
#: One after the other in chunks of a megabyte, as somebody sends who does not say how much there is.
MEGABYTE = b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
FORM = "Content-Type: application/x-www-form-urlencoded"


def test_a_body_of_unsaid_length_is_cut_off_at_the_limit(web):
    with socket.create_connection((LOOPBACK, web.port), timeout=30) as client:
        client.sendall(post(CHUNKED))
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 200 and not select.select([client], [], [], 0)[0]:
                client.sendall(MEGABYTE)
                sent += 1
            assert client.recv(100).startswith(b"HTTP/1.1 413 ")
    assert 64 <= sent < 200


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: -1"],
        ["Content-Length: +5"],
        ["Content-Length: 5, 5"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: \xb2"],
        ["Content-Length: five"],
        ["Transfer-Encoding: chunked, gzip"],
    ],
    ids=["negative", "signed", "a list", "two", "no digit", "a word", "an encoding unknown here"],
)
def test_a_length_that_is_none_is_refused(web, headers):
    answer = web.converse(post(*headers) + b"a=b&c")

    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 "))
    assert answer.count(b"HTTP/1.1") == 1


def test_what_follows_a_body_shorter_than_it_says_is_no_part_of_it(web):
    """It is a request of its own, and here none at all."""
    answer = web.converse(post(FORM, "Content-Length: 3") + b"a=bsurplus\r\n\r\n")

    first, *others = re.findall(rb"HTTP/1.1 (\d+)", answer)
    assert first == b"403"  # No token against forgery in these three bytes.
    assert set(others) <= {b"400", b"431"}


def test_a_body_that_ends_before_the_length_it_says_reaches_nobody(web):
    assert web.converse(post(FORM, "Content-Length: 1000000") + b"a=b") == b""


def test_where_both_are_said_the_chunks_count_and_not_the_length(web):
    answer = web.converse(post(FORM, CHUNKED, "Content-Length: 64000001", "Connection: close") + b"0\r\n\r\n")

    assert answer.startswith((b"HTTP/1.1 403 ", b"HTTP/1.1 400 "))


def test_a_form_of_5000_parts_is_refused_whole(web):
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"; filename="f%d"\r\n\r\nv\r\n' % (number, number)
        for number in range(5_000)
    )
    body = parts + b"--x--\r\n"
    headers = ["Content-Type: multipart/form-data; boundary=x", "Origin: https://localhost"]

    cookie = web.ask(X_Forwarded_Proto="https").headers["Set-Cookie"].split(";")[0]

    answer = web.converse(
        post(*headers, f"Cookie: {cookie}", f"Content-Length: {len(body)}", "Connection: close") + body
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST /sign-in/ HT", post("Content-Length: 1000000") + b"half", post(CHUNKED) + b"f4240\r\nhalf"],
    ids=["before the first byte", "in the first line", "in a body", "in a chunk"],
)
def test_60_clients_that_have_stalled_keep_nobody_else_waiting(web, begun):
    with contextlib.ExitStack() as stalled:
        for _number in range(60):
            client = stalled.enter_context(socket.create_connection((LOOPBACK, web.port), timeout=30))
            client.sendall(begun)

        assert web.ask(X_Forwarded_Proto="https").status == 200


def test_sigterm_ends_it_although_a_client_has_stalled(tmp_path):
    web = Web(tmp_path)
    eventually(web.listens, "the web server listens")
    with socket.create_connection((LOOPBACK, web.port)) as stalled:
        stalled.sendall(b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(timeout=20) == 0
