"""A part that a person decides about: what is known of it, and what was read back from Target."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import access, workflow
from uploads.models import AuditEvent, Batch, Part, PartState

from .events import AuditLine, audit_line
from .words import PART_REASONS, number

#: Target's clock and ours may differ by as much.
CLOCKS_DIFFER_BY = timedelta(minutes=1)
#: After that, what Target took has long shown (T12).
SHOWS_WITHIN = timedelta(hours=24)
#: Rows may have any number of attributes (F8); a table that shows them all helps nobody.
MOST_VALUES = 20

_TITLES = {
    PartState.IN_DOUBT: gettext_lazy("Part %(number)s is in doubt"),
    PartState.NOT_APPLIED: gettext_lazy("Part %(number)s did not arrive"),
    PartState.STUCK: gettext_lazy("Part %(number)s is stuck at Target"),
    PartState.STATUS_UNKNOWN: gettext_lazy("The result of part %(number)s is not known"),
}
_STATES = {
    "waiting": (gettext_lazy("Not looked up yet"), "progress"),
    "unanswered": (gettext_lazy("Target did not answer"), "warning"),
    "unknown": (gettext_lazy("Target knows no such visitor"), "warning"),
    "found": (gettext_lazy("Found"), "neutral"),
}


@dataclass(frozen=True)
class ValueLine:
    """One value that the part carries, beside what Target has; `found` is None where it has nothing.

    arrived: Target has it, set since the part was sent.
    """

    name: str
    sent: str
    found: str | None
    verdict: str
    tone: str
    arrived: bool = False


@dataclass(frozen=True)
class ProfileLine:
    """One profile that was looked up, with its first values; `more` it has besides.

    speaks_for_arrival: Target has one of all its values, set since the part was sent.
    """

    identifier: str
    label: str
    tone: str
    values: list[ValueLine]
    more: int = 0
    speaks_for_arrival: bool = False


@dataclass(frozen=True)
class ReadBack:
    """The last look: whether it still goes on, when it was, what it says."""

    goes_on: bool
    at: datetime | None
    summary: str
    profiles: list[ProfileLine]


@dataclass(frozen=True)
class DoubtPage:
    """What a person who decides about a part is shown."""

    title: str
    explanation: str
    events: list[AuditLine]
    read_back: ReadBack
    may_send_again: bool


def doubt_page(batch: Batch, part: Part) -> DoubtPage:
    """The page about a part that is undecided; for those who may resolve it, as it shows values."""
    events = AuditEvent.objects.filter(batch_id=batch.pk, facts__part=part.number).order_by("sequence")
    return DoubtPage(
        title=_TITLES[part.status] % {"number": part.number},
        explanation=str(PART_REASONS.get(part.reason, "")),
        events=[audit_line(event) for event in events],
        read_back=read_back_page(part),
        may_send_again=workflow.can_send_again(batch),
    )


def read_back_page(part: Part) -> ReadBack:
    """What was read back of a part so far."""
    found = workflow.read_back_of(part)
    profiles = [_profile(profile, part) for profile in found["profiles"]] if found else []
    return ReadBack(
        goes_on=part.read_back_due_at is not None,
        at=part.read_back_at,
        summary=_summary(part, profiles) if found and found["finished"] else "",
        profiles=profiles,
    )


def who_decides(batch: Batch) -> str:
    """Who can decide about the batch, for those who cannot."""
    names = [str(person) for person in access.deciders_of(batch)]
    if names:
        return _("Somebody else has to decide about it. These people can: %(names)s.") % {
            "names": ", ".join(names)
        }
    return _(
        "Nobody can decide about it yet: it takes a reviewer of %(destination)s who did not upload this "
        "batch. Ask an admin to make somebody a reviewer."
    ) % {"destination": batch.destination.name}


def decided_in_words(part: Part) -> str:
    """What became of a part that somebody wanted to decide about, but no longer can."""
    words = {"number": part.number, "state": part.status.label}
    if not part.decision:
        return _("There is nothing to decide about part %(number)s any more: %(state)s.") % words
    words |= {
        "decision": part.get_decision_display(),
        "person": part.decided_by,
        "reason": part.decision_reason,
    }
    return _("%(person)s has decided about part %(number)s: %(decision)s. “%(reason)s”") % words


def _profile(profile: dict, part: Part) -> ProfileLine:
    label, tone = _STATES[profile["state"]]
    values = [
        _value(name, sent, *profile["attributes"].get(name, (None, None)), part.sending_at)
        for name, sent in (profile["sent"].items() if profile["state"] == "found" else ())
    ]
    return ProfileLine(
        identifier=profile["id"],
        label=str(label),
        tone=tone,
        values=values[:MOST_VALUES],
        more=max(0, len(values) - MOST_VALUES),
        speaks_for_arrival=any(value.arrived for value in values),
    )


def _value(name: str, sent: str, found: str | None, modified: str | None, sending_at: datetime) -> ValueLine:
    if found is None:
        return ValueLine(name, sent, None, _("not there"), "warning")
    moment = datetime.fromisoformat(modified) if modified else None
    since = moment is not None and moment > sending_at - CLOCKS_DIFFER_BY
    if found != sent:
        verdict = _("another value, set since") if since else _("another value")  # F13
        return ValueLine(name, sent, found, verdict, "warning")
    if since:
        return ValueLine(name, sent, found, _("as sent, set since"), "done", arrived=True)
    verdict = _("as sent, but set before") if moment else _("as sent; Target does not say since when")
    return ValueLine(name, sent, found, verdict, "neutral")


def _summary(part: Part, profiles: list[ProfileLine]) -> str:
    if not profiles:
        return _("The part's file is no longer in storage: nobody can say which profiles to look up.")
    arrived = sum(profile.speaks_for_arrival for profile in profiles)
    words = {"arrived": number(arrived), "profiles": number(len(profiles))}
    if arrived:
        sentence = ngettext(
            "Of %(profiles)s profile, %(arrived)s holds a value of this part that was set since it was sent.",
            "Of %(profiles)s profiles, %(arrived)s hold a value of this part that was set since it was sent.",
            len(profiles),
        )
        return f"{sentence % words} " + _("That speaks for its arrival.")
    sentence = _("None of the profiles holds a value of this part that was set since it was sent.")
    if part.read_back_at - part.sending_at < SHOWS_WITHIN:  # T12
        return f"{sentence} " + _(
            "Target can take up to 24 hours to show an update, so this does not prove that it did not arrive."
        )
    return f"{sentence} " + _("That speaks against its arrival.")
