"""One of everything that the site has addresses for."""

import json
from collections.abc import Callable
from datetime import timedelta

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.utils import timezone

from tests.support import files as made
from tests.support.overlaps import chosen
from tests.support.restoring import looked, taken
from uploads import files, local_files, workflow
from uploads.models import ArrivalCheck, AttributeName, Invitation, Part, User
from uploads.models.invitation import hash_of_token
from uploads.workflow import looks

TOKEN = "a-token-of-an-invitation"


def one_of_everything(checked, uploader, destination, admin) -> Callable[[str], list]:
    """One of everything that an address can be about, the uploader's: arguments by the address's name.

    `checked` is the fixture that uploads and checks.
    """
    taken(uploader, checked(b"thirdPartyId,renewal\nA4,may\n"))
    # So much that the profile comes near its limit (F8).
    heavy = b"may-" * 15_000
    restored = taken(uploader, checked(b"thirdPartyId,plan,renewal\nA4,pro," + heavy + b"\n"))
    looked(uploader, restored)
    batch = chosen(uploader, checked(made.SOME_BAD), "leave-out")
    part = batch.parts.get()
    with local_files.scratch_folder() as folder:
        listed = folder / "listed"
        listed.write_text(json.dumps("A1") + "\n")
        files.keep(listed, files.listed_name(part))
    Part.objects.filter(pk=part.pk).update(listed=1, locate_due_at=timezone.now() - timedelta(days=1))
    workflow.locate(part.pk)
    arrival = ArrivalCheck.objects.create(batch=batch, wanted=50, rows=1, finished_at=timezone.now())
    looks.keep(files.arrival_name(arrival), {"key": "thirdPartyId", "profiles": []})
    upload = workflow.begin_upload(uploader, destination, "people.csv", 10)
    invitation = Invitation.objects.create(
        email="new@example.com",
        token_hash=hash_of_token(TOKEN),
        invited_by=admin,
        expires_at=timezone.now() + timedelta(days=1),
    )
    session = UserSession.objects.create(user=uploader, ip="127.0.0.1", session_key="elsewhere")
    passkey = Authenticator.objects.create(
        user=User.objects.create_user("somebody"), type=Authenticator.Type.WEBAUTHN, data={"name": "Key"}
    )
    TOTP.activate(uploader, "SECRET")
    RecoveryCodes.activate(uploader)
    address = EmailAddress.objects.create(user=uploader, email="new-address@example.com")
    AttributeName.objects.note(destination, ["city", "tier", "Tier"], uploader)
    exact = {
        "batches": [],
        "attributes": [destination.pk],
        "attribute": [destination.pk, destination.attribute_names.first().pk],
        "batch-row": [batch.pk, 3],
        "batch-restore": [restored.pk],
        "batch-restore-live": [restored.pk],
        "batches-csv": [],
        "batch-arrival-csv": [batch.pk, arrival.pk],
        "batches-jsonl": [],
        "batch-new": [],
        "batch-example": [],
        "upload-begin": [],
        "people": [],
        "destinations": [],
        "destination-new": [],
        "membership-give": [uploader.pk],
        "membership-take": [uploader.pk, uploader.memberships.get().pk],
        "invitation-withdraw": [invitation.pk],
        "invitation": [TOKEN],
        "session-end": [session.pk],
        "mfa_remove_webauthn": [passkey.pk],
        "openid_connect_login": ["company"],
        "openid_connect_callback": ["company"],
        "account_reset_password_from_key": ["1", "set-password"],
        "account_confirm_email": [EmailConfirmationHMAC(address).key],
    }
    prefixes = {
        "batch": [batch.pk],
        "part-": [batch.pk, 1],
        "upload": [upload.pk],
        "person": [uploader.pk],
        "destination": [destination.pk],
        "forgetting": [workflow.look_for(admin, "A1").pk],
    }

    def arguments(name: str) -> list:
        fitting = (value for prefix, value in prefixes.items() if name.startswith(prefix))
        return exact.get(name) if name in exact else next(fitting, [])

    return arguments
