"""One HTTP call over one fresh connection, with every limit set: the ground the client stands on.

No redirects, proxies, netrc or retries; every wait is bounded, and so is every answer. A connection
is never reused: a stale one would turn "not sent" into "who knows". Where only public addresses are to
be called, the address that a connection really has is judged before a byte leaves on it: a look-up
beside it could be answered differently (DNS rebinding).
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError, NewConnectionError

from .addresses import is_public

CHUNK = 64 * 1024
ANSWER_LIMIT = 1_000_000

# At DEBUG urllib3 logs every path, and a profile's path holds a visitor's id.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect (TLS included), without any progress, and for the whole call."""

    connect: float = 10
    stall: float = 30
    total: float = 120


SUBMIT_TIMEOUTS = Timeouts(connect=10, stall=120, total=1800)
POLL_TIMEOUTS = Timeouts(connect=10, stall=30, total=120)


class NotConnected(Exception):
    """No connection carried any of the body; the text says why."""


class Interrupted(Exception):
    """The call broke off after something may have left; the text says where.

    `handed_over`: bytes of the body that the connection had been given.
    """

    def __init__(self, reason: str, handed_over: int):
        super().__init__(reason)
        self.handed_over = handed_over


class AnswerUnusable(Exception):
    """The answer broke off, or is longer or slower than any of Target's."""


class BodyStopped(Exception):
    """Our side broke off the sending; the text says why."""


class NotPublic(NewConnectionError):
    """The connection led to an address that is not public; nothing was sent on it."""


class StreamedBody:
    """Exactly `length` bytes of a file, in pieces, remembering whether any was handed over.

    `handed_over` is what makes "nothing left" a certainty: urllib3 asks for the first piece only
    once the connection stands, so 0 means that no byte of the body can have reached Target.
    `go_ahead` is asked right before the first piece; where it says no, none is handed over.
    """

    def __init__(
        self, source: BinaryIO, length: int, deadline: float, go_ahead: Callable[[], bool] = lambda: True
    ):
        if length < 1:
            raise ValueError("A body has at least one byte.")
        self._source = source
        self._length = length
        self._deadline = deadline
        self._go_ahead = go_ahead
        self.handed_over = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(CHUNK):
            yield piece

    @property
    def complete(self) -> bool:
        """Whether every byte was handed to the connection."""
        return self.handed_over == self._length

    def read(self, size: int = -1) -> bytes:
        """The next piece, b"" after the last; raises BodyStopped."""
        wanted = self._length - self.handed_over
        if size >= 0:
            wanted = min(wanted, size)
        if not wanted:
            return b""
        if time.monotonic() > self._deadline:
            raise BodyStopped("Sending the batch file took too long.")
        if not self.handed_over and not self._go_ahead():
            raise BodyStopped("The call was given up before anything was sent.")
        try:
            piece = self._source.read(wanted)
        except (OSError, ValueError):
            raise BodyStopped("The batch file could not be read.") from None
        if not piece:
            raise BodyStopped("The batch file is shorter than it was.")
        self.handed_over += len(piece)
        return piece


class Answer:
    """Target's answer: status, headers, and its body in bounded pieces.

    `request_complete` is False where Target answered before it had the whole body, of which the
    connection was given `handed_over` bytes.
    """

    def __init__(
        self, response: requests.Response, deadline: float, *, request_complete: bool, handed_over: int
    ):
        self._response = response
        self._deadline = deadline
        self.status = response.status_code
        self.headers = response.headers
        self.request_complete = request_complete
        self.handed_over = handed_over

    def chunks(self, limit: int = ANSWER_LIMIT) -> Iterator[bytes]:
        """The decoded body; AnswerUnusable past `limit` bytes, past the deadline, or where it breaks off."""
        received = 0
        try:
            for chunk in self._response.iter_content(CHUNK):
                received += len(chunk)
                if received > limit:
                    raise AnswerUnusable("The answer was too long.")
                if time.monotonic() > self._deadline:
                    raise AnswerUnusable("The answer came too slowly.")
                yield chunk
        except (OSError, HTTPError):
            raise AnswerUnusable("The answer broke off.") from None


