"""Pages of long lists: each goes on from a row, so that the last costs as much as the first.

Nothing is counted and nothing passed over. Rows without a figure stand at the end, however it is sorted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db.models import QuerySet


@dataclass(frozen=True)
class Place:
    """Where a row stands in a sorted list. value: its figure, None where it has none."""

    value: int | None
    pk: int

    def __str__(self) -> str:
        return f"{'' if self.value is None else self.value}.{self.pk}"

    @classmethod
    def from_text(cls, text: str) -> "Place | None":
        """The place that an address names, None where it names none."""
        value, _dot, pk = text.partition(".")
        if not _is_number(pk) or not (value == "" or _is_number(value)):
            return None
        return cls(int(value) if value else None, int(pk))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@dataclass(frozen=True)
class Order:
    """By a figure and then by number, or (figure "") by number alone."""

    figure: str = ""
    descending: bool = True

    @property
    def reversed(self) -> "Order":
        """The other way round, but for rows without a figure, which `_stretches` puts where they belong."""
        return replace(self, descending=not self.descending)


@dataclass(frozen=True)
class KeysetPage:
    """Rows in order, by number. before, after: where the neighbouring pages begin, if there are any."""

    numbers: list[int]
    before: Place | None = None
    after: Place | None = None


def keyset_page(
    rows: QuerySet, order: Order, size: int, *, after: Place | None = None, before: Place | None = None
) -> KeysetPage:
    """The page that follows a place, or ends before one, or the first."""
    if before is not None:
        found = _places(rows, order.reversed, size, before, is_backwards=True)
        if len(found) > size:
            shown = found[:size][::-1]
            return _page(shown, before=shown[0], after=shown[-1])
        after = None  # The first page, and a full one.
    found = _places(rows, order, size, after)
    if after is not None and not found:
        return keyset_page(rows, order, size)
    shown = found[:size]
    return _page(shown, before=shown[0] if after else None, after=shown[-1] if len(found) > size else None)


def _page(shown: list[Place], **neighbours) -> KeysetPage:
    return KeysetPage([place.pk for place in shown], **neighbours)


def _places(
    rows: QuerySet, order: Order, size: int, start: Place | None, *, is_backwards: bool = False
) -> list[Place]:
    """So many places, and one more if there is one: each stretch is one walk along the sort's index."""
    found: list[Place] = []
    for stretch in _stretches(rows, order, start, is_backwards=is_backwards):
        columns = stretch.values_list(order.figure or "pk", "pk")
        found += [
            Place(value if order.figure else None, pk) for value, pk in columns[: size + 1 - len(found)]
        ]
        if len(found) > size:
            break
    return found


def _stretches(
    rows: QuerySet, order: Order, start: Place | None, *, is_backwards: bool
) -> Iterator[QuerySet]:
    way, beyond = ("-", "lt") if order.descending else ("", "gt")
    if not order.figure:
        yield (rows if start is None else rows.filter(**{f"pk__{beyond}": start.pk})).order_by(f"{way}pk")
        return
    sorted_ = rows.order_by(f"{way}{order.figure}", f"{way}pk")
    known, unknown = (
        sorted_.filter(**{f"{order.figure}__isnull": is_unknown}) for is_unknown in (False, True)
    )
    if start is None:
        yield from (known, unknown)
        return
    if start.value is None:
        yield unknown.filter(**{f"pk__{beyond}": start.pk})
        if is_backwards:
            yield known
        return
    yield sorted_.filter(**{order.figure: start.value, f"pk__{beyond}": start.pk})
    yield sorted_.filter(**{f"{order.figure}__{beyond}": start.value})
    if not is_backwards:
        yield unknown
