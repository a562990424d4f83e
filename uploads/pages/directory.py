"""What the admin's pages say of people and destinations."""

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from uploads import workflow
from uploads.models import Destination, Invitation, User

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


@dataclass(frozen=True)
class InvitationLine:
    """An invitation as the admin sees it: where it stands (`tone`, `label`), and what it is to."""

    invitation: Invitation
    tone: str
    label: str
    roles: str
    is_open: bool


INVITATION_TONES = {
    Invitation.State.SENT: "ready",
    Invitation.State.ACCEPTED: "done",
    Invitation.State.EXPIRED: "neutral",
    Invitation.State.WITHDRAWN: "neutral",
}


def invitation_lines(invitations: Iterable[Invitation]) -> list[InvitationLine]:
    """The invitations in words."""
    return [
        InvitationLine(
            invitation,
            tone=INVITATION_TONES[invitation.state],
            label=str(invitation.state.label),
            roles=_roles_in_words(invitation),
            is_open=invitation.state == Invitation.State.SENT,
        )
        for invitation in invitations
    ]


def _roles_in_words(invitation: Invitation) -> str:
    said = []
    if invitation.site_role:
        said.append(invitation.get_site_role_display())
    if invitation.destination:
        words = {"role": invitation.get_role_display(), "destination": invitation.destination}
        said.append(gettext("%(role)s at %(destination)s") % words)
    return ", ".join(map(str, said)) or gettext("no role yet")
