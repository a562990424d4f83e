"""The torture in its short form; `make torture` is the long one."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.processes
def test_nothing_is_lost_sent_twice_or_falsely_accepted_when_processes_are_killed():
    command = [sys.executable, "-m", "tests.torture", "--short"]
    torture = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert torture.returncode == 0, torture.stdout + torture.stderr
