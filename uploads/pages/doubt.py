"""A part that a person decides about: what is known of it, and what was read back from Target."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from uploads import access, workflow
from uploads.models import AuditEvent, Batch, Part, PartState

from .events import AuditLine, audit_line
from .profiles import SHOWS_WITHIN, ProfileLine, profile_line
from .words import PART_REASONS, number

_TITLES = {
    PartState.IN_DOUBT: gettext_lazy("Part %(number)s is in doubt"),
    PartState.NOT_APPLIED: gettext_lazy("Part %(number)s did not arrive"),
    PartState.STUCK: gettext_lazy("Part %(number)s is stuck at Target"),
    PartState.STATUS_UNKNOWN: gettext_lazy("The result of part %(number)s is not known"),
}


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
    profiles = [profile_line(each, part.sending_at) for each in found["profiles"]] if found else []
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
