"""The sandbox's own addresses, which Target does not have: for people, for tests, and to ask for faults.

`/` shows the batches received, `/sandbox/control` asks for faults and plays visits; both are plain
pages. `GET /sandbox/batches.json` lists every body received with the number of times, `GET
/sandbox/profiles.ndjson?client=CODE` every profile stored. `/sandbox/faults` shows (GET), adds (POST) and
clears (DELETE) faults, `POST /sandbox/visits` plays one visit (F12, F13).
"""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterator
from itertools import islice
from urllib.parse import parse_qs

from . import scenarios
from .batchrules import KEYS
from .emulation import Emulation
from .faults import Faults
from .pages import control_page, front_page
from .paths import CLIENT
from .profiles import encode_json
from .responses import Response, as_json, text
from .store import Store

CONTROL = "/sandbox/control"
MAX_BODY = 100_000
_LINES_A_PIECE = 1_000


class BadRequest(ValueError):
    """What was sent cannot be used; the text says why."""


class WrongType(BadRequest):
    """The body is of another media type."""


class Control:
    """Answers the sandbox's own addresses."""

    def __init__(self, store: Store, faults: Faults, emulation: Emulation, now: Callable[[], int]):
        self._store = store
        self._faults = faults
        self._emulation = emulation
        self._now = now
        # Only a page that we served can know it: no other site can post on behalf of a person.
        self._secret = secrets.token_urlsafe(32)

    def front(self, environ: dict) -> Response:
        """The page at `/`."""
        return front_page(self._store.batches(), self._emulation.state_of)

    def batches(self, environ: dict) -> Response:
        """Every body received, and how often."""
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

    def calls(self, environ: dict) -> Response:
        """How many calls each client has made, and in any one minute (T11)."""
        return as_json(self._emulation.calls())

    def profiles(self, environ: dict) -> Response:
        """Every profile of a client, one a line."""
        client = parse_qs(environ.get("QUERY_STRING", "")).get("client", [""])[0]
        return Response(self._profile_lines(client), content_type="application/x-ndjson")

    def _profile_lines(self, client: str) -> Iterator[bytes]:
        lines = (
            encode_json({"key": key, "id": identifier, "attributes": attributes})
            for key, identifier, attributes in self._store.profiles(client)
        )
        # Many at a time: each piece is a call of the system's.
        while some := list(islice(lines, _LINES_A_PIECE)):
            yield "\n".join([*some, ""]).encode("utf-8", "surrogatepass")

    def show_faults(self, environ: dict) -> Response:
        """The faults still to strike."""
        return as_json([fault.described() for fault in self._faults.waiting()])

    def add_faults(self, environ: dict) -> Response:
        """Take a JSON list of faults and scenarios."""
        try:
            self._faults.add(_sent_json(environ))
        except ValueError as exc:
            return _rejected(exc)
        return self.show_faults(environ)

    def clear_faults(self, environ: dict) -> Response:
        """Forget the faults."""
        self._faults.clear()
        return self.show_faults(environ)

    def add_visit(self, environ: dict) -> Response:
        """Play a visit: `{"client", "key" (thirdPartyId), "id", "attributes" (none): name to value}`."""
        try:
            known = self._visit(_sent_json(environ))
        except ValueError as exc:
            return _rejected(exc)
        return as_json({"known": known}, 200 if known else 404)

    def show_control(self, environ: dict) -> Response:
        """The control page."""
        return self._control_page()

    def use_control(self, environ: dict) -> Response:
        """Do what a form of the control page asks for."""
        sent = {name: values[0].strip() for name, values in parse_qs(_body(environ).decode()).items()}
        if not hmac.compare_digest(sent.get("secret", "").encode(), self._secret.encode()):
            return self._control_page("This page was out of date, and nothing was done. Try again.", 403)
        try:
            self._do(sent)
        except ValueError as exc:
            return self._control_page(str(exc), 400)
        return Response(status=303, headers={"Location": CONTROL})

    def _do(self, sent: dict[str, str]) -> None:
        match sent.get("do"):
            case "add":
                self._faults.add([_specification(sent)])
            case "clear":
                self._faults.clear()
            case "visit":
                if not self._visit({"client": sent.get("client"), "id": sent.get("id")}):
                    raise BadRequest("This client has no profile with that thirdPartyId.")
            case _:
                raise BadRequest("The form does not say what to do.")

    def _visit(self, sent: object) -> bool:
        if not isinstance(sent, dict):
            raise BadRequest("A visit is a JSON object.")
        client, key, identifier = sent.get("client"), sent.get("key", "thirdPartyId"), sent.get("id")
        attributes = sent.get("attributes", {})
        if not isinstance(client, str) or not re.fullmatch(CLIENT, client):
            raise BadRequest("client is a client code.")
        if key not in KEYS:
            raise BadRequest(f"key is one of {', '.join(KEYS)}.")
        if not isinstance(identifier, str) or not identifier:
            raise BadRequest("id is the visitor's id.")
        if not isinstance(attributes, dict) or not all(
            isinstance(value, str) for value in attributes.values()
        ):
            raise BadRequest("attributes is an object of texts.")
        return self._store.visit(client, key, identifier, attributes, self._now())

    def _control_page(self, problem: str = "", status: int = 200) -> Response:
        return control_page(scenarios.SCENARIOS, self._faults.waiting(), self._secret, problem, status)


def _specification(sent: dict[str, str]) -> str:
    """The scenario that a form asks for, as `scenarios` writes it."""
    parts = (("/", "call"), ("@", "client"), (":", "count"))
    return sent.get("scenario", "") + "".join(mark + sent[name] for mark, name in parts if sent.get(name))


def _sent_json(environ: dict) -> object:
    # A form or a script of another site cannot send this type without asking first.
    if environ.get("CONTENT_TYPE", "").partition(";")[0].strip() != "application/json":
        raise WrongType("Send application/json.")
    return json.loads(_body(environ))


def _body(environ: dict) -> bytes:
    return environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), MAX_BODY))


def _rejected(reason: ValueError) -> Response:
    return text(str(reason), 415 if isinstance(reason, WrongType) else 400)
