"""The sandbox as a WSGI app: Target's three calls (see `emulation`) and a few of its own (see `control`).

It answers to loopback names only, since profiles are personal data and any web page may try to reach
a port on this machine.
"""

import fcntl
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .control import CONTROL, Control
from .emulation import Emulation
from .faults import Faults
from .metering import CallMeter
from .paths import PROFILE, STATUS, SUBMIT
from .processing import Processor, milliseconds
from .responses import Response, text
from .store import Store

LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?", re.IGNORECASE)


class FolderInUse(Exception):
    """Another sandbox works in this folder."""


class Sandbox:
    """The WSGI app with its thread; use it as a context, or call `close`.

    `processing_seconds` pass between a batch's last row and `complete`. `calls_per_minute` holds for
    each client (None: no limit), `tokens` names the token of each client that requires one. `faults`
    are as `POST /sandbox/faults` takes them; raises BadFault, and FolderInUse.
    """

    def __init__(
        self,
        folder: Path,
        *,
        processing_seconds: float = 2.0,
        calls_per_minute: int | None = 50,
        tokens: Mapping[str, str] | None = None,
        faults: Iterable[dict | str] = (),
        now: Callable[[], int] = milliseconds,
    ):
        self.faults = Faults()
        self.faults.add(list(faults))
        bodies = folder / "bodies"
        bodies.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(folder)
        self._closing = threading.Event()
        self._store = Store(folder)
        self._processor = Processor(self._store, bodies, now)
        self._processor.start()
        target = Emulation(
            self._store,
            bodies,
            self._processor,
            self.faults,
            meter=CallMeter(calls_per_minute),
            tokens=dict(tokens or {}),
            delay=round(processing_seconds * 1000),
            now=now,
            closing=self._closing,
        )
        own = Control(self._store, self.faults, target, now)
        self._routes = (
            ("POST", SUBMIT, target.submit),
            ("GET", STATUS, target.status),
            ("GET", PROFILE, target.profile),
            ("GET", r"/", own.front),
            ("GET", r"/sandbox/batches\.json", own.batches),
            ("GET", r"/sandbox/calls\.json", own.calls),
            ("GET", r"/sandbox/profiles\.ndjson", own.profiles),
            ("GET", r"/sandbox/faults", own.show_faults),
            ("POST", r"/sandbox/faults", own.add_faults),
            ("DELETE", r"/sandbox/faults", own.clear_faults),
            ("POST", r"/sandbox/visits", own.add_visit),
            ("GET", CONTROL, own.show_control),
            ("POST", CONTROL, own.use_control),
        )

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        return self._route(environ).send(start_response)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def stop_waiting(self) -> None:
        """Let calls that hang on a fault go on at once; safe inside a signal handler."""
        self._closing.set()

    def close(self) -> None:
        """Stop the thread after its present step and release the folder."""
        self.stop_waiting()
        self._processor.close()
        self._store.close()
        self._lock.close()

    def _route(self, environ: dict) -> Response:
        if not LOOPBACK.fullmatch(environ.get("HTTP_HOST", "")):
            return text("The sandbox answers to this machine's own names only.", 403)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        allowed = []
        for method, pattern, answer in self._routes:
            match = re.fullmatch(pattern, path, re.DOTALL)
            if match and method == environ["REQUEST_METHOD"]:
                return answer(environ, **match.groupdict())
            if match:
                allowed.append(method)
        if allowed:
            return text("This address has other methods.", 405, Allow=", ".join(allowed))
        return text("There is nothing at this address.", 404)


def _lock(folder: Path):
    """Hold the folder: two processors would consume every batch twice. The system lets go at our end."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise FolderInUse(f"Another sandbox works in {folder}.") from None
    return lock
