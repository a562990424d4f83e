"""Real peers for the client: the sandbox over HTTP, and servers that misbehave byte by byte."""

import io
import socket
import struct
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import requests

from uploads.target import Account, Timeouts, fetch_profile, status, submit
from uploads.target.sandbox import Sandbox, serving

SHORT = Timeouts(connect=2, stall=0.3, total=5)
PATIENT = Timeouts(connect=5, stall=20, total=60)


class ServedSandbox:
    """A sandbox on a free port, and what the tests ask of it beside Target's calls."""

    def __init__(self, app, port: int):
        self.app = app
        self.url = f"http://127.0.0.1:{port}"

    def account(self, client: str = "acme", **facts) -> Account:
        return Account(client, self.url, sandbox=True, **facts)

    def fault(self, scenario: str | None = None, **fault) -> None:
        """Ask for a scenario of the catalogue, or for a fault by its fields."""
        asked = [scenario or fault]
        requests.post(f"{self.url}/sandbox/faults", json=asked, timeout=10).raise_for_status()

    def visit(self, identifier: str, attributes: dict[str, str], key: str = "thirdPartyId") -> None:
        """A visitor of the account "sandbox" comes by, and the page sends these values (F13)."""
        visit = {"client": "sandbox", "id": identifier, "key": key, "attributes": attributes}
        requests.post(f"{self.url}/sandbox/visits", json=visit, timeout=10).raise_for_status()

    def get(self, path: str) -> requests.Response:
        return requests.get(self.url + path, timeout=20)

    def post(self, path: str, body: bytes, content_type="application/x-www-form-urlencoded", **headers):
        return requests.post(
            self.url + path, data=body, headers={"Content-Type": content_type, **headers}, timeout=20
        )

    def received(self) -> list[dict]:
        return self.get("/sandbox/batches.json").json()

    def failed_ids(self, client: str = "acme") -> list[str]:
        """The ids that the status of the client's only batch lists as failed (T9)."""
        ((batch_id,),) = (body["batch_ids"] for body in self.received() if body["client"] == client)
        url = f"{self.url}/m2/{client}/profile/batchStatus?batchId={batch_id}"
        failed = []
        status(self.account(client), url, failed_ids=failed.append)
        return failed


@contextmanager
def served_sandbox(folder: Path, **options):
    """A sandbox over real HTTP; without options it has no delay and no limit of calls."""
    options = {"processing_seconds": 0, "calls_per_minute": None, **options}
    with Sandbox(folder, **options) as app, serving(app) as port:
        yield ServedSandbox(app, port)


@contextmanager
def peer(script):
    """A TCP server that answers its one connection by `script(connection)`; yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            connection, _ = listener.accept()
        except OSError:
            return  # nobody came
        with connection:
            script(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        thread.join(timeout=10)


def read_head(connection: socket.socket) -> bytes:
    """The request up to its empty line, and whatever came with it; less where the client hangs up."""
    received = b""
    while b"\r\n\r\n" not in received and (piece := connection.recv(4096)):
        received += piece
    return received


def read_request(connection: socket.socket, length: int) -> bytes:
    """The request with a body of `length` bytes; less where the client hangs up."""
    received = read_head(connection)
    head = received.index(b"\r\n\r\n") + 4
    while len(received) < head + length and (piece := connection.recv(65536)):
        received += piece
    return received


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset instead of a farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send_batch(account: Account, body: bytes, timeouts: Timeouts = PATIENT):
    return submit(account, io.BytesIO(body), len(body), timeouts=timeouts)


def read_back(account: Account, identifier: str, key: str = "thirdPartyId") -> dict[str, str] | None:
    """What Target holds for an id: attribute to value; None where it knows none."""
    profile = fetch_profile(account, key, identifier)
    return profile and {name: attribute.value for name, attribute in profile.attributes.items()}


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(ask, wanted, seconds: float = 60, pause: float = 0.02):
    """What `ask()` returns once `wanted` of it holds; fails after `seconds`, asks every `pause`."""
    deadline = time.monotonic() + seconds
    while not wanted(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer}"
        time.sleep(pause)
    return answer
