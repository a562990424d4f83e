"""Audit events as readable lines."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from uploads import audit
from uploads.models import AuditEvent

SYSTEM = _("Bulkprofile")


@dataclass(frozen=True)
class AuditLine:
    """One event as the audit page shows it."""

    sequence: int
    at: datetime
    who: str
    sentence: str
    batch_id: int | None
    destination: str
    facts: list[tuple[str, str]]


def audit_line(event: AuditEvent) -> AuditLine:
    """The event in words; an action that a later version wrote keeps its own name."""
    return AuditLine(
        sequence=event.sequence,
        at=event.at,
        who=event.actor_name or str(SYSTEM),
        sentence=str(audit.ACTIONS.get(event.action, event.action)),
        batch_id=event.batch_id,
        destination=event.destination_name,
        facts=[
            (name.replace("_", " "), _plain(value))
            for name, value in event.facts.items()
            if value not in (None, "", {}, [])
        ],
    )


def _plain(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(inner)}" for name, inner in value.items() if inner is not None)
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
