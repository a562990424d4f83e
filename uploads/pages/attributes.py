"""The attribute dictionary of a destination: every name ever sent there, and which look alike."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.core.paginator import Page, Paginator
from django.utils.timezone import now

from uploads.batchfile import alike
from uploads.models import AttributeName, Destination

PAGE_SIZE = 50
# Of ten thousand names it takes longer than all else, and few visits bring a new one.
_alike = lru_cache(maxsize=16)(alike)


@dataclass(frozen=True)
class AttributeLine:
    """One name. other_case: names that differ from it by nothing but case (F4); similar: by a little more."""

    attribute: AttributeName
    other_case: list[str]
    similar: list[str]


@dataclass(frozen=True)
class DictionaryPage:
    """One page of the dictionary. total, alike: how many names there are, and how many look like another."""

    lines: list[AttributeLine]
    page: Page
    total: int
    alike: int


@dataclass(frozen=True)
class _Entry:
    """What is searched and sorted, of all names at once."""

    pk: int
    name: str
    last_used: datetime
    owner: str
    example: str
    note: str

    def has(self, text: str) -> bool:
        return any(text in field.casefold() for field in (self.name, self.owner, self.example, self.note))


def dictionary_page(destination: Destination, filters: dict, number: str | int) -> DictionaryPage:
    """The page of that number, of the names that fit. filters: what `AttributeFilterForm` made of them.

    Names that differ by their case stand one below the other.
    """
    columns = ("pk", "name", "last_used", "owner", "example", "note")
    rows = AttributeName.objects.filter(destination=destination).order_by()
    entries = [_Entry(*row) for row in rows.values_list(*columns)]
    looks_like = _alike(frozenset(entry.name for entry in entries))
    fitting = _fitting(entries, looks_like, filters)
    page = Paginator(fitting, PAGE_SIZE).get_page(number)
    people = AttributeName.objects.select_related("first_by", "last_by")
    shown = people.in_bulk([entry.pk for entry in page])
    return DictionaryPage(
        lines=[_line(shown[entry.pk], looks_like) for entry in page if entry.pk in shown],
        page=page,
        total=len(entries),
        alike=len(looks_like),
    )


def _fitting(entries: list[_Entry], looks_like: dict[str, list[str]], filters: dict) -> list[_Entry]:
    if text := filters.get("q", "").casefold():
        entries = [entry for entry in entries if entry.has(text)]
    if filters.get("show") == "alike":
        entries = [entry for entry in entries if entry.name in looks_like]
    elif filters.get("show") == "stale":
        limit = now() - timedelta(days=filters["days"])
        entries = [entry for entry in entries if entry.last_used < limit]
    return sorted(entries, key=lambda entry: (entry.name.casefold(), entry.name))


def _line(attribute: AttributeName, looks_like: dict[str, list[str]]) -> AttributeLine:
    others, folded = looks_like.get(attribute.name, []), attribute.name.casefold()
    return AttributeLine(
        attribute,
        other_case=[other for other in others if other.casefold() == folded],
        similar=[other for other in others if other.casefold() != folded],
    )
