"""Reading very long tables to their end."""

from collections.abc import Iterator

from django.db import models


class InOrderQuerySet(models.QuerySet):
    """Rows whose primary keys are given in the order in which they came to be."""

    def in_order(self, most: int = 1_000) -> Iterator[models.Model]:
        """One by one from the first to the last, read at most so many a query, however many there are."""
        left = ordered = self.order_by("pk")
        while chunk := list(left[:most]):
            yield from chunk
            left = ordered.filter(pk__gt=chunk[-1].pk)
