"""Faults on demand: the sandbox misbehaves as Target and the network do, as often as it is told.

A fault is one JSON object; `POST /sandbox/faults` takes a list of them, which are used up in order.

    on            submit (default), status or profile: the call that it strikes
    kind          http            answer with `status` (default 500), `retry_after` seconds if given
                  refuse          success=false with `message`
                  redirect        answer 307 (or `status`) with `location`
                  garbage         answer 200 with something that is not XML
                  reset           close the connection without an answer
                  hang            wait `seconds` (default 60), then answer as if nothing were; with the
                                  batch untaken, close the connection instead
                  foreign-status-url   accept, and name a status URL on another host (submit)
                  never-complete  the batch, or this one status answer, stays incomplete
                  stuck           the batch, or this one status answer, is stuck
    client        the client code it is for; any without it
    times         how many calls it strikes (default 1)
    before_body   submit only: true leaves the batch untaken, false takes it in before the fault.
                  Without it: reset, hang and garbage take it, http, refuse and redirect do not
"""

import threading
from dataclasses import asdict, dataclass, fields, replace

CALLS = ("submit", "status", "profile")
UNTAKEN_BY_DEFAULT = ("http", "refuse", "redirect")
TAKEN_BY_DEFAULT = ("reset", "hang", "garbage")
STATE_KINDS = ("never-complete", "stuck")
KINDS = (*UNTAKEN_BY_DEFAULT, *TAKEN_BY_DEFAULT, *STATE_KINDS, "foreign-status-url")
CALLS_OF_KIND = {
    "refuse": ("submit",),
    "foreign-status-url": ("submit",),
    "never-complete": ("submit", "status"),
    "stuck": ("submit", "status"),
}
FIELD_TYPES = {
    "client": str | None,
    "before_body": bool | None,
    "status": int | None,
    "retry_after": int | None,
    "message": str,
    "location": str,
}


@dataclass(frozen=True)
class Fault:
    """One fault as configured; the module says what each field means."""

    kind: str
    on: str = "submit"
    client: str | None = None
    times: int = 1
    before_body: bool | None = None
    status: int | None = None
    retry_after: int | None = None
    message: str = "Unexpected error"
    location: str = "https://example.com/"
    seconds: float = 60

    @property
    def leaves_batch_untaken(self) -> bool:
        """Whether it strikes a submission before the batch is taken in."""
        if self.before_body is None:
            return self.kind in UNTAKEN_BY_DEFAULT
        return self.before_body


class Faults:
    """The faults that are still to strike, shared by all threads of the server."""

    def __init__(self):
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, described: object) -> None:
        """Append the faults of a JSON list; ValueError says what is wrong with it, and adds none."""
        if not isinstance(described, list):
            raise ValueError("Send a JSON list of faults.")
        faults = [_fault(one) for one in described]
        with self._lock:
            self._waiting.extend(faults)

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict]:
        """The faults still to strike, as JSON objects without the fields left at their defaults."""
        with self._lock:
            return [
                {name: value for name, value in asdict(fault).items() if value is not None}
                for fault in self._waiting
            ]

    def take(self, call: str, client: str) -> Fault | None:
        """The first fault for this call of this client, used up once."""
        with self._lock:
            for index, fault in enumerate(self._waiting):
                if fault.on == call and fault.client in (None, client):
                    self._waiting[index : index + 1] = (
                        [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    )
                    return fault
        return None


def _fault(described: object) -> Fault:
    if not isinstance(described, dict):
        raise ValueError("A fault is a JSON object.")
    known = {field.name for field in fields(Fault)}
    if unknown := sorted(set(described) - known):
        raise ValueError(f"Unknown fields: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    if described.get("kind") not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}.")
    fault = Fault(**described)
    if fault.on not in CALLS_OF_KIND.get(fault.kind, CALLS):
        raise ValueError(f"on is one of {', '.join(CALLS_OF_KIND.get(fault.kind, CALLS))} for this kind.")
    if not isinstance(fault.times, int) or fault.times < 1:
        raise ValueError("times is a whole number above 0.")
    if not isinstance(fault.seconds, int | float) or not 0 <= fault.seconds <= 3600:
        raise ValueError("seconds is a number up to 3600.")
    if fault.before_body is not None and fault.kind not in UNTAKEN_BY_DEFAULT + TAKEN_BY_DEFAULT:
        raise ValueError("before_body has no meaning for this kind.")
    for name, kind in FIELD_TYPES.items():
        if not isinstance(getattr(fault, name), kind):
            raise ValueError(f"{name} has the wrong type.")
    if fault.status is not None and not 200 <= fault.status <= 599:
        raise ValueError("status is an HTTP status from 200 to 599.")
    return fault
