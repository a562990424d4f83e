"""Faults on demand: the sandbox misbehaves as Target and the network do, as often as it is told.

A fault is one JSON object; `POST /sandbox/faults` takes a list of them, or of scenarios by name (see
`scenarios`). A *strike* spoils one call, and a call gets one at most: the first that waits for it,
those with a count before those without end. A *condition* holds for every call that it is for.

Strikes, by their `kind`:

    http            answer with `status` (default 500), and `retry_after` seconds if given
    refuse          success=false with `message` (submit; T5)
    redirect        answer 307 (or `status`) with `location`
    garbage         answer 200 with XML that is no answer; `form` is truncated (default), malformed,
                    huge (beyond what the client may read) or dtd
    reset           close the connection without an answer; with `at_byte` a TCP reset
    hang            wait `seconds` (default 60), then answer as if nothing were; with the batch
                    untaken, close the connection instead
    foreign-status-url   accept, and name a status URL on `location`, another origin (submit; T6)
    no-status-url   accept, and name no status URL (submit)
    never-complete  the batch, or this one status answer, stays incomplete (T8)
    stuck           the batch, or this one status answer, is stuck (T8)
    failed-rows     one row in `every` fails and is listed (submit; T9)
    partial-loss    one row in `every` is consumed and not applied (submit; T12); with `admitted` it
                    is missing from the count of updates, else the counts claim that all is well

Conditions:

    old-form        the batch's status lists every row, and no consumedCount (submit; T7, T9)
    mbox-override   the values of the visitor's last such batch are lost, unless a visit came in
                    between (submit; version 2 with thirdPartyId; F12)
    call-limit      `limit` calls a minute, 503 with Retry-After above it (T11)

Fields that any fault may have:

    on              submit (default), status, profile, or any: the call that it is for
    client          the client code it is for; any without it
    times           how many calls it is for (default 1); null for all
    after           how many such calls go well first (default 0)
    before_body     submit only: true leaves the batch untaken, false takes it in before the fault.
                    Without it: reset, hang and garbage take it, http, refuse and redirect do not
    at_byte         submit only, for reset and hang: strikes once so many bytes of the body have come;
                    no more of it is read, and the batch stays untaken
"""

import threading
from dataclasses import MISSING, asdict, dataclass, fields, replace

from . import scenarios

CALLS = ("submit", "status", "profile")
ANY_CALL = "any"
UNTAKEN_BY_DEFAULT = ("http", "refuse", "redirect")
TAKEN_BY_DEFAULT = ("reset", "hang", "garbage")
STATE_KINDS = ("never-complete", "stuck")
CONDITIONS = ("old-form", "mbox-override", "call-limit")
FORMS = ("truncated", "malformed", "huge", "dtd")
CALLS_OF_KIND = {
    "refuse": ("submit",),
    "foreign-status-url": ("submit",),
    "no-status-url": ("submit",),
    "never-complete": ("submit", "status"),
    "stuck": ("submit", "status"),
    "failed-rows": ("submit",),
    "partial-loss": ("submit",),
    "old-form": ("submit",),
    "mbox-override": ("submit",),
}
KINDS = (*UNTAKEN_BY_DEFAULT, *TAKEN_BY_DEFAULT, *CALLS_OF_KIND, "call-limit")
FIELD_TYPES = {
    "client": str | None,
    "before_body": bool | None,
    "at_byte": int | None,
    "status": int | None,
    "retry_after": int | None,
    "message": str,
    "location": str,
    "admitted": bool,
}
# Field: its least value, and whether null is one.
WHOLE_NUMBERS = {"times": (1, True), "after": (0, False), "every": (1, False), "limit": (1, False)}


class BadFault(ValueError):
    """What was asked for is no fault; the text says why."""


@dataclass(frozen=True)
class Fault:
    """One fault as configured; the module says what each field means."""

    kind: str
    on: str = "submit"
    client: str | None = None
    times: int | None = 1
    after: int = 0
    before_body: bool | None = None
    at_byte: int | None = None
    status: int | None = None
    retry_after: int | None = None
    message: str = "Unexpected error"
    # A name that never resolves: even a client that follows it sends nothing anywhere.
    location: str = "http://elsewhere.invalid"
    seconds: float = 60
    form: str = "truncated"
    every: int = 1000
    admitted: bool = False
    limit: int = 10

    @property
    def leaves_batch_untaken(self) -> bool:
        """Whether it strikes a submission before the batch is taken in."""
        if self.before_body is None:
            return self.kind in UNTAKEN_BY_DEFAULT
        return self.before_body

    def is_for(self, call: str, client: str) -> bool:
        """Whether it is for this call of this client."""
        return self.on in (call, ANY_CALL) and self.client in (None, client)

    def described(self) -> dict:
        """As a JSON object: what it is for, and the fields that are not at their defaults."""
        given = {name: value for name, value in asdict(self).items() if value != DEFAULTS.get(name)}
        return {"on": self.on, **given, "times": self.times}