@contextmanager
def call(
    method: str,
    url: str,
    *,
    timeouts: Timeouts,
    public_only: bool,
    token: str | None = None,
    body: tuple[BinaryIO, int] | None = None,
    go_ahead: Callable[[], bool] = lambda: True,
) -> Iterator[Answer]:
    """Make one call and yield its answer, whatever its status; `body` is a file and its length.

    `go_ahead` is asked once the connection stands, right before the body's first byte.

    Raises NotConnected or Interrupted where no answer came. Neither keeps the original exception:
    its text holds the URL, and with it perhaps a visitor's id.
    """
    deadline = time.monotonic() + timeouts.total
    streamed = StreamedBody(*body, deadline, go_ahead) if body else None
    headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "bulkprofile"}
    if token:
        headers["Authorization"] = f"Bearer {token}"  # T3
    if streamed:
        headers["Content-Type"] = "application/x-www-form-urlencoded"  # T2
    with _session(timeouts, public_only=public_only) as session:
        response = _send(session, method, url, headers, streamed, timeouts)
        with response:
            yield Answer(
                response,
                deadline,
                request_complete=streamed is None or streamed.complete,
                handed_over=streamed.handed_over if streamed else 0,
            )


def _send(
    session: requests.Session,
    method: str,
    url: str,
    headers: dict[str, str],
    body: StreamedBody | None,
    timeouts: Timeouts,
) -> requests.Response:
    try:
        return session.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=(timeouts.connect, timeouts.stall),
            allow_redirects=False,
            stream=True,
        )
    except BodyStopped as exc:
        reason, not_connected = str(exc), body.handed_over == 0
    except (OSError, HTTPError) as exc:
        reason = _reason(exc)
        # A call without a body changes nothing at Target: there, any broken connection counts.
        not_connected = body.handed_over == 0 if body else isinstance(exc, requests.ConnectionError)
    if not_connected:
        raise NotConnected(reason)
    raise Interrupted(reason, body.handed_over if body else 0)


def _reason(exc: Exception) -> str:
    """A sentence about a failed connection, without its URL."""
    cause = getattr(exc.args[0] if exc.args else None, "reason", None)
    if isinstance(exc, requests.exceptions.SSLError):
        return "No trusted TLS connection could be made."
    if isinstance(exc, requests.ConnectTimeout):
        return "No connection could be made in time."
    if isinstance(cause, NameResolutionError):
        return "The host's name could not be resolved."
    if isinstance(cause, NotPublic):
        return "The host's name leads to an address that is not public, which is not called."
    if isinstance(exc, requests.Timeout | TimeoutError):
        return "Target did not answer in time."
    return "The connection failed."


def _session(timeouts: Timeouts, *, public_only: bool) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    adapter = _CarefulAdapter(timeouts.stall, public_only=public_only)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _CarefulAdapter(HTTPAdapter):
    """Connects to public addresses only, where told to, and gives the sending of the body the stall timeout.

    urllib3 would apply the connect timeout to it.
    """

    def __init__(self, stall: float, *, public_only: bool):
        self._stall = stall
        self._public_only = public_only
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _careful(HTTPConnectionPool, self._stall, public_only=self._public_only),
            "https": _careful(HTTPSConnectionPool, self._stall, public_only=self._public_only),
        }


def _careful(pool_class, stall: float, *, public_only: bool):
    class Connection(pool_class.ConnectionCls):
        def _new_conn(self):
            connected = super()._new_conn()
            if public_only and not is_public(connected.getpeername()[0]):
                connected.close()
                raise NotPublic(self, "not a public address")
            return connected

        def connect(self):
            super().connect()
            self.sock.settimeout(stall)

    class Pool(pool_class):
        ConnectionCls = Connection

    return Pool
