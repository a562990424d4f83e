"""The demo accounts and the Sandbox destination that `make run` begins with."""

import secrets

from django.db import transaction

from uploads import audit
from uploads.models import Destination, Membership, User
from uploads.models.people import Role, SiteRole

#: User name, site-wide role, role at the Sandbox.
PEOPLE = [
    ("uploader", SiteRole.NONE, Role.UPLOADER),
    ("reviewer", SiteRole.NONE, Role.REVIEWER),
    ("auditor", SiteRole.AUDITOR, None),
    ("admin", SiteRole.ADMIN, None),
]
SANDBOX_NAME = "Sandbox"
SANDBOX_CLIENT_CODE = "sandbox"


def make_demo(password: str | None) -> str | None:
    """Make what is missing of the demo; return the password if accounts were made.

    A password given (DEMO_PASSWORD) is also set on accounts that exist already; otherwise new
    accounts share a random one, and existing ones keep theirs.
    """
    with transaction.atomic():
        sandbox, made = Destination.objects.get_or_create(
            name=SANDBOX_NAME,
            defaults={"kind": Destination.Kind.SANDBOX, "client_code": SANDBOX_CLIENT_CODE},
        )
        if made:
            audit.record(None, "destination.added", destination=sandbox)
        missing = [row for row in PEOPLE if not User.objects.filter(username=row[0]).exists()]
        shared = password or (secrets.token_urlsafe(9) if missing else None)
        for username, site_role, role in missing:
            _make_person(username, site_role, role, sandbox, shared)
        if password:
            for user in User.objects.filter(username__in=[row[0] for row in PEOPLE]):
                if not user.check_password(password):
                    user.set_password(password)
                    user.save(update_fields=["password"])
    return shared


def _make_person(
    username: str, site_role: str, role: str | None, sandbox: Destination, password: str
) -> None:
    user = User.objects.create_user(username, password=password, site_role=site_role)
    audit.record(None, "person.added", person=username, site_role=str(site_role))
    if role is not None:
        Membership.objects.create(person=user, destination=sandbox, role=role)
        audit.record(None, "membership.added", destination=sandbox, person=username, role=str(role))