DEFAULTS = {field.name: field.default for field in fields(Fault) if field.default is not MISSING}


class Faults:
    """The faults that are still to strike, shared by all threads of the server."""

    def __init__(self):
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, described: object) -> None:
        """Append the faults of a JSON list; BadFault says what is wrong with it, and adds none."""
        if not isinstance(described, list):
            raise BadFault("Send a JSON list of faults.")
        faults = [fault for one in described for fault in _faults(one)]
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """The faults still to strike, in their order."""
        with self._lock:
            return list(self._waiting)

    def take_on_wire(self, client: str) -> Fault | None:
        """The strike for this submission, used up once, if it strikes while the body arrives."""
        return self._take("submit", client, on_wire=True)

    def take(self, call: str, client: str) -> Fault | None:
        """The strike for this call, which has arrived whole, used up once."""
        return self._take(call, client, on_wire=False)

    def conditions(self, call: str, client: str) -> list[Fault]:
        """The conditions that hold for this call, each used up once."""
        with self._lock:
            held = [f for f in self._waiting if f.kind in CONDITIONS and f.is_for(call, client)]
            due = [fault for fault in held if not fault.after]
            for fault in held:
                self._use_up(fault)
        return due

    def _take(self, call: str, client: str, *, on_wire: bool) -> Fault | None:
        with self._lock:
            strikes = [f for f in self._waiting if f.kind not in CONDITIONS and f.is_for(call, client)]
            due = [f for f in strikes if not f.after and (on_wire or f.at_byte is None)]
            first = min(due, key=lambda fault: fault.times is None, default=None)
            if on_wire and (first is None or first.at_byte is None):
                return None  # it is taken, or counted down, once the call has arrived whole
            for fault in strikes:
                if fault.after:
                    self._use_up(fault)
            if first is not None:
                self._use_up(first)
        return first

    def _use_up(self, fault: Fault) -> None:
        """Count one call: among those that go well first, else among those that it is for."""
        index = next(index for index, waiting in enumerate(self._waiting) if waiting is fault)
        if fault.after:
            self._waiting[index] = replace(fault, after=fault.after - 1)
        elif fault.times is not None and fault.times > 1:
            self._waiting[index] = replace(fault, times=fault.times - 1)
        elif fault.times is not None:
            del self._waiting[index]


def _faults(described: object) -> list[Fault]:
    if isinstance(described, str):
        try:
            return [_fault(one) for one in scenarios.faults_of(described)]
        except scenarios.UnknownScenario as exc:
            raise BadFault(str(exc)) from None
    return [_fault(described)]


def _fault(described: object) -> Fault:
    if not isinstance(described, dict):
        raise BadFault("A fault is a JSON object, or the name of a scenario.")
    known = {field.name for field in fields(Fault)}
    if unknown := sorted(set(described) - known):
        raise BadFault(f"Unknown fields: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    if described.get("kind") not in KINDS:
        raise BadFault(f"kind is one of {', '.join(KINDS)}.")
    fault = Fault(**described)
    _check_types(fault)
    _check_meaning(fault)
    return fault


def _check_types(fault: Fault) -> None:
    for name, (least, may_be_null) in WHOLE_NUMBERS.items():
        value = getattr(fault, name)
        if not (value is None and may_be_null) and (not isinstance(value, int) or value < least):
            raise BadFault(f"{name} is a whole number from {least} on{', or null' * may_be_null}.")
    if not isinstance(fault.seconds, int | float) or not 0 <= fault.seconds <= 3600:
        raise BadFault("seconds is a number up to 3600.")
    for name, kind in FIELD_TYPES.items():
        if not isinstance(getattr(fault, name), kind):
            raise BadFault(f"{name} has the wrong type.")
    if fault.status is not None and not 200 <= fault.status <= 599:
        raise BadFault("status is an HTTP status from 200 to 599.")
    if fault.form not in FORMS:
        raise BadFault(f"form is one of {', '.join(FORMS)}.")


def _check_meaning(fault: Fault) -> None:
    calls = CALLS_OF_KIND.get(fault.kind, (*CALLS, ANY_CALL))
    if fault.on not in calls:
        raise BadFault(f"on is one of {', '.join(calls)} for this kind.")
    if fault.before_body is not None and fault.kind not in UNTAKEN_BY_DEFAULT + TAKEN_BY_DEFAULT:
        raise BadFault("before_body has no meaning for this kind.")
    if fault.at_byte is None:
        return
    if fault.kind not in ("reset", "hang") or fault.on != "submit" or fault.before_body is not None:
        raise BadFault("at_byte is for reset and hang on submit, without before_body.")
    if fault.at_byte < 0:
        raise BadFault("at_byte is a whole number from 0 on.")
