"""What the operating system has to do for us: processes that end together, and free ports."""

import ctypes
import os
import signal
import socket
import subprocess  # nosec B404 # programs of our own only
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PR_SET_PDEATHSIG = 1
# Loaded here because the child calls it between fork and exec, where loading a library is unsafe.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Program:
    """A command line to run: its name in the log, what is added to the environment, what it reads.

    Lines of its output that contain one of `noise` are not worth anybody's time.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = field(default=b"", repr=False)
    noise: Sequence[str] = ()


def die_with_parent(signum: int, parent: int) -> None:
    """Ask the kernel to send this process the signal when the thread that forked it ends.

    Linux only; elsewhere a parent that is killed leaves its children to be stopped by hand.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:
        # The parent was gone before the kernel knew of our wish.
        os.kill(os.getpid(), signum)


def spawn(program: Program) -> subprocess.Popen:
    """Start the program in a process group of its own, its output in one pipe (binary).

    The group keeps a Ctrl-C on the terminal away from it: only the supervisor hears that, and then
    stops everything in order. Raises OSError where the executable cannot be run.
    """
    parent = os.getpid()
    child = subprocess.Popen(  # nosec B603 # no shell; what is started stands in the code
        program.argv,
        env={**os.environ, **program.env},
        stdin=subprocess.PIPE if program.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        # Safe although it runs Python after the fork: the supervisor has a single thread.
        preexec_fn=lambda: die_with_parent(signal.SIGKILL, parent),  # noqa: PLW1509
    )
    if program.stdin:
        try:
            with child.stdin:
                child.stdin.write(program.stdin)
        except BrokenPipeError:
            # It ended before it read; whoever watches it sees that.
            pass
    return child


def signal_group(child: subprocess.Popen, signum: int) -> None:
    """Send the signal to the child and whatever it started in its group; nothing where all are gone."""
    try:
        os.killpg(child.pid, signum)
    except ProcessLookupError:
        pass


def can_bind(host: str, port: int) -> OSError | None:
    """None where a server could listen there now, else the reason why not."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As servers do: a connection of the last run that is still closing is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        return error
    return None


def free_port(preferred: int | None = None) -> int:
    """A loopback TCP port on which nobody listens: the preferred one if it is free, else any."""
    if preferred is not None and preferred < 65536 and can_bind(LOOPBACK, preferred) is None:
        return preferred
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
