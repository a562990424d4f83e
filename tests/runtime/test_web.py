"""`manage.py web`: what stands between the network and Django."""

import http.client
import os
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

    def ask(self, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """The answer to a request for the sign-in page; no body is sent, whatever the headers say."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=30)
        connection.putrequest(method, "/sign-in/")
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


def test_it_does_not_say_what_it_is(web):
    assert web.ask(X_Forwarded_Proto="https").headers["Server"] is None


def test_a_body_over_the_limit_is_refused_before_it_arrives(web):
    assert web.ask("POST", X_Forwarded_Proto="https", Content_Length="64000001").status == 413


def test_sigterm_ends_it_although_a_client_has_stalled(tmp_path):
    web = Web(tmp_path)
    eventually(web.listens, "the web server listens")
    with socket.create_connection((LOOPBACK, web.port)) as stalled:
        stalled.sendall(b"POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(timeout=20) == 0
