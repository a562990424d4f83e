"""Processes of their own, without what each of them takes to start.

They are forked from one server, which has imported Django and loaded the check: a second of work for each.
What they read, write and print and how they leave is as real as ever. How a command starts, and what it makes
of an environment, takes a process that nobody has prepared.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.core.management import execute_from_command_line

#: The module that the server imports, once for all.
_PREPARED = "tests.support.prepared"


@dataclass(frozen=True)
class Done:
    """How a process left, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def manage(folder: Path, arguments: list[str]) -> Done:
    """Run `manage.py` with these arguments in the folder, to its end."""
    return call(folder, execute_from_command_line, ["manage.py", *arguments])


def call(folder: Path, function: Callable, *arguments) -> Done:
    """Call a module's function in a process in the folder, to its end; its output lies beside the folder."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PREPARED])
    outputs = [folder.with_name(f"{folder.name}.{name}") for name in ("stdout", "stderr")]
    process = context.Process(target=_redirected, args=(folder, outputs, function, arguments))
    process.start()
    process.join()
    return Done(process.exitcode, *(path.read_text(encoding="utf-8") for path in outputs))


def _redirected(folder: Path, outputs: list[Path], function: Callable, arguments: tuple) -> None:
    os.chdir(folder)
    for stream, path in zip((sys.stdout, sys.stderr), outputs, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), stream.fileno())
        stream.reconfigure(encoding="utf-8")
    function(*arguments)
