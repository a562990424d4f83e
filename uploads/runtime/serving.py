"""The web server: waitress, with clients that stop reading kept from stopping it.

Waitress takes in requests without a thread, however slowly they come. Over an answer of more than 16 MB,
though, its thread waits until the client has read on, for ever if need be: a few stalled downloads would be
the end of the site.
"""

import threading

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

THREADS = 8
#: Of these, how many may wait at a time for clients that read slowly; the others go on answering.
WAITING_THREADS = THREADS // 2
#: Connections open at a time; more wait in the system's queue.
CONNECTIONS = 500
# Bodies go to a file from here on: eight slices of an upload at once must not sit in memory.
BODY_IN_MEMORY = 65_536  # bytes
SILENCE = 60  # seconds after which a connection without traffic is closed


class Channel(HTTPChannel):
    """One connection."""

    def write_soon(self, data):
        """Send, waiting for a slow reader only while few others wait; else the connection ends."""
        if self.total_outbufs_len <= self.adj.outbuf_high_watermark:
            return super().write_soon(data)
        if not self.server.may_wait.acquire(blocking=False):
            self.will_close = True
            raise ClientDisconnected
        try:
            return super().write_soon(data)
        finally:
            self.server.may_wait.release()


class Server(TcpWSGIServer):
    """Closes connections that are silent, also those whose client does not read what it asked for."""

    channel_class = Channel
    may_wait = threading.BoundedSemaphore(WAITING_THREADS)

    def maintenance(self, now):
        """Called by waitress every 30 s; `now` in seconds."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.total_outbufs_len and channel.last_activity < now - self.adj.channel_timeout:
                # At once: marked only, it would wait until its client reads.
                channel.handle_close()


def serve(application, **adjustments) -> None:
    """Serve the WSGI application until SystemExit; `adjustments` as waitress takes them (host, port, ...)."""
    options = {
        "threads": THREADS,
        "connection_limit": CONNECTIONS,
        "inbuf_overflow": BODY_IN_MEMORY,
        "channel_timeout": SILENCE,
        "asyncore_use_poll": True,
        "ident": None,
    }
    adjusted = Adjustments(**options | adjustments)
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(adjusted.threads)
    # One loop for all addresses that a host's name stands for.
    shared: dict = {}
    servers = [
        Server(application, shared, dispatcher=dispatcher, adj=adjusted, sockinfo=address)
        for address in adjusted.listen
    ]
    servers[-1].run()
