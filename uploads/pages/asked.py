"""What Target has now for one visitor, beside what was last sent (T13)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from uploads.models import Batch, Destination, Part
from uploads.workflow import Asked, AskedValue

from .profiles import MATCHES


@dataclass(frozen=True)
class AskedLine:
    """One attribute: as it was last sent, by which part, and as Target has it, with when it last changed."""

    name: str
    sent: str
    part: Part
    found: str | None
    changed_at: datetime | None
    verdict: str
    tone: str


@dataclass(frozen=True)
class AskedPage:
    """The answer in a sentence with what it means, and attribute by attribute."""

    summary: str
    hint: str
    tone: str
    lines: list[AskedLine]


def asked_page(batch: Batch, asked: Asked | None) -> AskedPage:
    """What is said of an answer; None: the batch is not known to have sent the identifier."""
    if asked is None:
        return AskedPage(
            _("Target was not asked."),
            _("This batch is not known to have sent this id: not yet, or its files are too long or gone."),
            "neutral",
            [],
        )
    summary, hint, tone = _said(batch, asked.state)
    return AskedPage(summary, hint, tone, [_line(value) for value in asked.values])


def _said(batch: Batch, state: str) -> tuple[str, str, str]:
    if state == "found":
        return (
            _("Target knows this visitor."),
            _("Only attributes that were sent from here by batches whose rows you may see are shown."),
            "neutral",
        )
    if state == "unknown":
        if batch.destination.api_version == Destination.Version.V1:  # F10
            return (
                _("Target knows no such visitor"),
                _("Version 1 of its API adds no visitors."),
                "warning",
            )
        return (  # T12
            _("Target knows no such visitor"),
            _("What was sent less than 24 hours ago may not show yet."),
            "warning",
        )
    if state == "unanswered":
        return _("Target did not answer"), _("Try again in a minute."), "warning"
    return (
        _("Target could not be asked just now."),
        _("Its account is paused, or no call is free: sending goes first. Try again in a minute."),
        "neutral",
    )


def _line(value: AskedValue) -> AskedLine:
    verdict, tone = MATCHES[value.match]
    found = value.found
    return AskedLine(
        name=value.name,
        sent=value.sent,
        part=value.part,
        found=found and found.value,
        changed_at=found and found.modified_at,
        verdict=str(verdict),
        tone=tone,
    )
