"""Somebody who only reads: asks for each page in turn, again and again, while everything else goes on."""

import time
from dataclasses import dataclass, field

from tests.scale.people import Failed, Person, Seen

SIGN_IN = "sign-in"
#: Seconds between two rounds.
REST = 0.5


@dataclass
class Readings:
    """How long each page took, in seconds by its name, and what was seen."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    seen: dict = field(default_factory=dict)


def read(stop, addresses: list[str], batch: int, middle: int) -> Readings:
    """Until `stop` is set. batch: one whose page is read; middle: a place in the log."""
    seen = Seen()
    stranger = Person("", addresses, 900, seen)
    auditor = Person("auditor", addresses, 901, seen)
    uploader = Person("person-0", addresses, 902, seen)
    for person in (auditor, uploader):
        person.sign_in()
    pages = {
        SIGN_IN: (stranger, "/sign-in/"),
        "home, uploader": (uploader, "/"),
        "home, auditor": (auditor, "/"),
        "history": (auditor, "/batches/"),
        "history by rows": (auditor, "/batches/?sort=-rows"),
        "history, a rare text": (auditor, "/batches/?q=7777"),
        "a batch": (auditor, f"/batches/{batch}/"),
        "audit log": (auditor, "/audit/"),
        "audit log, in the middle": (auditor, f"/audit/?before={middle}"),
        "audit log, an action": (auditor, "/audit/?action=call.status"),
    }
    found = Readings({name: [] for name in pages})
    while not stop.is_set():
        for name, (person, path) in pages.items():
            began = time.perf_counter()
            try:
                person.get(path)
            except Failed:
                # It has been noted, and is told at the end.
                continue
            found.seconds[name].append(time.perf_counter() - began)
        stop.wait(REST)
    found.seen = seen.told()
    return found
