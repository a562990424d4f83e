"""The supervisor: starts programs, writes their logs as one, restarts what dies, stops all together.

It has one thread, which waits in select(): a thread that ends would take the children it started
along (see processes.die_with_parent), and a fork is only safe without threads.
"""

import selectors
import signal
import subprocess  # nosec B404 # for its types and errors
import time
from collections.abc import Callable
from dataclasses import dataclass

from uploads.runtime.output import Lines, Log
from uploads.runtime.processes import Program, signal_group, spawn

TICK = 0.25  # seconds between two looks at the children
FIRST_DELAY = 1.0  # seconds before a restart
LONGEST_DELAY = 30.0  # seconds
STEADY = 10.0  # seconds after which a child counts as started well
GRACE = 8.0  # seconds between SIGTERM and SIGKILL
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """Somebody asked us to stop while we waited for something."""


@dataclass
class Child:
    """One supervised program and its present process, None between death and restart."""

    program: Program
    stop_last: bool = False
    process: subprocess.Popen | None = None
    started: float = 0.0  # time.monotonic()
    starts: int = 0
    delay: float = FIRST_DELAY
    due: float = 0.0  # when to start again

    def describe(self) -> dict:
        """What STATE_FILE tells about it."""
        return {"pid": self.process.pid if self.process else None, "starts": self.starts}


class Supervisor:
    """Runs programs until somebody asks it to stop.

    `changed` is called with the children's description whenever a process starts or ends. Use it as
    a context manager: signals are handled inside, and no child is left when the block ends.
    """

    def __init__(self, log: Log, changed: Callable[[dict], None] = lambda children: None):
        self._log = log
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._stop_requests = 0
        self._handlers: dict[int, object] = {}

    def __enter__(self):
        for number in STOP_SIGNALS:
            # nohup asks us to outlive the terminal; nothing asks us to be deaf to Ctrl-C.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._request_stop)
        return self

    def __exit__(self, *exc_info):
        self._stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._selector.close()

    def _request_stop(self, signum, frame):
        self._stop_requests += 1

    def start(self, program: Program, stop_last: bool = False) -> None:
        """Start the program and keep it running from now on. Raises OSError where it cannot run.

        `stop_last` is for what the others need until their end.
        """
        child = Child(program, stop_last)
        self._children[program.name] = child
        self._launch(child)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Keep everything running until the condition holds. Raises Stopped."""
        while not condition():
            look_again = time.monotonic() + TICK
            while time.monotonic() < look_again:
                self._tick()

    def run(self) -> None:
        """Keep everything running until somebody asks us to stop."""
        try:
            while True:
                self._tick()
        except Stopped:
            return

    # Inside -------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._pump(TICK)
        if self._stop_requests or self._log.broken:
            raise Stopped
        now = time.monotonic()
        for child in self._children.values():
            if child.process is None:
                if now >= child.due:
                    self._relaunch(child, now)
            elif child.process.poll() is not None:
                self._bury(child, now)

    def _pump(self, timeout: float) -> None:
        for key, _ in self._selector.select(timeout):
            self._pass_on(key)

    def _pass_on(self, key: selectors.SelectorKey) -> bool:
        """Hand over what the pipe holds now, and close it at its end; whether there was anything."""
        lines, take = key.data
        texts = lines.read()
        for text in texts or ():
            take(text)
        if lines.ended:
            self._detach(key.fileobj)
        return texts is not None

    def _drain(self, process: subprocess.Popen) -> None:
        """Pass on the last words of a process that has ended."""
        while not process.stdout.closed and self._pass_on(self._selector.get_key(process.stdout)):
            pass

    def _detach(self, pipe) -> None:
        self._selector.unregister(pipe)
        pipe.close()

    def _attach(self, process: subprocess.Popen, take: Callable[[str], None]) -> None:
        self._selector.register(process.stdout, selectors.EVENT_READ, (Lines(process.stdout), take))

    def _show(self, program: Program, line: str) -> None:
        if not any(noise in line for noise in program.noise):
            self._log.line(program.name, line)

    def _launch(self, child: Child) -> None:
        child.process = spawn(child.program)
        child.started = time.monotonic()
        child.starts += 1
        self._attach(child.process, lambda line: self._show(child.program, line))
        self._report()

    def _relaunch(self, child: Child, now: float) -> None:
        try:
            self._launch(child)
        except OSError as error:
            self._postpone(child, now, f"could not start ({error.strerror})")

    def _bury(self, child: Child, now: float) -> None:
        process, child.process = child.process, None
        self._drain(process)
        # What it started in its group would otherwise go on without it.
        signal_group(process, signal.SIGKILL)
        if now - child.started >= STEADY:
            child.delay = FIRST_DELAY
        status = process.returncode
        self._postpone(child, now, f"ended (status {status})" if status >= 0 else f"ended (signal {-status})")
        self._report()

    def _postpone(self, child: Child, now: float, what: str) -> None:
        """Let the child wait before its next start, twice as long each time that it fails quickly."""
        self._log.line("run", f"{child.program.name} {what}; starting it again in {child.delay:.0f} s")
        child.due = now + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _report(self) -> None:
        self._changed({name: child.describe() for name, child in self._children.items()})

    def _stop(self) -> None:
        """SIGTERM, then SIGKILL: first for all that need others, then for what they needed."""
        for last in (False, True):
            group = [
                child.process
                for child in self._children.values()
                if child.process and child.stop_last is last
            ]
            for process in group:
                signal_group(process, signal.SIGTERM)
            self._outlast(group)
            self._kill(group)
        self._children.clear()

    def _outlast(self, processes: list[subprocess.Popen]) -> None:
        """Wait until they have ended, at most GRACE seconds, and less where somebody asks once more."""
        deadline = time.monotonic() + GRACE
        while any(process.poll() is None for process in processes):
            if time.monotonic() > deadline or self._stop_requests > 1:
                return
            self._pump(0.05)

    def _kill(self, processes: list[subprocess.Popen]) -> None:
        for process in processes:
            signal_group(process, signal.SIGKILL)
            process.wait()
            self._drain(process)
            if not process.stdout.closed:
                self._detach(process.stdout)
