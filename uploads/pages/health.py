"""Whether everything that runs by itself does, in words: so that waiting is never a mystery."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import OuterRef, Subquery
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import queue
from uploads.models import Account, Beat, Call, Destination

from .words import number

#: The sweep comes by every few seconds; a database that is busy may hold it up for this long.
LATE = timedelta(minutes=1)
WORK = {
    "checking": gettext_lazy("Checking files"),
    "delivering": gettext_lazy("Sending to Target"),
    "following": gettext_lazy("Asking Target for results"),
}
NOBODY = {
    "checking": gettext_lazy("No worker checks files: uploads wait. Tell your admin."),
    "delivering": gettext_lazy("No worker sends: released batches wait. Tell your admin."),
    "following": gettext_lazy("No worker asks Target for results: they come later. Tell your admin."),
}


@dataclass(frozen=True)
class HealthLine:
    """One thing and how it is; `note` says what follows where it is not well."""

    name: str
    label: str
    tone: str = "done"
    note: str = ""


@dataclass(frozen=True)
class Health:
    """How everything is: in one sentence, in the tone of what is worst, and line by line."""

    headline: str
    tone: str
    lines: list[HealthLine] = field(default_factory=list)

    @property
    def troubles(self) -> list[HealthLine]:
        """What is not well."""
        return [line for line in self.lines if line.note]


def health_of(destinations: Iterable[Destination]) -> Health:
    """How workers, sweep and these destinations are, by the job server's registries and the database."""
    lines = [*_workers(), _sweep(), *_destinations(list(destinations))]
    tones = {line.tone for line in lines if line.note}
    if "error" in tones:
        return Health(_("Something does not run"), "error", lines)
    if tones:
        return Health(_("Everything runs, but not everything is sent"), "warning", lines)
    return Health(_("Everything runs"), "done", lines)


def _workers() -> list[HealthLine]:
    wards = queue.wards()
    if wards is None:
        note = _("It does not answer. Work waits until it does; nothing is lost. Tell your admin.")
        return [HealthLine(_("Job server"), _("Away"), "error", note)]
    return [_ward(ward) for ward in wards]


def _ward(ward: queue.Ward) -> HealthLine:
    said = [
        ngettext("%(count)s worker", "%(count)s workers", ward.workers) % {"count": number(ward.workers)},
        ngettext("%(count)s job waits", "%(count)s jobs wait", ward.waiting) % {"count": number(ward.waiting)}
        if ward.waiting
        else _("nothing waits"),
    ]
    if ward.silent:
        said.insert(1, _("%(count)s not heard of any more") % {"count": number(ward.silent)})
    if not ward.workers:
        return HealthLine(str(WORK[ward.queue]), ", ".join(said), "error", str(NOBODY[ward.queue]))
    return HealthLine(str(WORK[ward.queue]), ", ".join(said))


def _sweep() -> HealthLine:
    name = _("Timer that finds what is due")
    beat = Beat.objects.filter(name=Beat.Name.SWEEP).first()
    if beat is None:
        return HealthLine(
            name, _("has not run yet"), "error", _("Nothing goes on by itself. Tell your admin.")
        )
    label = _("ran %(ago)s ago") % {"ago": _ago(beat.at)}
    if now() - beat.at > LATE:
        return HealthLine(name, label, "error", _("It is late: what waits, waits longer. Tell your admin."))
    return HealthLine(name, label)


def _destinations(destinations: list[Destination]) -> list[HealthLine]:
    calls = Call.objects.filter(account=OuterRef("pk"), answered_at__isnull=False).order_by("-at")
    accounts = Account.objects.annotate(called=Subquery(calls.values("at")[:1])).in_bulk(
        {destination.account_code for destination in destinations}
    )
    return [_destination(each, accounts.get(each.account_code)) for each in destinations]


def _destination(destination: Destination, account: Account | None) -> HealthLine:
    called = account and account.called
    last = _("last call %(ago)s ago") % {"ago": _ago(called)} if called else _("no call yet")
    if account and account.paused_at:
        if account.pause_reason == "token":
            note = _("Target refused its token: nothing is sent until an admin enters another one.")
            return HealthLine(destination.name, _("token refused, %(last)s") % {"last": last}, "error", note)
        note = _("An admin paused it: nothing is sent until an admin resumes it.")
        return HealthLine(destination.name, _("paused, %(last)s") % {"last": last}, "warning", note)
    if account and account.slow_until and account.slow_until > now():
        note = _("Target asked us to slow down; it goes on by itself.")
        return HealthLine(destination.name, _("slowed down, %(last)s") % {"last": last}, "warning", note)
    if not destination.active:
        label = _("not active, %(last)s") % {"last": last}
    elif not destination.has_token and not destination.is_sandbox:
        label = _("open, without a token, %(last)s") % {"last": last}
    else:
        label = _("open, %(last)s") % {"last": last}
    return HealthLine(destination.name, label, "neutral" if not destination.active else "done")


def _ago(moment: datetime) -> str:
    """How long ago, in one unit."""
    seconds = max(0, math.floor((now() - moment).total_seconds()))
    if seconds < 90:
        return _("%(count)s s") % {"count": seconds}
    if seconds < 90 * 60:
        return _("%(count)s min") % {"count": number(seconds // 60)}
    if seconds < 36 * 3600:
        hours = seconds // 3600
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": number(hours)}
    days = seconds // 86_400
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": number(days)}
