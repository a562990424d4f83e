"""Target's three calls (T1, T6, T13) as the sandbox answers them, and the faults that spoil them."""

import hmac
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs

from waitress.channel import ClientDisconnected

from . import responses
from .batchrules import BadBatch, BadRow, check_body, read_lines, read_row, spool
from .faults import STATE_KINDS, Fault, Faults
from .metering import CallMeter
from .paths import CLIENT
from .processing import Processor
from .records import Batch, Treatment
from .responses import Response, as_json, text
from .spoiled import spoiled
from .store import Store


class Emulation:
    """Answers Target's calls from `store`; bodies wait in `bodies` for `processor`.

    `delay` is how many milliseconds pass between a batch's last row and `complete`; `tokens` names
    the token of each client that requires one; `closing` ends the waiting of calls that hang.
    """

    def __init__(
        self,
        store: Store,
        bodies: Path,
        processor: Processor,
        faults: Faults,
        *,
        meter: CallMeter,
        tokens: Mapping[str, str],
        delay: int,
        now: Callable[[], int],
        closing: threading.Event,
    ):
        self._store = store
        self._bodies = bodies
        self._processor = processor
        self._faults = faults
        self._meter = meter
        self._tokens = tokens
        self._delay = delay
        self._now = now
        self._closing = closing

    def submit(self, environ: dict, client: str, version: str | None) -> Response:
        """Take a batch in (T1)."""
        conditions = self._faults.conditions("submit", client)
        if (obstacle := self._obstacle(environ, client, conditions)) is not None:
            return obstacle
        fault = self._faults.take("submit", client)
        if fault and fault.leaves_batch_untaken:
            return self._struck(fault, "submit")
        answer = self._take_in(environ, client, bool(version), fault, conditions)
        return (fault and self._struck(fault, "submit")) or answer

    def status(self, environ: dict, client: str) -> Response:
        """Say how far a batch is (T6)."""
        if (
            obstacle := self._obstacle(environ, client, self._faults.conditions("status", client))
        ) is not None:
            return obstacle
        fault = self._faults.take("status", client)
        if fault and (answer := self._struck(fault, "status")) is not None:
            return answer
        query = parse_qs(environ.get("QUERY_STRING", ""))
        batch = self._store.status_of(client, query.get("batchId", [""])[0], self._now())
        if batch is None:
            return responses.refused("Batch not found", 404)
        state = self.state_of(batch)
        if fault and fault.kind in STATE_KINDS:
            state = "stuck" if fault.kind == "stuck" else "incomplete"
        details = query.get("showDetails", [""])[0].lower() == "true"
        return responses.batch_status(batch, state, self._listed(batch) if details else None)

    def profile(self, environ: dict, third: str | None, identifier: str) -> Response:
        """Read one profile back (T13)."""
        client = parse_qs(environ.get("QUERY_STRING", "")).get("client", [""])[0]
        if not re.fullmatch(CLIENT, client):
            return as_json({"status": 400, "message": "The client parameter is missing"}, 400)
        if (
            obstacle := self._obstacle(environ, client, self._faults.conditions("profile", client))
        ) is not None:
            return obstacle
        fault = self._faults.take("profile", client)
        if fault and (answer := self._struck(fault, "profile")) is not None:
            return answer
        key = "thirdPartyId" if third else "pcId"
        found = self._store.profile(client, key, identifier)
        if found is None:
            return responses.no_profile(client, key, identifier)
        return responses.profile(client, identifier, *found)

    def state_of(self, batch: Batch) -> str:
        """What a batch's status says now (T8), or `refused`."""
        if batch.refusal:
            return "refused"
        if batch.fate == "stuck" and self._now() >= batch.received_at + self._delay:
            return "stuck"
        if batch.finished_at is not None and self._now() >= batch.finished_at + self._delay:
            return "complete"
        return "incomplete"

    def calls(self) -> list[dict]:
        """How many calls each client has made, as `CallMeter.told` has it."""
        return self._meter.told()

    def _obstacle(self, environ: dict, client: str, conditions: list[Fault]) -> Response | None:
        """The answer to a call that is one too many (T11) or lacks the token (T3)."""
        limits = [condition.limit for condition in conditions if condition.kind == "call-limit"]
        wait = self._meter.count(client, at_most=min(limits, default=None))
        if wait is not None:
            return text("Too many calls.", 503, **{"Retry-After": str(wait)})
        token = self._tokens.get(client)
        given = environ.get("HTTP_AUTHORIZATION", "")
        if token and not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return text("The token is missing or wrong.", 401)
        return None

    def _take_in(
        self,
        environ: dict,
        client: str,
        creates_profiles: bool,
        fault: Fault | None,
        conditions: list[Fault],
    ) -> Response:
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
            treatment=_treatment(fault, {condition.kind for condition in conditions}),
            now=self._now(),
        )
        if refusal:
            return responses.refused(refusal)
        self._processor.ring()
        return responses.accepted(_status_url(environ, client, batch_id, fault))

    def _listed(self, batch: Batch) -> Iterator[tuple[str, str]]:
        """The rows that a status lists, with their outcome (T9)."""
        old_form = batch.treatment.lists_every_row
        for identifier, outcome in self._store.listed_rows(batch.number):
            yield identifier, outcome if old_form else "failed"
        if old_form and batch.finished_at is None:
            yield from self._pending_rows(batch)

    def _pending_rows(self, batch: Batch) -> Iterator[tuple[str, str]]:
        # The body goes when its last row is consumed, which may be just now.
        with suppress(FileNotFoundError):
            for line in read_lines(self._bodies / batch.body, batch.position, batch.rows):
                try:
                    identifier, _ = read_row(line[:-1], batch.header)
                except BadRow as bad:
                    identifier = bad.identifier
                yield identifier, "pending"

    def _struck(self, fault: Fault, call: str) -> Response | None:
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
            return spoiled(fault.form, call)
        return None


def _treatment(fault: Fault | None, conditions: set[str]) -> Treatment:
    kind = fault.kind if fault else ""
    return Treatment(
        fails_every=fault.every if kind == "failed-rows" else 0,
        loses_every=fault.every if kind == "partial-loss" else 0,
        admits_loss=bool(fault and fault.admitted),
        lists_every_row="old-form" in conditions,
        overrides="mbox-override" in conditions,
    )


def _status_url(environ: dict, client: str, batch_id: str, fault: Fault | None) -> str:
    """Where the status is asked for (T6): on the address that the caller used, unless a fault lies."""
    if fault and fault.kind == "no-status-url":
        return ""
    origin = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
    if fault and fault.kind == "foreign-status-url":
        origin = fault.location.rstrip("/")
    return f"{origin}/m2/{client}/profile/batchStatus?batchId={batch_id}"
