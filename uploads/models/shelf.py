"""File names put together by the thousand, for searching them."""

from django.db import models
from django.db.models.functions import Coalesce

#: So many numbers of batches go onto one shelf.
A_SHELF = 1_000


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
        for shelf in self.filter(names__contains=wanted).order_by("-number").iterator(chunk_size=8):
            found += shelf.batches_named(wanted)
            if len(found) > most:
                return None
        return found

    def end(self) -> models.expressions.Combinable:
        """Where the batches begin that are on no shelf yet; an expression for queries."""
        last = self.order_by("-number").annotate(end=(models.F("number") + 1) * A_SHELF).values("end")[:1]
        return Coalesce(models.Subquery(last), 0, output_field=models.BigIntegerField())


class NameShelf(models.Model):
    """The file names of the batches from number * A_SHELF on, a line each, in the case that is compared.

    A line is empty where there is no batch of that number. A search reads a few hundred of these instead of
    some hundred thousand batches, in every database alike. `workflow.shelving` fills them, once and for all:
    a batch never changes its file's name.
    """

    number = models.BigIntegerField(primary_key=True)
    names = models.TextField()

    objects = ShelfQuerySet.as_manager()

    def __str__(self) -> str:
        return f"from {self.number * A_SHELF} on"

    def batches_named(self, wanted: str) -> list[int]:
        """The numbers of the batches in whose line the text, in the case that is compared, occurs."""
        found, line, start = [], self.number * A_SHELF, 0
        while (at := self.names.find(wanted, start)) >= 0:
            line += self.names.count("\n", start, at)
            found.append(line)
            start = self.names.find("\n", at) + 1
            if not start:
                break
            line += 1
        return found
