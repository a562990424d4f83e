"""Work in a process of its own: who starts the site's processes must have one thread."""

import multiprocessing
import os
import signal
from collections.abc import Callable

from uploads.runtime.processes import die_with_parent

_FRESH = multiprocessing.get_context("spawn")


class Apart:
    """A function of a module, called with a stop event and arguments in a fresh process."""

    def __init__(self, function: Callable, *arguments):
        self._stop = _FRESH.Event()
        self._ours, theirs = _FRESH.Pipe(duplex=False)
        self._process = _FRESH.Process(
            target=_run, args=(os.getpid(), function, self._stop, theirs, arguments), daemon=True
        )
        self._process.start()
        theirs.close()
        self._outcome = None

    @property
    def is_over(self) -> bool:
        """Whether it has returned."""
        return self._process.exitcode is not None or self._ours.poll()

    def ask_to_stop(self) -> None:
        """Set the event."""
        self._stop.set()

    def result(self):
        """What it returned, waiting for it. Raises RuntimeError where it broke."""
        if self._outcome is None:
            try:
                self._outcome = (self._ours.recv(),)
            except EOFError:
                raise RuntimeError("A process of the people broke; what it said stands above.") from None
            self._process.join()
        return self._outcome[0]


def _run(parent: int, function: Callable, stop, results, arguments: tuple) -> None:
    die_with_parent(signal.SIGKILL, parent)
    results.send(function(stop, *arguments))
