"""Inviting people: the admin's verbs, and the one of those who are invited."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from uploads import audit
from uploads.models import Destination, Invitation, Membership, User
from uploads.models.invitation import hash_of_token

from . import locks

log = logging.getLogger(__name__)


class MailNotSent(Exception):
    """The mail server did not take the invitation: nobody is invited."""


class InvitationGone(Exception):
    """The link is unknown, was used, has expired or was withdrawn."""


class NameTaken(Exception):
    """Somebody else has just taken the user name or has the address."""


@dataclass(frozen=True)
class Newcomer:
    """What somebody who accepts says of themselves."""

    username: str
    password: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""


def invite(
    actor: User,
    email: str,
    *,
    site_role: str = "",
    destination: Destination | None = None,
    role: str = "",
    language: str = "",
    link_to: Callable[[str], str],
) -> Invitation:
    """Send somebody a link with which they become what is said here; `link_to` makes it of a token.

    language: that of the e-mail; "": the one that is spoken anyhow.
    It takes the place of an earlier one to the same address. Raises MailNotSent.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        locks.destination(destination and destination.pk)
        earlier_ones = Invitation.objects.open().filter(email__iexact=email)
        for earlier in list(earlier_ones.select_for_update(no_key=True).order_by("pk")):
            withdraw_invitation(actor, earlier)
        invitation = Invitation.objects.create(
            email=email.lower(),
            site_role=site_role,
            destination=destination,
            role=role if destination else "",
            language=language,
            token_hash=hash_of_token(token),
            invited_by=actor,
            expires_at=timezone.now() + timedelta(days=settings.INVITATION_DAYS),
        )
        audit.record(
            actor,
            "invitation.sent",
            destination=destination,
            email=invitation.email,
            site_role=str(site_role),
            role=str(invitation.role),
        )
    try:
        _send(invitation, link_to(token))
    except (OSError, SMTPException) as error:
        log.error("An invitation could not be sent: %s", type(error).__name__)
        withdraw_invitation(actor, invitation)
        raise MailNotSent(type(error).__name__) from None
    return invitation


def withdraw_invitation(actor: User, invitation: Invitation) -> bool:
    """Take an invitation back; False where it cannot be accepted any more anyhow."""
    with transaction.atomic():
        if not Invitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=Now()):
            return False
        audit.record(
            actor, "invitation.withdrawn", destination=invitation.destination, email=invitation.email
        )
    return True


def invitation_of(token: str) -> Invitation:
    """The invitation that the token opens. Raises InvitationGone."""
    invitation = Invitation.objects.open().filter(token_hash=hash_of_token(token)).first()
    if invitation is None:
        raise InvitationGone
    return invitation


def accept_invitation(token: str, newcomer: Newcomer) -> User:
    """Make the account that somebody was invited to. Raises InvitationGone or NameTaken."""
    invitation = invitation_of(token)
    try:
        with transaction.atomic():
            locks.destination(invitation.destination_id)
            if not Invitation.objects.open().filter(pk=invitation.pk).update(accepted_at=Now()):
                raise InvitationGone
            person = _make_person(invitation, newcomer)
            Invitation.objects.filter(pk=invitation.pk).update(accepted_by=person)
    except IntegrityError:
        raise NameTaken from None
    return person


def _make_person(invitation: Invitation, newcomer: Newcomer) -> User:
    person = User.objects.create_user(
        newcomer.username,
        invitation.email,
        newcomer.password,
        first_name=newcomer.first_name,
        last_name=newcomer.last_name,
        site_role=invitation.site_role,
        language=newcomer.language,
    )
    audit.record(
        person,
        "invitation.accepted",
        destination=invitation.destination,
        about=person,
        email=invitation.email,
        site_role=str(invitation.site_role),
        invited_by=invitation.invited_by.get_username(),
    )
    if invitation.destination and invitation.role:
        Membership.objects.create(person=person, destination=invitation.destination, role=invitation.role)
        audit.record(
            invitation.invited_by,
            "membership.added",
            destination=invitation.destination,
            about=person,
            role=str(invitation.role),
        )
    return person


def _send(invitation: Invitation, link: str) -> None:
    with translation.override(invitation.language or translation.get_language()):
        text = render_to_string("people/invitation_mail.txt", {"invitation": invitation, "link": link})
        send_mail(_("Your invitation to Bulkprofile"), text, None, [invitation.email])
