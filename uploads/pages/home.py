"""The home page: what waits for this person, what happened lately, and whether everything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Case, Count, F, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access
from uploads.models import Account, AuditVerification, Batch, BatchState, Destination, User

from .chart import Chart, chart_of
from .health import Health, health_of
from .history import in_this_order
from .words import number

RECENT = 8
#: Of each kind so many stand on the page; the rest is behind a link.
SHOWN = 5
#: States in which a batch waits for a person, and whether it is about its rest; in the order of the page,
#: with what it is called there.
_NEEDING = {
    (BatchState.NEEDS_ATTENTION, False): ("doubt", "doubt"),
    (BatchState.NEEDS_ATTENTION, True): ("rest", "doubt"),
    (BatchState.AWAITING_APPROVAL, False): ("approval", "ready"),
    (BatchState.READY, False): ("ready", "ready"),
    (BatchState.RECEIVED, False): ("reading", "ready"),
}


class Waiting(NamedTuple):
    """Batches of one state that wait for this person: how many, and the numbers of the oldest."""

    count: int
    oldest: list[int]


@dataclass(frozen=True)
class NeedRow:
    """A batch that waits. whose: its number, destination and uploader; errors: "" for a batch without."""

    batch: Batch
    whose: str
    errors: str


@dataclass(frozen=True)
class Need:
    """Something that waits for this person. url: of all of it; rows: the first few, who waited longest."""

    name: str
    title: str
    hint: str
    tone: str
    url: str
    rows: list[NeedRow]
    more: int = 0


@dataclass(frozen=True)
class HomePage:
    """What the home page says and keeps up to date."""

    needs: list[Need]
    recent: list[Batch]
    health: Health


def home_page(user: User) -> HomePage:
    """The home page of this person, without its chart."""
    newest = list(access.batches_for(user).order_by("-pk").values_list("pk", flat=True)[:RECENT])
    waiting = _waiting(user) if access.is_member(user) else {}
    shown = {
        batch.pk: batch
        for batch in in_this_order([*newest, *chain.from_iterable(some.oldest for some in waiting.values())])
    }
    return HomePage(
        needs=[*_needs_of_batches(user, waiting, shown), *_needs_of_the_site(user)],
        recent=[shown[number] for number in newest if number in shown],
        health=health_of(access.destinations_for(user)),
    )


def home_chart(user: User) -> Chart:
    """What was sent and refused lately, of the batches that this person may see."""
    return chart_of(access.day_rows_for(user))


def _needs_of_the_site(user: User) -> Iterator[Need]:
    if access.is_admin(user):
        yield from _refused_tokens()
    if access.may_read_audit(user):
        yield from _broken_chain()


def _waiting(user: User) -> dict[tuple[str, bool], Waiting]:
    """By how they wait, the batches that no worker goes on with before this person does something."""
    with connection.cursor() as cursor:
        cursor.execute(*_ranked(access.needing(user)))
        found: dict[tuple[str, bool], Waiting] = {}
        for state, about_rest, count, pk in cursor.fetchall():
            found.setdefault((state, bool(about_rest)), Waiting(count, [])).oldest.append(pk)
    return found


@lru_cache(maxsize=500)
def _ranked(needing: Q) -> tuple[str, tuple]:
    """The statement and its parameters that ask for the first of each kind, by number.

    Kept, since writing it takes five times as long as running it; the condition names the person's places, so
    who gets other roles gets another statement.
    """
    about_rest = Case(When(canary__waits_since__isnull=False, then=Value(True)), default=Value(False))
    of_a_kind = {"partition_by": [F("state"), F("about_rest")]}
    ranked = (
        Batch.objects.filter(needing, state__in={state for state, _about_rest in _NEEDING})
        .order_by()
        .annotate(about_rest=about_rest)
        .annotate(place=Window(RowNumber(), order_by="pk", **of_a_kind), all=Window(Count("pk"), **of_a_kind))
        .filter(place__lte=SHOWN)
    )
    told = ranked.order_by("pk").values_list("state", "about_rest", "all", "pk")
    return told.query.sql_with_params()


def _needs_of_batches(user: User, waiting: dict[tuple, Waiting], shown: dict[int, Batch]) -> Iterator[Need]:
    for kind, (name, tone) in _NEEDING.items():
        if kind not in waiting:
            continue
        state, (count, oldest) = kind[0], waiting[kind]
        whose = {"waits": "me"} if name in ("doubt", "rest", "approval") else {"person": user.pk}
        url = f"{reverse('batches')}?{urlencode({'state': state.value, **whose})}"
        rows = [_need_row(shown[number]) for number in oldest if number in shown]
        yield Need(name, *_words(name, count), tone, url, rows, max(0, count - SHOWN))


def _need_row(batch: Batch) -> NeedRow:
    whose = {"number": batch.pk, "destination": batch.destination, "person": batch.owner}
    rejected = batch.rejected or 0
    errors = ngettext("%(shown)s row with errors", "%(shown)s rows with errors", rejected)
    return NeedRow(
        batch,
        _("#%(number)s for %(destination)s, by %(person)s") % whose,
        errors % {"shown": number(rejected)} if rejected else "",
    )


def _words(name: str, count: int) -> tuple[str, str]:
    said = {"count": number(count)}
    if name == "doubt":
        return (
            ngettext(
                "%(count)s batch waits for your decision", "%(count)s batches wait for your decision", count
            )
            % said,
            _("Nobody knows for sure what became of some of the rows. Look them up and decide."),
        )
    if name == "rest":
        return (
            ngettext(
                "The rest of %(count)s batch waits for you",
                "The rest of %(count)s batches waits for you",
                count,
            )
            % said,
            _("The first rows went alone. See what became of them; then send the rest, or stop there."),
        )
    if name == "approval":
        return (
            ngettext(
                "%(count)s batch waits for your approval", "%(count)s batches wait for your approval", count
            )
            % said,
            _("Nothing of it is sent before you approve it."),
        )
    if name == "ready":
        return (
            ngettext(
                "%(count)s checked batch of yours is not sent",
                "%(count)s checked batches of yours are not sent",
                count,
            )
            % said,
            _("Look at what was found, then send the good rows or correct the file."),
        )
    return (
        ngettext(
            "%(count)s file of yours has to be read with you",
            "%(count)s files of yours have to be read with you",
            count,
        )
        % said,
        _("Say which column holds the visitor's id; then every row is checked."),
    )


def _refused_tokens() -> Iterator[Need]:
    refused = set(
        Account.objects.filter(pause_reason="token", paused_at__isnull=False).values_list("pk", flat=True)
    )
    if not refused:
        return
    for destination in Destination.objects.all():
        if destination.account_code in refused:
            title = _("Target refused the token of %(destination)s") % {"destination": destination.name}
            hint = _("Nothing is sent there until you enter another one.")
            url = reverse("destination", args=[destination.pk])
            yield Need("token", title, hint, "error", url, [])


def _broken_chain() -> Iterator[Need]:
    last = AuditVerification.objects.first()
    if last is not None and last.broken_at is not None:
        title = _("The audit log's chain breaks")
        hint = _("An event was changed or removed. See where, and keep a copy of the database.")
        yield Need("chain", title, hint, "error", reverse("audit-chain"), [])
