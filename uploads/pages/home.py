"""The home page: what waits for this person, what happened lately, and whether everything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from uploads import access
from uploads.access import Action
from uploads.models import Account, AuditVerification, Batch, BatchState, Destination, User

from .chart import Chart, chart_of
from .health import Health, health_of
from .history import in_this_order
from .words import number

RECENT = 8
#: Of each kind so many stand on the page; the rest is behind a link.
SHOWN = 5


@dataclass(frozen=True)
class Need:
    """Something that waits for this person. url: of all of it; batches: the first few, who waited longest."""

    name: str
    title: str
    hint: str
    tone: str
    url: str
    batches: list[Batch]
    more: int = 0


@dataclass(frozen=True)
class HomePage:
    """What the home page says."""

    needs: list[Need]
    recent: list[Batch]
    health: Health
    chart: Chart


def home_page(user: User) -> HomePage:
    """The home page of this person."""
    newest = access.batches_for(user).order_by("-pk").values_list("pk", flat=True)
    return HomePage(
        needs=list(_needs(user)),
        recent=in_this_order(list(newest[:RECENT])),
        health=health_of(access.destinations_for(user)),
        chart=chart_of(access.day_rows_for(user)),
    )


def _needs(user: User) -> Iterator[Need]:
    if access.is_member(user):
        yield from _needs_of_batches(user)
    if access.is_admin(user):
        yield from _refused_tokens()
    if access.may_read_audit(user):
        yield from _broken_chain()


def _needs_of_batches(user: User) -> Iterator[Need]:
    waiting = access.batches_waiting_for(user)
    mine = access.batches_for(user, Action.SEND)
    kinds = (
        ("doubt", waiting, BatchState.NEEDS_ATTENTION, "doubt", {"waits": "me"}),
        ("approval", waiting, BatchState.AWAITING_APPROVAL, "ready", {"waits": "me"}),
        ("ready", mine, BatchState.READY, "ready", {"person": user.pk}),
        ("reading", mine, BatchState.RECEIVED, "ready", {"person": user.pk}),
    )
    for name, batches, state, tone, query in kinds:
        yield from _need(name, batches.filter(state=state), tone, {"state": state.value, **query})


def _need(name: str, batches: QuerySet[Batch], tone: str, query: dict) -> Iterator[Need]:
    count = batches.count()
    if not count:
        return
    oldest = batches.order_by("pk").values_list("pk", flat=True)[:SHOWN]
    title, hint = _words(name, count)
    url = f"{reverse('batches')}?{urlencode(query)}"
    yield Need(name, title, hint, tone, url, in_this_order(list(oldest)), max(0, count - SHOWN))


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
