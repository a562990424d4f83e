"""The history: batches page by page, sorted, and as a file."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from uploads.models import ArrivalCheck, Batch

from .exports import csv_file, json_file
from .keyset import Order, Place, keyset_page

A_PAGE = 20
#: The columns of figures, by their names in addresses: each is sorted along an index of its own.
FIGURES: dict[str, Promise] = {
    "number": _("No."),
    "size": _("Size"),
    "rows": _("Rows"),
    "rejected": _("With errors"),
    "sent": _("Sent"),
}
#: The same for a select, which phones have in place of heads: the likelier way first.
ORDERS = {
    "": _("Newest first"),
    "number": _("Oldest first"),
    "-rows": _("Most rows first"),
    "rows": _("Fewest rows first"),
    "-rejected": _("Most rows with errors first"),
    "rejected": _("Fewest rows with errors first"),
    "-sent": _("Most rows sent first"),
    "sent": _("Fewest rows sent first"),
    "-size": _("Biggest files first"),
    "size": _("Smallest files first"),
}
EXPORTED = (
    "number", "file", "state", "destination", "person", "uploaded_at", "released_at", "ended_at", "bytes",
    "rows", "accepted", "rejected", "warnings", "sent", "sha256",
)  # fmt: skip


@dataclass(frozen=True)
class SortedBy:
    """A column's head. sort: what its link sorts by; direction: how it is sorted now, as ARIA says it."""

    name: str
    label: Promise
    sort: str
    direction: str = "none"


@dataclass(frozen=True)
class HistoryPage:
    """Batches in order; before, after: the neighbouring pages for addresses, "" without one."""

    batches: list[Batch]
    heads: dict[str, SortedBy]
    before: str = ""
    after: str = ""


def history_page(batches: QuerySet[Batch], sort: str, *, before: str = "", after: str = "") -> HistoryPage:
    """One page. sort: a key of FIGURES, with a minus for the greatest first; else the newest come first."""
    name, is_descending = _sorted_by(sort)
    order = Order("" if name == "number" else name, is_descending)
    page = keyset_page(batches, order, A_PAGE, after=Place.from_text(after), before=Place.from_text(before))
    return HistoryPage(
        batches=in_this_order(page.numbers, _arrivals()),
        heads={figure: _head(figure, name, is_descending) for figure in FIGURES},
        before=str(page.before or ""),
        after=str(page.after or ""),
    )


def in_this_order(numbers: list[int], *prefetched: Prefetch) -> list[Batch]:
    """The batches of these numbers, with what every list shows of them, and what else is prefetched."""
    found = Batch.objects.with_people().only(
        *("filename", "state", "created_at", "size", "rows", "rejected", "sent", "released_at", "ended_at"),
        *("destination__name", "owner__username", "owner__first_name", "owner__last_name"),
    )
    by_number = found.prefetch_related(*prefetched).in_bulk(numbers)
    return [by_number[number] for number in numbers if number in by_number]


def _arrivals() -> Prefetch:
    last_first = (
        ArrivalCheck.objects.samples().finished().only("batch", "sampled", "carrying", "differing", "unknown")
    )
    return Prefetch("arrival_checks", last_first, to_attr="arrivals")


def _sorted_by(sort: str) -> tuple[str, bool]:
    name = sort.removeprefix("-")
    return (name, sort.startswith("-")) if name in FIGURES else ("number", True)


def _head(figure: str, sorted_by: str, is_descending: bool) -> SortedBy:
    if figure != sorted_by:
        return SortedBy(figure, FIGURES[figure], f"-{figure}")
    if is_descending:
        return SortedBy(figure, FIGURES[figure], figure, "descending")
    return SortedBy(figure, FIGURES[figure], f"-{figure}", "ascending")


def history_csv(batches: QuerySet[Batch]) -> Iterator[str]:
    """The batches from the first to the last as lines of a CSV file."""
    return csv_file(EXPORTED, map(_exported, batches.with_people().in_order()))


def history_json(batches: QuerySet[Batch]) -> Iterator[str]:
    """The batches from the first to the last, each one JSON object a line."""
    return json_file(map(_exported, batches.with_people().in_order()))


def _exported(batch: Batch) -> dict:
    moments = (batch.created_at, batch.released_at, batch.ended_at)
    values = (
        *(batch.pk, batch.filename, batch.state, batch.destination.name, batch.owner.username),
        *(moment and moment.isoformat(timespec="seconds") for moment in moments),
        *(batch.size, batch.rows, batch.accepted, batch.rejected, batch.warnings, batch.sent, batch.sha256),
    )
    return dict(zip(EXPORTED, values, strict=True))
