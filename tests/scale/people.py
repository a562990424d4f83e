"""People at their browsers: they sign in, upload in slices, send, cancel and read, over real HTTP.

What a browser does here is what `static/js/transfer.js` and the pages' forms have it do. Each request goes to
the next web server, as behind a proxy. Nothing of a row is kept or said: of a page that fails, its route.
"""

import itertools
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import requests

#: Of everybody here.
PASSWORD = "a password for the scale"
SLICE_BYTES = 8_000_000
#: So long a person waits for a page, and for a batch to get somewhere, in seconds.
PAGE_SECONDS, BATCH_SECONDS = 120, 1_200
LOOK_SECONDS = 2.0
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_DIGEST = re.compile(r'name="digest" value="([^"]+)"')
_STATE = re.compile(r'id="live"\s+data-state="([^"]+)"')
_NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")


class Failed(Exception):
    """What a person wanted did not happen; the text says where, by its route."""


@dataclass
class Seen:
    """What people have seen of the site: answers by status, and whatever was no page that they could use."""

    answers: Counter = field(default_factory=Counter)
    errors: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def note(self, status: int, error: str = "") -> None:
        """One more answer; 0 for none."""
        with self.lock:
            self.answers[status] += 1
            if error:
                self.errors[error] += 1

    def told(self) -> dict:
        """The same as plain values."""
        return {"answers": dict(self.answers), "errors": dict(self.errors)}


class Person:
    """One person's browser. addresses: of the web servers; number: makes the address they come from."""

    def __init__(self, name: str, addresses: list[str], number: int, seen: Seen):
        self.name = name
        self._next = itertools.cycle(
            addresses[number % len(addresses) :] + addresses[: number % len(addresses)]
        )
        self._seen = seen
        self._session = requests.Session()
        self._session.headers["X-Forwarded-For"] = f"10.1.{number // 250}.{number % 250 + 1}"
        self._token = ""

    # What they do -------------------------------------------------------------------------------

    def sign_in(self) -> None:
        """By the form."""
        page = self.get("/sign-in/")
        sent = {"username": self.name, "password": PASSWORD, "csrfmiddlewaretoken": _found(_TOKEN, page)}
        answer = self.request("POST", "/sign-in/", data=sent)
        if answer.status_code != requests.codes.found:
            raise Failed("POST /sign-in/ leads nowhere")

    def upload(self, destination: int, path: Path) -> int:
        """The file in slices; the number of the batch that it becomes."""
        self._token = _found(_TOKEN, self.get("/batches/new/"))
        size = path.stat().st_size
        begun = {"destination": destination, "filename": path.name, "size": size}
        said = self._said(self.request("POST", "/uploads/", data=begun, headers=self._proof()))
        address, offset = said["upload"], said["offset"]
        with path.open("rb") as file:
            while offset < size:
                file.seek(offset)
                offset = self._slice(address, offset, file.read(SLICE_BYTES))
        done = self._said(self.request("POST", f"{address}finish/", headers=self._proof()))
        return done["number"]

    def send(self, number: int) -> None:
        """From the page that shows what would go, as soon as there is one."""
        address = f"/batches/{number}/send/"
        deadline = time.monotonic() + BATCH_SECONDS
        while time.monotonic() < deadline:
            answer = self.request("GET", address)
            if answer.status_code == requests.codes.ok:
                sent = {"digest": _found(_DIGEST, answer.text), "when": "now"}
                self.post(address, answer.text, **sent)
                if self.state(number) not in ("ready", "checking"):
                    return
            time.sleep(LOOK_SECONDS)
        raise Failed("the batch cannot be sent")

    def cancel(self, number: int) -> None:
        """Stop whatever has not left."""
        self.post(f"/batches/{number}/cancel/", self.get(f"/batches/{number}/"))

    def state(self, number: int) -> str:
        """What the part of the batch's page says that changes by itself."""
        return _found(_STATE, self.get(f"/batches/{number}/live/"))

    def wait(self, number: int, *while_in: str) -> str:
        """Look at the batch's page until it has left these states; raises Failed where it never does."""
        deadline = time.monotonic() + BATCH_SECONDS
        while (state := self.state(number)) in while_in:
            if time.monotonic() > deadline:
                raise Failed(f"the batch stays {state}")
            time.sleep(LOOK_SECONDS)
        return state

    # How ----------------------------------------------------------------------------------------

    def get(self, path: str) -> str:
        """The page; raises Failed for anything else, a redirection included."""
        answer = self.request("GET", path)
        if answer.status_code != requests.codes.ok:
            raise self._failure("GET", path, answer.status_code)
        return answer.text

    def post(self, path: str, page: str, **fields: str) -> None:
        """Send a form that stood on the page; it leads to another page, else Failed."""
        sent = {"csrfmiddlewaretoken": _found(_TOKEN, page), **fields}
        answer = self.request("POST", path, data=sent)
        if answer.status_code != requests.codes.found:
            raise self._failure("POST", path, answer.status_code)

    def request(self, method: str, path: str, **options) -> requests.Response:
        """One request to the next web server; raises Failed where no answer comes, or one of 500 or more."""
        try:
            answer = self._session.request(
                method, next(self._next) + path, timeout=PAGE_SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise self._failure(method, path, type(error).__name__) from None
        if answer.status_code >= requests.codes.server_error:
            raise self._failure(method, path, answer.status_code)
        self._seen.note(answer.status_code)
        return answer

    def _slice(self, address: str, offset: int, content: bytes) -> int:
        headers = self._proof() | {"Upload-Offset": str(offset)}
        return self._said(self.request("PATCH", address, data=content, headers=headers))["offset"]

    def _said(self, answer: requests.Response) -> dict:
        if answer.status_code != requests.codes.ok:
            raise self._failure(answer.request.method, answer.request.path_url, answer.status_code)
        return answer.json()

    def _proof(self) -> dict[str, str]:
        return {"X-CSRFToken": self._token}

    def _failure(self, method: str, path: str, what: int | str) -> Failed:
        route = _NUMBER.sub("N", path.partition("?")[0])
        said = f"{method} {route}: {what}"
        self._seen.note(what if isinstance(what, int) else 0, said)
        return Failed(said)


def _found(pattern: re.Pattern, page: str) -> str:
    match = pattern.search(page)
    if match is None:
        raise Failed(f"the page has nothing like {pattern.pattern}")
    return match[1]
