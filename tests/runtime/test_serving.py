"""The web server, with a program behind it that answers more than any client reads."""

import http.client
import multiprocessing
import socket

import psutil
import pytest

from tests.support.waiting import eventually
from uploads.runtime.processes import LOOPBACK, free_port
from uploads.runtime.serving import serve

pytestmark = pytest.mark.processes

#: More than waitress keeps for a client (16 MB) and the system beside it.
LONG_ANSWER = [b"x" * 1_000_000] * 60
STALLED = 60


def application(environ, start_response):
    """A long answer at /long, a short one elsewhere."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return LONG_ANSWER if environ["PATH_INFO"] == "/long" else [b"here"]


def started(port: int, silence: int) -> None:
    """The program of the process that serves."""
    serve(application, host=LOOPBACK, port=port, channel_timeout=silence, cleanup_interval=1)


@pytest.fixture
def server():
    """Starts a server whose clients may be silent for so many seconds; returns its port and process."""
    processes = []

    def server(silence: int) -> tuple[int, psutil.Process]:
        port = free_port()
        process = multiprocessing.get_context("spawn").Process(target=started, args=(port, silence))
        processes.append(process)
        process.start()
        eventually(lambda: answers(port), "the server answers")
        return port, psutil.Process(process.pid)

    yield server
    for process in processes:
        process.kill()
        process.join()


def answers(port: int) -> bool:
    """Whether a healthy client is answered."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read() == b"here"
    except ConnectionError:
        return False
    finally:
        connection.close()


def stalled_download(port: int) -> socket.socket:
    """A client that asks for the long answer and reads none of it."""
    client = socket.create_connection((LOOPBACK, port), timeout=30)
    client.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


def test_clients_that_do_not_read_leave_threads_for_those_that_do(server):
    port, _process = server(silence=600)
    stalled = [stalled_download(port) for _number in range(STALLED)]
    for client in stalled:
        # Begun: what comes after it was asked for later than all of these.
        assert client.recv(8) == b"HTTP/1.1"

    assert answers(port)


def test_a_client_that_has_stopped_reading_is_cut_off(server):
    port, process = server(silence=1)
    client = stalled_download(port)
    address = client.getsockname()

    def is_connected() -> bool:
        return any(connection.raddr == address for connection in process.net_connections())

    eventually(is_connected, "the server has the connection")
    eventually(lambda: not is_connected(), "the server gives it up")
