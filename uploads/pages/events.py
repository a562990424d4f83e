"""Audit events as sentences."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from uploads import audit
from uploads.models import AttributeName, AuditEvent, BatchState, Destination, PartState, User
from uploads.models.people import Role, SiteRole

from .words import (
    CALL_OUTCOMES,
    CHECK_FAILURES,
    FIRST_ROWS_THEN,
    LOG_FAULTS,
    PART_REASONS,
    PROFILE_STATES,
    RECOVERED,
    SCHEDULE_FAILURES,
    SIGN_IN_FAILURES,
    SIGN_IN_STEPS,
    device_in_words,
    moment,
    number,
)

SYSTEM = _("Bulkprofile")
NOT_NOTED = _("(not noted)")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_NAMED = re.compile(r"\{(\w+)\}")
_VALUES = {
    # That an admin paused an account, its sentence says already.
    "reason": PART_REASONS | SCHEDULE_FAILURES | SIGN_IN_FAILURES | {"person": "", "recovered": RECOVERED},
    "failure": CHECK_FAILURES,
    "outcome": CALL_OUTCOMES,
    "answer": dict(PartState.choices),
    "found": LOG_FAULTS,
    "role": dict(Role.choices),
    "site_role": dict(SiteRole.choices) | {"": ""},
    "state": dict(BatchState.choices),
    "report": {
        "problems": _("problem report"),
        "correction": _("rows to correct"),
        "refused-by-target": _("rows that Target refused"),
        "not-as-sent": _("list of values that Target has otherwise"),
        "overlap": _("rows left out because of an overlap"),
    },
    "known": PROFILE_STATES,
    "then": FIRST_ROWS_THEN,
    "by": SIGN_IN_STEPS,
    "kind": SIGN_IN_STEPS,
    "kinds": SIGN_IN_STEPS,
    "kept": {True: _("entered"), False: _("removed")},
}
#: What changes are about, by the names that events hold: fields, and filters.
_FIELDS = {field.name: field for model in (AttributeName, User, Destination) for field in model._meta.fields}
_FILTERS = {"about": _("about whom"), "since": _("from"), "until": _("until")}


@dataclass(frozen=True)
class AuditLine:
    """One event as the audit page shows it.

    sentence: who did what to what, in words. capacity: the roles of that moment; origin: the address and
    the device; each empty where there is none.
    """

    sequence: int
    at: datetime
    sentence: str
    capacity: str
    origin: str
    batch_id: int | None
    destination: str


def audit_line(event: AuditEvent) -> AuditLine:
    """The event in words."""
    return AuditLine(
        sequence=event.sequence,
        at=event.at,
        sentence=sentence(event),
        capacity=_capacity(event),
        origin=", ".join(filter(None, (event.ip, device_in_words(event.device)))),
        batch_id=event.batch_id,
        destination=event.destination_name,
    )


def sentence(event: AuditEvent) -> str:
    """Who did what to what; an action that a later version wrote keeps its own name."""
    template = audit.ACTIONS.get(event.action)
    words = _Words(_words(event))
    if template is None:
        return f"{words['who']}: {event.action}"
    return _OPTIONAL.sub(lambda found: _if_known(found[1], words), str(template)).format_map(words)


class _Words(dict):
    """What the braces of a sentence may name; an event from an earlier version may lack some of it."""

    def __missing__(self, name: str) -> str:
        return str(NOT_NOTED)


def _if_known(part: str, words: dict[str, str]) -> str:
    return part if all(words.get(name) for name in _NAMED.findall(part)) else ""


def _words(event: AuditEvent) -> dict[str, str]:
    words = {name: _in_words(name, value) for name, value in event.facts.items() if value is not None}
    own = {
        "actor": event.actor_name,
        "batch": str(event.batch_id or ""),
        "destination": event.destination_name,
        "person": event.person_name,
    }
    words |= {name: value for name, value in own.items() if value}
    words["who"] = event.actor_name or str(SYSTEM)
    return words


def _in_words(name: str, value) -> str:
    if isinstance(value, list):
        return str(_(" and ")).join(_in_words(name, each) for each in value)
    if name == "send_at":
        return moment(datetime.fromisoformat(value))
    if name in _VALUES:
        return str(_VALUES[name].get(value, value))
    if isinstance(value, dict):
        return "; ".join(_change(key, inner) for key, inner in value.items())
    if isinstance(value, int) and not isinstance(value, bool):
        return number(value)
    return str(value)


def _change(name: str, value) -> str:
    """One entry of `changes` ([before, after], None where it was new), or of any other mapping."""
    field = _FIELDS.get(name)
    label = str(field.verbose_name if field else _FILTERS.get(name, name.replace("_", " ")))
    if not isinstance(value, list) or len(value) != 2:
        return f"{label} {value}"
    before, after = (_plain(each, field) for each in value)
    if value[0] is None:
        return f"{label} {after}"
    return str(_("{name} from {before} to {after}")).format(name=label, before=before, after=after)


def _plain(value, field=None) -> str:
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if field is not None:
        value = dict(field.flatchoices).get(value, value)
    return "–" if value in (None, "") else f"“{value}”"  # noqa: RUF001 (a dash is meant)


def _capacity(event: AuditEvent) -> str:
    labels = {str(value): str(label) for value, label in (*SiteRole.choices, *Role.choices)}
    roles = [event.site_role, *event.destination_roles.split()]
    return ", ".join(labels.get(role, role) for role in roles if role)
