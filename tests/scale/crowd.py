"""Many people at once, each with files to upload and to send."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.scale.made import MadeFile
from tests.scale.people import Failed, Person, Seen


@dataclass(frozen=True)
class Errand:
    """A file that a person, by number, uploads for a destination, by its key, and sends."""

    person: int
    destination: int
    file: MadeFile


@dataclass
class Outcome:
    """What came of the errands. numbers: of the batches by the stem of their file.

    uploads: seconds that each upload took; lasted: from the first byte of all uploads to the last one's end.
    """

    numbers: dict[str, int] = field(default_factory=dict)
    uploads: list[float] = field(default_factory=list)
    lasted: float = 0.0
    seen: dict = field(default_factory=dict)


def run_errands(_stop, addresses: list[str], errands: list[Errand], folder: Path) -> Outcome:
    """Each person does theirs one after another; all begin their first upload at the same moment."""
    crowd = _Crowd(addresses, errands, folder)
    with ThreadPoolExecutor(len(crowd.people)) as threads:
        # Whatever breaks in a thread is to be heard of.
        list(threads.map(crowd.do_theirs, crowd.people))
    crowd.outcome.seen = crowd.seen.told()
    return crowd.outcome


class _Crowd:
    def __init__(self, addresses: list[str], errands: list[Errand], folder: Path):
        self.seen, self.outcome = Seen(), Outcome()
        self.people = sorted({errand.person for errand in errands})
        self._addresses = addresses
        self._errands = errands
        self._folder = folder
        self._together = threading.Barrier(len(self.people))

    def do_theirs(self, number: int) -> None:
        person = Person(f"person-{number}", self._addresses, number, self.seen)
        theirs = [errand for errand in self._errands if errand.person == number]
        # Written beforehand: that takes longer than to send it.
        paths = {errand: errand.file.write(self._folder) for errand in theirs}
        try:
            person.sign_in()
        except Failed:
            theirs = []  # It has been noted.
        self._together.wait()
        began = time.monotonic()
        for errand in theirs:
            try:
                self._do(person, errand, paths[errand], began)
            except Failed as failure:
                self.seen.note(0, str(failure))
        for path in paths.values():
            path.unlink()

    def _do(self, person: Person, errand: Errand, path: Path, began: float) -> None:
        before = time.monotonic()
        batch = person.upload(errand.destination, path)
        now = time.monotonic()
        with self.seen.lock:
            self.outcome.numbers[errand.file.stem] = batch
            self.outcome.uploads.append(now - before)
            self.outcome.lasted = max(self.outcome.lasted, now - began)
        person.send(batch)
