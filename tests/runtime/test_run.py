"""`manage.py run` as a person meets it."""

import http.client
import socket
import stat
from pathlib import Path

import psutil
import pytest
import redis
import requests

from tests.support.stack import Stack
from tests.support.waiting import alive, eventually
from uploads.runtime.processes import LOOPBACK, free_port
from uploads.runtime.valkey import PASSWORD_FILE

pytestmark = pytest.mark.processes

CHILDREN = {
    "valkey",
    "web",
    "worker checking",
    "worker delivering",
    "worker following",
    "sweep",
    "sandbox",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """One installation from nothing, with the password that it made up and showed; the last test ends it."""
    folder = tmp_path_factory.mktemp("run") / "var"
    with Stack(folder, env={"DEMO_PASSWORD": ""}, migrated=False) as running:
        running.password = running.log_text().split("Password: ")[1].split()[0]
        yield running


def status(port: int, path: str = "/sign-in/", host: str = "localhost") -> int:
    """With which status the site answers."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    connection.request("GET", path, headers={"Host": f"{host}:{port}"})
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_starts_everything_and_says_where_and_for_whom(stack):
    assert set(stack.pids()) == CHILDREN
    assert all(alive(pid) for pid in stack.pids().values())
    assert status(stack.port) == 200
    said = stack.log_text()
    assert f"Bulkprofile is ready: http://localhost:{stack.port}/" in said
    assert all(name in said for name in ("uploader", "reviewer", "auditor", "admin"))
    assert said.count("Traceback") == 0


def test_another_host_name_is_refused(stack):
    assert status(stack.port, host="evil.example") == 400


def test_what_it_keeps_is_private(stack):
    assert stat.S_IMODE(stack.var.stat().st_mode) == 0o700
    for path in stack.var.rglob("*"):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077 or path.is_socket(), path


def test_the_demo_password_is_no_business_of_the_servers(stack):
    for name, pid in stack.pids().items():
        assert b"DEMO_PASSWORD" not in Path(f"/proc/{pid}/environ").read_bytes(), name


def test_workers_have_one_thread_for_they_fork(stack):
    for name, pid in stack.pids("worker").items():
        assert psutil.Process(pid).num_threads() == 1, name


def test_a_second_run_on_the_same_folder_is_refused(stack):
    second = Stack(stack.var, port=free_port())
    second.log = stack.var.with_name("second.log")

    assert second.launch().wait(timeout=60) == 1

    said = second.log_text()
    assert f"runs already on {stack.var} (process {stack.process.pid})" in said
    assert "Traceback" not in said
    assert status(stack.port) == 200


def test_a_taken_port_is_one_sentence(tmp_path):
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        other = Stack(tmp_path / "var", port=port)
        assert other.launch().wait(timeout=60) == 1

    assert other.log_text().splitlines() == [
        f"CommandError: Port {port} is used by another program. Choose another one: PORT="
        f"{port + 10 if port < 65000 else 8000} make run"
    ]


def test_a_database_that_is_not_there_is_named_without_its_password(tmp_path):
    port = free_port()
    stack = Stack(tmp_path / "var", env={"DATABASE_URL": f"postgresql://me:secret@127.0.0.1:{port}/profiles"})
    assert stack.launch().wait(timeout=60) == 1

    said = stack.log_text()
    assert said.startswith("CommandError: The database profiles cannot be used: ")
    assert f"port {port} failed: Connection refused" in said
    assert "secret" not in said and "Traceback" not in said


def test_it_is_ready_unless_the_job_server_stands_still(stack):
    eventually(lambda: status(stack.port, "/readyz") == 200, "all is well")
    with stack.frozen("valkey"):
        assert status(stack.port, "/readyz") == 503
    assert status(stack.port, "/readyz") == 200


@pytest.mark.parametrize("name", ["web", "worker delivering", "valkey"])
def test_what_is_killed_comes_back(stack, name):
    before = stack.state()

    stack.kill(name)

    eventually(lambda: answers(stack), "the site and Valkey answer")
    after = stack.state()
    assert after["valkey_port"] == before["valkey_port"]
    assert f"{name} ended (signal 9); starting it again" in stack.log_text()


def test_failed_sign_ins_are_counted_across_web_processes(stack):
    """One process sees the failures, and the one that takes its place refuses the right password."""
    for _attempt in range(5):
        assert "do not fit together" in sign_in(stack, "not the password")
    stack.kill("web")
    eventually(lambda: answers(stack), "the site answers")
    assert "Wait five minutes" in sign_in(stack, stack.password)


def sign_in(stack: Stack, password: str, username: str = "uploader") -> str:
    """What the site says to the person who enters this."""
    with requests.Session() as browser:
        browser.get(f"{stack.url}/sign-in/").raise_for_status()
        entered = {
            "username": username,
            "password": password,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        answer = browser.post(f"{stack.url}/sign-in/", entered)
        answer.raise_for_status()
        return answer.text


def answers(stack: Stack) -> bool:
    """Whether a page and Valkey answer."""
    password = (stack.var / "keys" / PASSWORD_FILE).read_text()
    valkey = redis.Redis(LOOPBACK, stack.state()["valkey_port"], password=password)
    try:
        return valkey.ping() and status(stack.port) == 200
    except (redis.RedisError, OSError):
        return False


def test_ctrl_c_while_the_tables_are_made_is_no_error(tmp_path):
    stack = Stack(tmp_path / "var", migrated=False)
    stack.launch()
    eventually(lambda: "keeping everything in" in stack.log_text(), "it has begun")
    assert stack.stop() == 0
    said = stack.log_text().splitlines()
    assert len(said) == 2 and said[-1].endswith("| stopped")


def test_ctrl_c_stops_everything_and_the_next_run_finds_its_data(stack):
    pids = stack.pids()
    first = stack.log_text()

    assert stack.stop() == 0

    assert not any(alive(pid) for pid in pids.values())
    stack.start()
    second = stack.log_text().removeprefix(first)
    assert "Bulkprofile is ready" in second
    assert stack.password not in second
    assert "Sign out" in sign_in(stack, stack.password, "reviewer")
