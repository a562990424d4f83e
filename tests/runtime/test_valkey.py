"""The embedded Valkey server, the real one."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
import redis

from tests.support.valkey_server import embedded_valkey, running
from uploads.runtime import valkey
from uploads.runtime.processes import LOOPBACK

pytestmark = pytest.mark.processes


@pytest.fixture
def server(tmp_path):
    """A server in a folder whose name needs quoting."""
    return embedded_valkey(tmp_path / 'the "data"')


@pytest.fixture
def launch(server):
    """Starts the server, waits until it answers, and ends it with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(running(server))


def client(server, password=None) -> redis.Redis:
    """A connection to the server."""
    return redis.Redis(LOOPBACK, server.port, password=password, retry=None)


@pytest.mark.parametrize(
    ("password", "refusal"),
    [(None, redis.AuthenticationError), ("wrong", redis.AuthenticationError)],
    ids=["none", "wrong"],
)
def test_nobody_gets_in_without_the_password(server, launch, password, refusal):
    launch()

    with pytest.raises(refusal):
        client(server, password).get("key")


def test_a_wrong_password_does_not_count_as_an_answer(server, launch):
    launch()

    assert not valkey.Server(server.executable, server.folder, server.port, "wrong").answers()


def test_nothing_answers_before_the_start(server):
    assert not server.answers()


def test_it_listens_on_loopback_only(server, launch):
    launch()

    assert client(server, server.password).config_get("bind") == {"bind": LOOPBACK}


def test_the_password_stands_neither_on_the_command_line_nor_in_the_environment(server, launch):
    process = launch()

    proc = Path(f"/proc/{process.pid}")
    assert server.password.encode() not in (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    assert server.password not in repr(server.program())


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_what_was_stored_outlives_the_server(server, launch, signum):
    first = launch()
    stored = client(server, server.password)
    stored.set("key", "kept")
    # A kill loses at most the second before it; WAITAOF says that the file has it.
    assert stored.execute_command("WAITAOF", 1, 0, 5000)[0] == 1

    os.kill(first.pid, signum)
    first.wait()
    launch()

    assert client(server, server.password).get("key") == b"kept"


def test_the_password_is_made_once_and_is_its_owners_alone(tmp_path):
    first = valkey.kept_password(tmp_path / "keys")

    assert valkey.kept_password(tmp_path / "keys") == first
    assert len(first) == 64
    assert (tmp_path / "keys" / valkey.PASSWORD_FILE).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
