"""The audit log page by page, as a file, and whether its chain holds."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from uploads.models import AuditEvent, AuditVerification
from uploads.models.audit import AuditEventQuerySet

from .events import AuditLine, audit_line, sentence
from .exports import csv_file, json_file
from .words import LOG_FAULTS, number

A_PAGE = 50
EXPORTED = (
    "sequence", "at", "actor_name", "site_role", "destination_roles", "ip", "device", "action",
    "destination_name", "batch_id", "person_name", "facts", "previous_hash", "hash",
)  # fmt: skip


@dataclass(frozen=True)
class LogPage:
    """Events from the newest to the oldest. newer, older: from which event the neighbouring page goes on,
    None where there is none."""

    lines: list[AuditLine]
    newer: int | None = None
    older: int | None = None


def log_page(events: AuditEventQuerySet, *, before: int | None = None, after: int | None = None) -> LogPage:
    """The page that ends before an event, or begins after one, or the newest.

    It counts nothing and passes over nothing, so that the millionth page costs as much as the first.
    """
    if after is not None:
        found = list(events.filter(sequence__gt=after).order_by("sequence")[: A_PAGE + 1])
        if len(found) > A_PAGE:
            return LogPage(_lines(found[A_PAGE - 1 :: -1]), found[A_PAGE - 1].sequence, found[0].sequence)
        before = None  # The newest page, and a full one.
    earlier = events if before is None else events.filter(sequence__lt=before)
    found = list(earlier.order_by("-sequence")[: A_PAGE + 1])
    shown = found[:A_PAGE]
    if before is not None and not shown:
        return log_page(events)
    return LogPage(
        _lines(shown),
        newer=shown[0].sequence if before is not None else None,
        older=shown[-1].sequence if len(found) > A_PAGE else None,
    )


def _lines(events: list[AuditEvent]) -> list[AuditLine]:
    return [audit_line(event) for event in events]


def csv_lines(events: AuditEventQuerySet) -> Iterator[str]:
    """The events from the first to the last as lines of a CSV file that no spreadsheet takes for formulas."""
    return csv_file((*EXPORTED, "sentence"), map(_exported, events.in_order()))


def json_lines(events: AuditEventQuerySet) -> Iterator[str]:
    """The events from the first to the last, each one JSON object a line."""
    return json_file(map(_exported, events.in_order()))


def _exported(event: AuditEvent) -> dict:
    content = {name: getattr(event, name) for name in EXPORTED}
    content["at"] = event.at.isoformat(timespec="microseconds")
    return {**content, "sentence": sentence(event)}


@dataclass(frozen=True)
class ChainPage:
    """Whether the chain holds, as far as the last verification tells. progress: of 100, while it runs."""

    headline: str
    hint: str
    tone: str
    verification: AuditVerification | None = None
    progress: int | None = None


def chain_page() -> ChainPage:
    """What the last verification found, or how far it is."""
    last = AuditVerification.objects.select_related("asked_by").first()
    if last is None:
        return ChainPage(
            _("Nobody has verified the log yet"),
            _("Verifying recomputes the hash of every event and says whether one was changed or removed."),
            "neutral",
        )
    if last.ended_at is None:
        far = {"reached": number(last.reached), "until": number(last.until)}
        return ChainPage(
            _("The log is being verified"),
            _("%(reached)s of %(until)s events are whole so far.") % far,
            "progress",
            last,
            min(100, 100 * last.reached // max(1, last.until)),
        )
    if last.broken_at is not None:
        return ChainPage(
            _("The chain breaks at event %(number)s") % {"number": number(last.broken_at)},
            _(
                "There, %(fault)s. Whatever stands from there on may have been written by somebody else. "
                "Keep a copy of the database, and find out who could write to it."
            )
            % {"fault": LOG_FAULTS[last.fault]},
            "error",
            last,
        )
    return ChainPage(
        _("The chain is whole"),
        _("All %(number)s events are as they were written.") % {"number": number(last.reached)},
        "done",
        last,
    )
