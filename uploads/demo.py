"""The demo accounts and destinations that `make run` begins with."""

import secrets

from django.db import transaction

from uploads import audit
from uploads.models import Destination, Membership, User
from uploads.models.people import Role, SiteRole

#: User name, site-wide role, role at each of the destinations.
PEOPLE = [
    ("uploader", SiteRole.NONE, Role.UPLOADER),
    ("reviewer", SiteRole.NONE, Role.REVIEWER),
    ("auditor", SiteRole.AUDITOR, None),
    ("admin", SiteRole.ADMIN, None),
]
SANDBOX_CLIENT_CODE = "sandbox"
#: Name, client code, and when a second person approves a batch.
DESTINATIONS = [
    ("Sandbox", SANDBOX_CLIENT_CODE, Destination.Approval.NEVER),
    ("Sandbox (four eyes)", "sandbox-four-eyes", Destination.Approval.ALWAYS),
]


def make_demo(password: str | None) -> str | None:
    """Make what is missing of the demo; return the password if accounts were made.

    A password given (DEMO_PASSWORD) is also set on accounts that exist already; otherwise new
    accounts share a random one, and existing ones keep theirs. Roles are given with what is new only: one
    that was taken away stays away.
    """
    with transaction.atomic():
        new_places = _make_destinations()
        missing = [row for row in PEOPLE if not User.objects.filter(username=row[0]).exists()]
        shared = password or (secrets.token_urlsafe(9) if missing else None)
        for username, site_role, _role in missing:
            person = User.objects.create_user(username, password=shared, site_role=site_role)
            audit.record(None, "person.added", about=person, site_role=str(site_role))
        new_people = {row[0] for row in missing}
        for place in Destination.objects.filter(name__in=[row[0] for row in DESTINATIONS]):
            for username, _site_role, role in PEOPLE:
                if role and (place in new_places or username in new_people):
                    _give_role(username, place, role)
        if password:
            # Hashing is slow on purpose, and those just made have this password.
            for user in User.objects.filter(username__in={row[0] for row in PEOPLE} - new_people):
                if not user.check_password(password):
                    user.set_password(password)
                    user.save(update_fields=["password"])
                    audit.record(None, "person.password-changed", about=user, command="demo")
    return shared


def _make_destinations() -> list[Destination]:
    """Make the destinations that are missing; returns these."""
    new = []
    for name, client_code, approval in DESTINATIONS:
        place, made = Destination.objects.get_or_create(
            name=name,
            defaults={
                "kind": Destination.Kind.SANDBOX,
                "client_code": client_code,
                "approval": approval,
            },
        )
        if made:
            audit.record(None, "destination.added", destination=place)
            new.append(place)
    return new


def _give_role(username: str, place: Destination, role: str) -> None:
    person = User.objects.get(username=username)
    Membership.objects.create(person=person, destination=place, role=role)
    audit.record(None, "membership.added", destination=place, about=person, role=str(role))
