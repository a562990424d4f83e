"""File names put together by the thousand, for searching them."""

from functools import lru_cache
from typing import NamedTuple

from django.db import models

from uploads.batchfile import WantedGrams, grams_of

#: So many numbers of batches go onto one shelf.
A_SHELF = 1_000
#: A process keeps at most so many of the shelves that it has read: of 30 kB each.
MOST_KEPT = 4_096


def as_compared(text: str) -> str:
    """The text in the case in which names are compared, on one line."""
    return " ".join(text.casefold().splitlines())


class ShelfQuerySet(models.QuerySet):
    """The questions asked of shelves."""

    def batches_named(self, text: str, most: int) -> list[int] | None:
        """The batches, by number, on shelves whose file name may have the text; None for more than `most`.

        May: which letters are alike in upper and lower case is known to `str.casefold` better than to some
        databases. Whoever wants what the database finds has to ask it about these batches.
        """
        wanted, found = as_compared(text), []
        grams = WantedGrams(wanted)
        for number, digest in self.order_by("-number").values_list("number", "digest"):
            shelf = _read(number, digest)
            if grams.may_be_in(shelf.grams):
                found += shelf.lines_with(wanted)
            if len(found) > most:
                return None
        return found

    def end(self) -> int:
        """Where the batches begin that are on no shelf yet."""
        last = self.order_by("-number").values_list("number", flat=True).first()
        return 0 if last is None else (last + 1) * A_SHELF


class NameShelf(models.Model):
    """The file names of the batches from number * A_SHELF on, a line each, in the case that is compared.

    A line is empty where there is no batch of that number. A search goes over a few hundred of these instead
    of some hundred thousand batches, with every database alike. `workflow.shelving` fills them, once and for
    all: a batch never changes its file's name. So a process reads each of them once.
    """

    number = models.BigIntegerField(primary_key=True)
    # Before the names: SQLite would have to read them to come to what stands behind them.
    digest = models.CharField(max_length=64, help_text="of the names: SHA-256, in hexadecimal")
    names = models.TextField()

    objects = ShelfQuerySet.as_manager()

    def __str__(self) -> str:
        return f"from {self.number * A_SHELF} on"


class _Shelf(NamedTuple):
    """A shelf as it is searched. first: the number of its first line; grams: of its names."""

    first: int
    names: str
    grams: bytes

    def lines_with(self, wanted: str) -> list[int]:
        """The numbers of the lines that the text, in the case that is compared, occurs in."""
        found, number, start = [], self.first, 0
        while (at := self.names.find(wanted, start)) >= 0:
            number += self.names.count("\n", start, at)
            found.append(number)
            start = self.names.find("\n", at) + 1
            if not start:
                break
            number += 1
        return found


@lru_cache(MOST_KEPT)
def _read(number: int, _digest: str) -> _Shelf:
    """The shelf of this number; the digest tells shelves of one number in two databases apart."""
    names = NameShelf.objects.values_list("names", flat=True).get(pk=number)
    return _Shelf(number * A_SHELF, names, grams_of(names))
