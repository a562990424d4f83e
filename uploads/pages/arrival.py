"""Whether a batch arrived: what was read back of it, and what that says of the rest (T12, T13)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import batchfile, workflow
from uploads.models import ArrivalCheck, Batch, Destination
from uploads.models.arrival import ArrivalCheckQuerySet
from uploads.target import Match
from uploads.workflow import Arrival

from .exports import csv_file
from .profiles import MATCHES, SHOWS_WITHIN, ProfileLine, profile_line
from .words import moment, number

#: Of the profiles that are not as they were sent, so many stand on the page; the rest is in the download.
SHOWN = 10
#: What a person can ask for, as far as the batch has as many rows.
SIZES = (50, 200, 1000)
WAITS_FOR_CALLS = gettext_lazy(
    "They wait where the account is paused or has no call free; sending goes first."
)
COLUMNS = ("id", "attribute", "sent", "at_target", "changed_at", "finding", "part", "sent_at")


@dataclass(frozen=True)
class ArrivalPanel:
    """What a batch's page says about its arrival.

    check: the last one that ended; counts: a sentence for each kind of its profiles that are
    not simply as they were sent.
    estimate: what the sample says of the whole. then: when profiles are read back next, "" if not by itself.
    going_on: how far a check is that is under way, "" where none is. earlier: those that ended before.
    profiles: the first that are not as they were sent, for those who may see values; more: how many besides.
    sizes: how many profiles can be asked for, each with the time that they take.
    """

    check: ArrivalCheck | None
    summary: str
    tone: str
    counts: list[str]
    estimate: str
    then: str
    going_on: str
    earlier: list[ArrivalCheck]
    profiles: list[ProfileLine]
    more: int
    may_ask: bool
    sizes: list[tuple[int, str]]


def arrival_panel(batch: Batch, *, with_values: bool) -> ArrivalPanel | None:
    """The panel of a batch; None where nothing was or will be read back, nor can be."""
    checks = batch.arrival_checks.samples().select_related("asked_by")
    finished = list(checks.finished())
    may_ask = with_values and workflow.can_be_proven(batch)
    if not finished and not checks.open().exists() and not may_ask:
        return None
    last = finished[0] if finished else None
    under_way = checks.under_way().first()
    different = not_as_sent_of(batch, last) if last and with_values else []
    return ArrivalPanel(
        check=last,
        summary=summary_of(last) if last else _("Nothing has been read back from Target yet."),
        tone=tone_of_check(last) if last else "neutral",
        counts=list(counts_in_words(last, batch.destination)) if last else [],
        estimate=estimate(last) if last else "",
        then=_then(batch, checks, last),
        going_on=f"{going_on(under_way)} {WAITS_FOR_CALLS}" if under_way else "",
        earlier=finished[1:],
        profiles=different[:SHOWN],
        more=max(0, len(different) - SHOWN),
        may_ask=may_ask and under_way is None,
        sizes=_sizes(batch),
    )


def _sizes(batch: Batch) -> list[tuple[int, str]]:
    rows = sum(part.rows for part in workflow.parts_that_arrived(batch))
    sizes = [size for size in SIZES if size < rows]
    sizes += [rows] if len(sizes) < len(SIZES) else []
    return [(size, _size(size)) for size in sizes]


def badge_of(check: ArrivalCheck) -> tuple[str, str]:
    """A finished check in a tone and a few words, for lists of batches."""
    words = {"carrying": number(check.carrying), "sampled": number(check.sampled)}
    return tone_of_check(check), _("Sample: %(carrying)s of %(sampled)s") % words


def summary_of(check: ArrivalCheck) -> str:
    """How many of the profiles that were looked up are as they were sent."""
    if not check.sampled:
        return _("There was no row to look up: Target lists all that were drawn as failed.")
    words = {"carrying": number(check.carrying), "sampled": number(check.sampled)}
    return (
        ngettext(
            "%(carrying)s of %(sampled)s sampled profile carries the values sent.",
            "%(carrying)s of %(sampled)s sampled profiles carry the values sent.",
            check.sampled,
        )
        % words
    )


def estimate(check: ArrivalCheck) -> str:
    """What the sample says of the rows that nobody looked at, and no more."""
    if not check.telling:
        return _("None of these profiles tells whether the batch arrived.")
    if check.is_whole and check.telling == check.sampled:
        return _("Every row was looked up: this is a count, not an estimate.")
    share = batchfile.in_tenths_of_a_percent(batchfile.most_missing(check.telling, check.missing))
    if share >= 100:
        return _("That says nothing about the other rows.")
    words = {
        "carrying": number(check.carrying),
        "telling": number(check.telling),
        "share": number_format(float(share), 1),
    }
    return (
        _(
            "%(carrying)s of %(telling)s: with 95 %% confidence less than %(share)s %% of the rows "
            "are missing."
        )
        % words
    )


def not_as_sent(check: ArrivalCheck, look: dict) -> Iterator[str]:
    """The values of a check's look that Target has otherwise than they were sent, as lines of a CSV file."""
    return csv_file(COLUMNS, _records(check.batch, look))


