"""What people do in half an hour: they upload, send, change their minds, look into reports, and read."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.scale.made import MadeFile, of_size
from tests.scale.people import Failed, Person, Seen

SENT, CANCELLED, LEFT = "sent", "cancelled", "left"
#: Of ten batches, what becomes of how many.
_FATES = (SENT,) * 7 + (CANCELLED,) * 2 + (LEFT,)
_SMALL_ROWS = (20, 3_000)
#: Of ten files, how many are of the middle size, and how many have rows with errors.
_MIDDLE, _FAULTY = 1, 4
_BAD_EVERY = (3, 10, 200)
#: Of ten things that somebody does, how many are reading.
_READING = 5
#: Seconds between two of them.
_REST = (0.5, 3.0)
_PAGES = ("/", "/batches/", "/batches/?sort=-rows", "/batches/?q=mixed", "/batches/?state=complete", "/help/")
_OF_A_BATCH = ("", "live/", "problems/", "to-correct.csv", "original/")
_EXPORT = "/batches/export.csv?state=complete"


@dataclass(frozen=True)
class Deed:
    """A file that somebody uploaded, the batch that it became, and what they did with it."""

    number: int
    file: MadeFile
    fate: str


@dataclass
class Deeds:
    """What everybody did, and what they saw of the site."""

    deeds: list[Deed] = field(default_factory=list)
    seen: dict = field(default_factory=dict)


def carry_on(
    stop, addresses: list[str], people: int, destinations: list[int], megabytes: float, folder: Path
) -> Deeds:
    """Everybody goes on until `stop` is set, then ends what they have begun. megabytes: a middle file's."""
    seen, done = Seen(), Deeds()

    def live(number: int) -> None:
        somebody = _Somebody(number, addresses, destinations, megabytes, folder, seen)
        try:
            somebody.person.sign_in()
        except Failed:
            return  # It has been noted.
        while not stop.is_set():
            try:
                somebody.do_something(done.deeds)
            except Failed as failure:
                seen.note(0, str(failure))
            stop.wait(somebody.chance.uniform(*_REST))

    with ThreadPoolExecutor(people) as threads:
        # Whatever breaks in a thread is to be heard of.
        list(threads.map(live, range(people)))
    done.seen = seen.told()
    return done


class _Somebody:
    def __init__(
        self,
        number: int,
        addresses: list[str],
        destinations: list[int],
        megabytes: float,
        folder: Path,
        seen: Seen,
    ):
        self.person = Person(f"person-{number}", addresses, number, seen)
        self.chance = random.Random(number)
        self._number = number
        self._destinations = destinations
        self._megabytes = megabytes
        self._folder = folder
        self._own: list[int] = []
        self._files = 0

    def do_something(self, deeds: list[Deed]) -> None:
        """One thing; raises Failed."""
        if self._own and self.chance.randrange(10) < _READING:
            self._read()
        else:
            deeds.append(self._use_a_file())

    def _read(self) -> None:
        kind = self.chance.randrange(10)
        if kind == 0:
            self.person.get(_EXPORT)
        elif kind < 5:
            self.person.get(self.chance.choice(_PAGES))
        else:
            number = self.chance.choice(self._own[-20:])
            # A batch without errors has no report to correct: then it leads elsewhere, or is not there.
            self.person.request("GET", f"/batches/{number}/{self.chance.choice(_OF_A_BATCH)}")

    def _use_a_file(self) -> Deed:
        file = self._made()
        path = file.write(self._folder)
        number = self.person.upload(self.chance.choice(self._destinations), path)
        path.unlink()
        self._own.append(number)
        fate = self.chance.choice(_FATES)
        if fate == SENT:
            self.person.send(number)
        elif fate == CANCELLED:
            if self.chance.randrange(2):
                self.person.wait(number, "checking")
            self.person.cancel(number)
        return Deed(number, file, fate)

    def _made(self) -> MadeFile:
        self._files += 1
        stem = f"mixed-{self._number}-{self._files}"
        bad_every = self.chance.choice(_BAD_EVERY) if self.chance.randrange(10) < _FAULTY else 0
        if self.chance.randrange(10) < _MIDDLE:
            return of_size(stem, self._megabytes, bad_every=bad_every)
        return MadeFile(stem, self.chance.randint(*_SMALL_ROWS), bad_every)
