"""People, and what they are where: the verbs of admins, and of whoever has the server's command line."""

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction

from uploads import audit
from uploads.models import Destination, Membership, User
from uploads.models.people import SiteRole

from . import locks
from .changes import changes

#: What an admin can change of a person by `save_person`.
PERSON_FIELDS = ("first_name", "last_name", "email", "site_role")


class LastAdmin(Exception):
    """Nobody would be left to manage people and destinations."""


def save_person(actor: User, person: User) -> None:
    """Keep what was changed of a person's names, address and site-wide role.

    Raises LastAdmin where it would leave no active admin.
    """
    with transaction.atomic():
        admins = _locked_admins()
        before = locks.person(person.pk)
        if person.site_role != SiteRole.ADMIN:
            _keep_one(admins, without=before)
        told = changes(before, person, PERSON_FIELDS)
        if not told:
            return
        person.save(update_fields=PERSON_FIELDS)
        if "email" in told:
            person.vouch_for_email()
        audit.record(actor, "person.changed", about=person, changes=told)


def add_admin(username: str, email: str, password: str, *, command: str) -> User:
    """Make an admin from the command line, whose user nobody here knows: the event names the command."""
    with transaction.atomic():
        person = User.objects.create_superuser(username, email, password)
        audit.record(None, "person.added", about=person, site_role=str(person.site_role), command=command)
    return person


def set_password(person: User, password: str, *, command: str) -> None:
    """Give a person another password from the command line, and end their sessions."""
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        _end_all_sessions(person)
        audit.record(None, "person.password-changed", about=person, command=command)


def deactivate(actor: User, person: User) -> None:
    """Let somebody in no more, and end their sessions. Raises LastAdmin."""
    with transaction.atomic():
        _keep_one(_locked_admins(), without=person)
        if User.objects.filter(pk=person.pk, is_active=True).update(is_active=False):
            _end_all_sessions(person)
            audit.record(actor, "person.deactivated", about=person)


def reactivate(actor: User, person: User) -> None:
    """Let somebody in again."""
    with transaction.atomic():
        if User.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
            audit.record(actor, "person.reactivated", about=person)


def give_membership(actor: User, person: User, destination: Destination, role: str) -> bool:
    """Give a person a role at a destination; False where they hold it already."""
    with transaction.atomic():
        _membership, made = Membership.objects.get_or_create(
            person=person, destination=destination, role=role
        )
        if made:
            audit.record(
                actor,
                "membership.added",
                destination=destination,
                about=person,
                role=str(role),
            )
    return made


def take_membership(actor: User, membership: Membership) -> None:
    """Take a role at a destination away; nothing where somebody else has just done so."""
    with transaction.atomic():
        locks.destination(membership.destination_id)
        gone, _by_model = Membership.objects.filter(pk=membership.pk).delete()
        if gone:
            audit.record(
                actor,
                "membership.removed",
                destination=membership.destination,
                about=membership.person,
                role=str(membership.role),
            )


def reset_second_factor(actor: User, person: User) -> None:
    """Take all second factors off a person who lost theirs, and end their sessions."""
    with transaction.atomic():
        theirs = Authenticator.objects.filter(user=person)
        kinds = sorted(theirs.values_list("type", flat=True))
        if kinds:
            theirs.delete()
            _end_all_sessions(person)
            audit.record(actor, "person.second-factor-reset", about=person, kinds=kinds)


def sign_out_everywhere(actor: User, person: User) -> None:
    """End all sessions of a person."""
    with transaction.atomic():
        ended = _end_all_sessions(person)
        if ended:
            audit.record(actor, "person.sessions-ended", about=person, sessions=ended)


def _end_all_sessions(person: User) -> int:
    theirs = list(UserSession.objects.filter(user=person))
    for session in theirs:
        session.end()
    return len(theirs)


def _locked_admins() -> set[int]:
    """The active admins, locked in one order: of two who remove each other, one comes too late."""
    admins = User.objects.select_for_update(no_key=True).filter(site_role=SiteRole.ADMIN, is_active=True)
    return set(admins.order_by("pk").values_list("pk", flat=True))


def _keep_one(admins: set[int], without: User) -> None:
    if admins == {without.pk}:
        raise LastAdmin("Make somebody else an admin first: nobody could manage people any more.")
