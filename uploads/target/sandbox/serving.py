"""Serving the sandbox with waitress, on loopback only."""

import ipaddress
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import waitress
from waitress import wasyncore
from waitress.server import BaseWSGIServer

from .app import Sandbox
from .wire import Channel

MAX_REQUEST_BYTES = 64_000_000
THREADS = 16

# waitress names the path of a broken call, and a profile's path holds a visitor's id.
logging.getLogger("waitress").setLevel(logging.WARNING)
# A call that waits a moment for a thread is nothing to report of an emulator that can be told to hang.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class NotLoopback(ValueError):
    """The address given is not one of this machine's loopback addresses."""


def make_server(app: Sandbox, host: str, port: int) -> BaseWSGIServer:
    """A server bound to a loopback address (port 0: a free one), to be `run`.

    Bodies wait on disk, not in memory. Raises NotLoopback for any other address, OSError where
    the port is taken.
    """
    if not _is_loopback(host):
        raise NotLoopback("The sandbox serves loopback addresses only, such as 127.0.0.1.")
    server = waitress.create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        max_request_body_size=MAX_REQUEST_BYTES,
        clear_untrusted_proxy_headers=True,
        ident=None,
    )
    server.channel_class = lambda *args, **kwargs: Channel(app.faults, *args, **kwargs)
    return server


@contextmanager
def serving(app: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Serve from a thread of its own while the context lasts; yields the port.

    Raises what `make_server` raises. The app stays open.
    """
    server = make_server(app, host, port)
    thread = threading.Thread(target=server.run, name="sandbox-server", daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        app.stop_waiting()
        server.task_dispatcher.shutdown()
        _end(server, thread)


def serve(folder: Path, host: str, port: int, *, ready: Callable[[int], None], **options) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets the port once the server listens.

    To be called from the main thread. `options` are those of `Sandbox`; raises what it and
    `make_server` raise.
    """
    with Sandbox(folder, **options) as app:
        server = make_server(app, host, port)

        def stop(signum, frame):
            app.stop_waiting()
            raise KeyboardInterrupt

        try:
            signal.signal(signal.SIGTERM, stop)
            signal.signal(signal.SIGINT, stop)
            ready(server.effective_port)
            server.run()
        except KeyboardInterrupt:
            pass  # the signal came while the server was not yet, or no longer, running
        finally:
            server.close()


def _end(server: BaseWSGIServer, thread: threading.Thread) -> None:
    """Let the server's loop run out, and close its sockets.

    Not before it has: they would vanish under its select, or the trigger under our hand.
    """
    left = {}

    def leave_nothing_to_wait_for():
        left.update(server._map)
        server._map.clear()

    server.trigger.pull_trigger(leave_nothing_to_wait_for)
    thread.join()
    wasyncore.close_all(left)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
