"""`manage.py sandbox` as a process of its own: starting, stopping, dying and coming back."""

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.target.servers import ServedSandbox, eventually, send_batch
from uploads.target import status
from uploads.target.sandbox import SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
HANGING = "/m2/acme/profile/batchStatus?batchId=1"

pytestmark = pytest.mark.processes


def command(folder: Path, *arguments: str, scenario: str = "") -> subprocess.Popen:
    """The command on a machine where nothing is configured, but perhaps a scenario."""
    environment = {"PATH": os.environ["PATH"], "BULKPROFILE_VAR": str(folder), "PORT": "1"}
    environment["SANDBOX_SCENARIO"] = scenario
    return subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(folder: Path, *arguments: str):
    """The command once it listens: its process, and the sandbox that it serves."""
    process = command(folder, "--port", "0", "--seconds", "0", *arguments)
    try:
        line = process.stdout.readline()
        port = re.search(r"http://127\.0\.0\.1:([0-9]+)/", line)
        assert port, line + process.stderr.read()
        yield process, ServedSandbox(None, int(port[1]))
    finally:
        process.kill()
        process.communicate()


def test_it_runs_on_a_fresh_checkout_and_needs_no_database(tmp_path):
    with running(tmp_path) as (_, served):
        assert "Target sandbox" in served.get("/").text
        assert (tmp_path / "sandbox" / "sandbox.sqlite3").exists()
        assert not (tmp_path / "bulkprofile.sqlite3").exists()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT], ids=["term", "int"])
def test_it_stops_at_once_and_cleanly_though_a_call_hangs(tmp_path, signum):
    with running(tmp_path) as (process, served):
        served.fault(on="status", kind="hang", seconds=3600)
        with socket.create_connection(("127.0.0.1", int(served.url.rpartition(":")[2]))) as caller:
            caller.sendall(f"GET {HANGING} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            eventually(
                lambda: requests.get(f"{served.url}/sandbox/faults", timeout=20).json(), lambda f: not f
            )
            process.send_signal(signum)
            _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""


def test_a_taken_port_is_said_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = command(tmp_path, "--port", str(port))
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.strip() == f"CommandError: Port {port} is taken. Give another with --port."


@pytest.mark.parametrize("host", ["0.0.0.0", "example.com"])
def test_an_address_beyond_this_machine_is_refused(tmp_path, host):
    process = command(tmp_path, "--port", "0", "--host", host)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "loopback" in errors


def test_scenarios_are_listed(tmp_path):
    said, _ = command(tmp_path, "--list-scenarios").communicate(timeout=60)
    assert [line.split()[0] for line in said.splitlines()] == list(SCENARIOS)
    assert "http-503-retry-after  HTTP 503 with Retry-After of 5 seconds (T11)." in said


def test_it_begins_with_the_scenarios_that_are_asked_for(tmp_path):
    with running(tmp_path, "--scenario", "http-503:2, stuck@acme:always") as (_, served):
        faults = served.get("/sandbox/faults").json()
    assert [(fault["kind"], fault["times"]) for fault in faults] == [("http", 2), ("stuck", None)]


def test_a_scenario_that_is_none_is_said_in_one_sentence(tmp_path):
    process = command(tmp_path, "--port", "0", scenario="http-503,nonsense")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith("CommandError: 'nonsense' is no scenario.")


def test_two_of_them_do_not_share_a_folder(tmp_path):
    with running(tmp_path):
        second = command(tmp_path, "--port", "0")
        _, errors = second.communicate(timeout=60)
    assert second.returncode == 1
    assert "--folder" in errors


def test_a_batch_is_finished_exactly_though_the_process_was_killed(tmp_path):
    rows = 100_000
    body = b"batch=thirdPartyId,level\n" + b"".join(b"c-%d,gold\n" % n for n in range(rows))

    def until(served: ServedSandbox, url: str, wanted):
        # Seldom enough for the limit of calls, which holds here as it does at Target (T11).
        return eventually(lambda: status(served.account(), url), wanted, pause=0.3)

    with running(tmp_path) as (process, served):
        accepted = send_batch(served.account(), body)
        until(served, accepted.status_url, lambda answer: answer.consumed)
        process.kill()
        process.wait()
    with running(tmp_path) as (_, served):
        url = re.sub(r"^http://[^/]+", served.url, accepted.status_url)
        answer = until(served, url, lambda answer: answer.state == "complete")
        assert (answer.consumed, answer.updated, answer.failed) == (rows, rows, 0)
        assert len(served.get("/sandbox/profiles.ndjson?client=acme").text.splitlines()) == rows
        assert [body["received"] for body in served.received()] == [1]