def _records(batch: Batch, look: dict) -> Iterator[dict]:
    parts = {part.number: part for part in workflow.parts_that_arrived(batch)}
    for profile in look["profiles"]:
        part = parts[profile["part"]]
        sent_at = part.sending_at.isoformat(timespec="seconds")
        if profile["state"] != "found":
            label = profile_line(profile, part.sending_at).label
            values = (profile["id"], "", "", "", "", label, part.number, sent_at)
            yield dict(zip(COLUMNS, values, strict=True))
            continue
        for name, match in workflow.matches(profile, part.sending_at).items():
            if not match.is_as_sent:
                found, changed_at = profile["attributes"].get(name, (None, None))
                said = (profile["id"], name, profile["sent"][name], found, changed_at)
                values = (*said, str(MATCHES[match][0]), part.number, sent_at)
                yield dict(zip(COLUMNS, values, strict=True))


def not_as_sent_of(batch: Batch, check: ArrivalCheck) -> list[ProfileLine]:
    """The profiles of a check that are not simply as they were sent, with their values."""
    check.batch = batch
    look = workflow.look_of(check)
    parts = {part.number: part for part in workflow.parts_that_arrived(batch)}
    return [
        profile_line(profile, parts[profile["part"]].sending_at, _differs)
        for profile in (look["profiles"] if look else ())
        if workflow.arrival_of(profile, parts[profile["part"]]) != Arrival.CARRYING
    ]


def _differs(match: Match) -> bool:
    return not match.is_as_sent


def tone_of_check(check: ArrivalCheck) -> str:
    """The tone of what a finished check found."""
    if check.missing:
        return "warning"
    return "done" if check.telling else "neutral"


def counts_in_words(check: ArrivalCheck, destination: Destination) -> Iterator[str]:
    """A sentence for each kind of its profiles that are not simply as they were sent."""
    if count := check.differing:
        yield _said(
            count,
            ngettext(
                "%(count)s lacks a value that was sent, or has an older one.",
                "%(count)s lack a value that was sent, or have an older one.",
                count,
            ),
        )
    if count := check.unknown:
        is_v1 = destination.api_version == Destination.Version.V1
        yield _said(
            count,
            ngettext("%(count)s is not known to Target.", "%(count)s are not known to Target.", count),
            _("Version 1 of its API adds no visitors.") if is_v1 else "",  # F10
        )
    if count := check.changed:  # F5, F13
        yield _said(
            count,
            ngettext("%(count)s was changed since.", "%(count)s were changed since.", count),
            _(
                "Your site or a later batch did so, or Target keeps a value otherwise than it was sent. That "
                "tells neither way and does not count as missing."
            ),
        )
    if count := check.unanswered:
        yield _said(
            count,
            ngettext(
                "Of %(count)s Target said nothing, which tells neither way.",
                "Of %(count)s Target said nothing, which tells neither way.",
                count,
            ),
        )
    if count := check.left_out:
        yield _said(
            count,
            ngettext(
                "%(count)s more was drawn, but Target had refused it.",
                "%(count)s more were drawn, but Target had refused them.",
                count,
            ),
        )


def _said(count: int, sentence: str, further: str = "") -> str:
    return " ".join(filter(None, (sentence % {"count": number(count)}, further)))


def _then(batch: Batch, checks: ArrivalCheckQuerySet, last: ArrivalCheck | None) -> str:
    planned = checks.planned().order_by("due_at").first()
    if planned is not None:
        when = {"when": moment(planned.due_at)}
        if last and last.missing:  # T12
            return (
                _("Target can take up to 24 hours to show an update. It is looked at again at %(when)s.")
                % when
            )
        return _("Profiles are read back at %(when)s.") % when
    given_up = checks.exclude(given_up="").last()
    if given_up is not None:
        return _("Nothing more is read back: %(reason)s") % {"reason": given_up.get_given_up_display()}
    if last and last.missing and last.finished_at - _last_sending(batch) > SHOWS_WITHIN:  # T12
        return _("Target shows updates within 24 hours. What is missing now does not come by itself.")
    return ""


def _last_sending(batch: Batch) -> datetime:
    return max(part.sending_at for part in workflow.parts_that_arrived(batch))


def going_on(check: ArrivalCheck) -> str:
    """How far a check is that is under way."""
    if check.rows is None:
        return _("Profiles are about to be looked up in Target.")
    words = {"looked_up": number(check.looked_up), "sampled": number(check.sampled)}
    return _("%(looked_up)s of %(sampled)s profiles have been looked up.") % words


def _size(profiles: int) -> str:
    minutes = math.ceil(profiles / workflow.CALLS_BEFORE_PROFILES)
    words = {"profiles": number(profiles), "minutes": number(minutes)}
    if minutes == 1:
        return (
            ngettext(
                "%(profiles)s profile, within a minute", "%(profiles)s profiles, within a minute", profiles
            )
            % words
        )
    return _("%(profiles)s profiles, about %(minutes)s minutes") % words
