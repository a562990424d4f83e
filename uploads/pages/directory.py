"""What the admin's pages say of people and destinations."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from uploads import workflow
from uploads.models import Destination, User

from .words import number

KINDS = {
    Authenticator.Type.TOTP: _("Authenticator app"),
    Authenticator.Type.WEBAUTHN: _("Passkey"),
}


@dataclass(frozen=True)
class Security:
    """How a person signs in: their second factors, and in how many places they are signed in."""

    factors: list[str]
    sessions: int


def security_of(person: User) -> Security:
    """How a person signs in, as the admin sees it; never a secret."""
    kinds = Authenticator.objects.filter(user=person, type__in=KINDS).order_by("type", "pk")
    return Security(
        factors=[str(KINDS[kind]) for kind in kinds.values_list("type", flat=True)],
        sessions=len(UserSession.objects.purge_and_list(person)),
    )


@dataclass(frozen=True)
class DestinationLine:
    """A destination as the admin sees it: how it is (`tone`, `label`), and what that means (`note`)."""

    destination: Destination
    tone: str
    label: str
    note: str
    paused: bool
    members: str


def destination_line(destination: Destination) -> DestinationLine:
    """How a destination is."""
    lane = workflow.lane_of(destination)
    if lane.paused and lane.pause_reason == "token":
        tone, label = "error", _("Paused")
        note = _("Target refused the token (401 or 403). Nothing is sent until there is another one.")
    elif lane.paused:
        tone, label = "warning", _("Paused")
        note = _("An admin paused the account. Nothing is sent until an admin resumes it.")
    elif not destination.active:
        tone, label = "neutral", _("Not active")
        note = _("Nobody can start a batch. What was released before is still sent.")
    else:
        tone, label, note = "done", _("Open"), _("Batches go out.")
    people = destination.memberships.values("person").distinct().count()
    members = ngettext("%(count)s person", "%(count)s people", people) % {"count": number(people)}
    return DestinationLine(destination, tone, str(label), str(note), lane.paused, members)
