"""Jobs for the tests of the worker, named by dotted path as real ones are."""

import os
import time
from pathlib import Path


def note(path: str) -> None:
    """Leave the process id in the file."""
    Path(path).write_text(str(os.getpid()))


def linger(path: str) -> None:
    """Leave the process id in the file, and go on until there is a second file, PATH.go."""
    note(path)
    while not Path(f"{path}.go").exists():
        time.sleep(0.05)
