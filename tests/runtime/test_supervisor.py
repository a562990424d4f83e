"""The supervisor over real processes: restarts, logs, and an end that leaves nobody behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import alive, eventually

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
SLEEP = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"


class Supervised:
    """A supervisor in a process of its own, its log in a file."""

    def __init__(self, folder: Path, log: Path, children: dict[str, str]):
        self.folder = folder
        self.log = log
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.supervised", str(folder)]
                + [f"{name}={code}" for name, code in children.items()],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def child(self, name: str) -> dict:
        """What run.json says of the child; empty before it says anything."""
        try:
            state = json.loads((self.folder / "run.json").read_text())
        except FileNotFoundError:
            return {}
        return state["children"].get(name, {})

    def pid(self, name: str) -> int:
        """The child's process id, once it has one."""
        return eventually(lambda: self.child(name).get("pid"), f"{name} starts")

    def said(self, text: str) -> bool:
        """Whether the log holds the text."""
        return text in self.log.read_text()


@pytest.fixture
def supervise(tmp_path):
    """Starts supervisors and leaves none behind."""
    started = []

    def start(**children: str) -> Supervised:
        started.append(Supervised(tmp_path / "var", tmp_path / f"log{len(started)}", children))
        return started[-1]

    yield start
    for supervised in started:
        supervised.process.kill()
        supervised.process.wait()


def test_a_killed_child_is_started_again_and_the_log_says_so(supervise):
    boss = supervise(sleeper=SLEEP)
    first = boss.pid("sleeper")

    os.kill(first, signal.SIGKILL)

    eventually(lambda: boss.child("sleeper").get("starts") == 2, "a second start")
    assert boss.pid("sleeper") != first
    assert boss.said("sleeper ended (signal 9); starting it again in 1 s")


def test_a_child_that_keeps_failing_is_started_ever_more_rarely(supervise):
    boss = supervise(failing="raise SystemExit(3)")

    eventually(lambda: boss.said("failing ended (status 3); starting it again in 4 s"), "the third failure")

    assert boss.said("starting it again in 1 s")
    assert boss.said("starting it again in 2 s")


def test_every_line_stands_behind_the_name_of_its_process(supervise):
    boss = supervise(
        one="import sys; sys.stdout.write('half '); sys.stdout.flush(); print('a line'); " + SLEEP,
        two="import os; os.write(2, b'caf\\xc3\\xa9 \\xff no end'); raise SystemExit",
    )

    eventually(lambda: boss.said("half a line") and boss.said("no end"), "both lines")

    lines = [line.split(" | ") for line in boss.log.read_text().splitlines()]
    assert ["one", "half a line"] in [[name.strip(), text] for name, text in lines]
    assert ["two", "café \N{REPLACEMENT CHARACTER} no end"] in [[name.strip(), text] for name, text in lines]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_stops_everything(supervise, signum):
    boss = supervise(one=SLEEP, two=SLEEP)
    pids = [boss.pid("one"), boss.pid("two")]

    boss.process.send_signal(signum)

    assert boss.process.wait(timeout=5) == 0
    assert not any(alive(pid) for pid in pids)
    assert not (boss.folder / "run.json").exists()


def test_a_child_deaf_to_sigterm_is_killed(supervise):
    boss = supervise(deaf=DEAF)
    pid = boss.pid("deaf")
    eventually(lambda: boss.said("deaf"), "the child ignores SIGTERM")

    boss.process.terminate()

    assert boss.process.wait(timeout=20) == 0
    assert not alive(pid)


def test_a_second_ctrl_c_does_not_wait_for_the_deaf(supervise):
    boss = supervise(deaf=DEAF)
    pid = boss.pid("deaf")
    eventually(lambda: boss.said("| deaf"), "the child ignores SIGTERM")

    boss.process.send_signal(signal.SIGINT)
    eventually(lambda: boss.said("stopping"), "it hears the first")
    boss.process.send_signal(signal.SIGINT)

    assert boss.process.wait(timeout=5) == 0
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process end with its parent")
def test_the_children_of_a_killed_supervisor_end_with_it(supervise):
    boss = supervise(one=SLEEP, deaf=DEAF)
    pids = [boss.pid("one"), boss.pid("deaf")]
    eventually(lambda: boss.said("| deaf"), "the child ignores SIGTERM")

    boss.process.kill()

    eventually(lambda: not any(alive(pid) for pid in pids), "all children end")


def test_a_second_supervisor_on_the_folder_is_refused_until_the_first_has_gone(supervise):
    first = supervise(one=SLEEP)
    first.pid("one")

    second = supervise(one=SLEEP)

    assert second.process.wait(timeout=20) != 0
    assert second.said(f"runs already on {first.folder} (process {first.process.pid})")
    first.process.kill()
    first.process.wait()
    third = supervise(one=SLEEP)
    eventually(lambda: third.child("one").get("starts") == 1, "the third runs")


def test_the_state_folder_is_private(supervise):
    boss = supervise(one=SLEEP)
    boss.pid("one")

    assert boss.folder.stat().st_mode & 0o777 == 0o700
    assert (boss.folder / "run.json").stat().st_mode & 0o777 == 0o600
