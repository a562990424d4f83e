"""The sandbox as a WSGI app: Target's three calls (T1, T6, T13), and a few of its own.

Its own, which Target does not have: `/` for people; `GET /sandbox/batches.json`, every body received
with the number of times; `GET /sandbox/profiles.ndjson?client=CODE`, every profile stored; and
`/sandbox/faults` (see `faults`). It answers to loopback names only, since profiles are personal data
and any web page may try to reach a port on this machine.
"""

import fcntl
import hmac
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs

from waitress.channel import ClientDisconnected

from . import responses
from .batchrules import BadBatch, check_body, spool
from .faults import STATE_KINDS, Fault, Faults
from .metering import CallMeter
from .pages import front_page
from .processing import Processor, milliseconds
from .responses import Response, as_json, text
from .store import Batch, Store

CLIENT = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
LOOPBACK = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?", re.IGNORECASE)
MAX_FAULTS_BODY = 100_000


class FolderInUse(Exception):
    """Another sandbox works in this folder."""


class Sandbox:
    """The WSGI app with its thread; use it as a context, or call `close`.

    `processing_seconds` pass between a batch's last row and `complete`. `calls_per_minute` holds for
    each client (None: no limit), `tokens` names the token of each client that requires one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        processing_seconds: float = 2.0,
        calls_per_minute: int | None = 50,
        tokens: Mapping[str, str] | None = None,
        now: Callable[[], int] = milliseconds,
    ):
        self._bodies = folder / "bodies"
        self._bodies.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _lock(folder)
        self._delay = round(processing_seconds * 1000)
        self._tokens = dict(tokens or {})
        self._now = now
        self._meter = CallMeter(calls_per_minute)
        self._faults = Faults()
        self._closing = threading.Event()
        self._store = Store(folder)
        self._processor = Processor(self._store, self._bodies, now)
        self._processor.start()
        self._routes = (
            ("POST", rf"/m2/(?P<client>{CLIENT})/(?P<version>v2/)?profile/batchUpdate", self._submit),
            ("GET", rf"/m2/(?P<client>{CLIENT})/(?:v2/)?profile/batchStatus", self._status),
            ("GET", r"/rest/v1/profiles/(?P<third>thirdPartyId/)?(?P<identifier>.+)", self._profile),
            ("GET", r"/", self._page),
            ("GET", r"/sandbox/batches\.json", self._batches),
            ("GET", r"/sandbox/profiles\.ndjson", self._profiles),
            ("GET", r"/sandbox/faults", self._show_faults),
            ("POST", r"/sandbox/faults", self._add_faults),
            ("DELETE", r"/sandbox/faults", self._clear_faults),
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

    # Target's calls --------------------------------------------------------------------------

    def _submit(self, environ: dict, client: str, version: str | None) -> Response:
        if (obstacle := self._obstacle(environ, client)) is not None:
            return obstacle
        fault = self._faults.take("submit", client)
        if fault and fault.leaves_batch_untaken:
            return self._struck(fault)
        answer = self._take_in(environ, client, bool(version), fault)
        return (fault and self._struck(fault)) or answer

    def _take_in(self, environ: dict, client: str, creates_profiles: bool, fault: Fault | None) -> Response:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = spool(environ["wsgi.input"], length, self._bodies / f"{uuid.uuid4().hex}.batch")
        header, refusal = None, None
        try:
            header = check_body(body, environ.get("CONTENT_TYPE", ""))
        except BadBatch as bad:
            refusal = str(bad)
            body.path.unlink()
        batch_id = self._store.add_batch(
            client,
            body,
            header=header,
            refusal=refusal,
            creates_profiles=creates_profiles,  # F10
            fate=fault.kind if fault and fault.kind in STATE_KINDS else "",
            now=self._now(),
        )
        if refusal:
            return responses.refused(refusal)
        self._processor.ring()
        if fault and fault.kind == "foreign-status-url":
            return responses.accepted(
                f"http://example.com/m2/{client}/profile/batchStatus?batchId={batch_id}"
            )
        return responses.accepted(_status_url(environ, client, batch_id))

    def _status(self, environ: dict, client: str) -> Response:
        if (obstacle := self._obstacle(environ, client)) is not None:
            return obstacle
        fault = self._faults.take("status", client)
        if fault and (answer := self._struck(fault)) is not None:
            return answer
        query = parse_qs(environ.get("QUERY_STRING", ""))
        batch = self._store.status_of(client, query.get("batchId", [""])[0], self._now())
        if batch is None:
            return responses.refused("Batch not found", 404)
        state = self._state_of(batch)
        if fault and fault.kind in STATE_KINDS:
            state = "stuck" if fault.kind == "stuck" else "incomplete"
        details = query.get("showDetails", [""])[0].lower() == "true"
        return responses.batch_status(batch, state, self._store.failed_ids(batch.number) if details else None)

    def _profile(self, environ: dict, third: str | None, identifier: str) -> Response:
        client = parse_qs(environ.get("QUERY_STRING", "")).get("client", [""])[0]
        if not re.fullmatch(CLIENT, client):
            return as_json({"status": 400, "message": "The client parameter is missing"}, 400)
        if (obstacle := self._obstacle(environ, client)) is not None:
            return obstacle
        fault = self._faults.take("profile", client)
        if fault and (answer := self._struck(fault)) is not None:
            return answer
        key = "thirdPartyId" if third else "pcId"
        found = self._store.profile(client, key, identifier)
        if found is None:
            return responses.no_profile(client, key, identifier)
        return responses.profile(client, identifier, *found)

    def _obstacle(self, environ: dict, client: str) -> Response | None:
        """The answer to a call that is one too many (T11) or lacks the token (T3)."""
        wait = self._meter.count(client)
        if wait is not None:
            return text("Too many calls.", 503, **{"Retry-After": str(wait)})
        token = self._tokens.get(client)
        given = environ.get("HTTP_AUTHORIZATION", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return text("The token is missing or wrong.", 401)
        return None

    def _struck(self, fault: Fault) -> Response | None:
        """What a fault answers; None where the call goes on as usual."""
        if fault.kind == "reset":
            # waitress closes the connection without a byte: what it does when the peer has gone.
            raise ClientDisconnected
        if fault.kind == "hang":
            self._closing.wait(fault.seconds)
            if fault.leaves_batch_untaken:
                raise ClientDisconnected
        elif fault.kind == "http":
            retry = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            return text("A fault that was asked for.", fault.status or 500, **retry)
        elif fault.kind == "refuse":
            return responses.refused(fault.message)
        elif fault.kind == "redirect":
            return text("Elsewhere.", fault.status or 307, Location=fault.location)
        elif fault.kind == "garbage":
            return Response(b"<response><success>tr", content_type="application/xml")
        return None

    def _state_of(self, batch: Batch) -> str:
        if batch.refusal:
            return "refused"
        if batch.fate == "stuck" and self._now() >= batch.received_at + self._delay:
            return "stuck"
        if batch.finished_at is not None and self._now() >= batch.finished_at + self._delay:
            return "complete"
        return "incomplete"

    # The sandbox's own -----------------------------------------------------------------------

    def _page(self, environ: dict) -> Response:
        return front_page(self._store.batches(), self._state_of)

    def _batches(self, environ: dict) -> Response:
        bodies: dict[tuple[str, str], dict] = {}
        for batch in reversed(self._store.batches()):
            body = bodies.setdefault(
                (batch.client, batch.sha256),
                {
                    "client": batch.client,
                    "sha256": batch.sha256,
                    "bytes": batch.bytes,
                    "rows": batch.rows,
                    "received": 0,
                    "accepted": 0,
                    "batch_ids": [],
                },
            )
            body["received"] += 1
            if batch.batch_id:
                body["accepted"] += 1
                body["batch_ids"].append(batch.batch_id)
        return as_json(list(bodies.values()))

    def _profiles(self, environ: dict) -> Response:
        client = parse_qs(environ.get("QUERY_STRING", "")).get("client", [""])[0]
        return Response(self._profile_lines(client), content_type="application/x-ndjson")

    def _profile_lines(self, client: str) -> Iterator[bytes]:
        for key, identifier, attributes in self._store.profiles(client):
            line = {"key": key, "id": identifier, "attributes": attributes}
            yield json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"

    def _show_faults(self, environ: dict) -> Response:
        return as_json(self._faults.waiting())

    def _add_faults(self, environ: dict) -> Response:
        # A form or a script of another site cannot send this type without asking first.
        if environ.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json":
            return text("Send application/json.", 415)
        length = min(int(environ.get("CONTENT_LENGTH") or 0), MAX_FAULTS_BODY)
        try:
            self._faults.add(json.loads(environ["wsgi.input"].read(length)))
        except ValueError as exc:
            return text(str(exc), 400)
        return self._show_faults(environ)

    def _clear_faults(self, environ: dict) -> Response:
        self._faults.clear()
        return self._show_faults(environ)


def _status_url(environ: dict, client: str, batch_id: str) -> str:
    """Where the status is asked for (T6), on the address that the caller used."""
    origin = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
    return f"{origin}/m2/{client}/profile/batchStatus?batchId={batch_id}"


def _lock(folder: Path):
    """Hold the folder: two processors would consume every batch twice. The system lets go at our end."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise FolderInUse(f"Another sandbox works in {folder}.") from None
    return lock
