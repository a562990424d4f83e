"""Destinations: the admin's verbs."""

from django.db import transaction

from uploads import audit
from uploads.models import Destination, User

from . import locks
from .calls import resume
from .changes import changes

#: What an admin can change of a destination by `save_destination`; a token has a verb of its own.
DESTINATION_FIELDS = (
    "name",
    "kind",
    "client_code",
    "api_version",
    "uses_ecid",
    "unproven_values",
    "approval",
    "approval_rows",
    "approval_rejected_percent",
    "approval_of_losses",
    "keep_days",
    "proof_profiles",
    "business_start",
    "business_end",
    "business_first_day",
    "business_last_day",
    "time_zone",
    "big_rows",
    "active",
)
#: Fixed once it is used: what was meant for one account never goes to another.
FIXED_ONCE_USED = ("kind", "client_code")


class StillUsed(Exception):
    """The history keeps its destinations: one with batches is made inactive, not removed."""


def save_destination(actor: User, destination: Destination) -> None:
    """Keep a new destination, or what was changed of one; where it leads stays once it is used."""
    with transaction.atomic():
        before = locks.destination(destination.pk)
        if before is not None and before.is_used:
            for name in FIXED_ONCE_USED:
                setattr(destination, name, getattr(before, name))
        told = changes(before, destination, DESTINATION_FIELDS)
        if before is None:
            destination.save()
        elif told:
            destination.save(update_fields=DESTINATION_FIELDS)
        if told:
            verb = "changed" if before else "added"
            audit.record(actor, f"destination.{verb}", destination=destination, changes=told)


def set_token(actor: User, destination: Destination, token: str) -> None:
    """Keep another token, or none where it is empty; an account that waited for one goes on (T3)."""
    with transaction.atomic():
        # First, so that a change of the token key comes before it is encrypted, or after, and finds it.
        locks.destination(destination.pk)
        locks.account(destination)
        destination.set_token(token)
        destination.save(update_fields=["token_sealed", "token_set_at"])
        audit.record(actor, "destination.token-changed", destination=destination, kept=bool(token))
        # Forgetting one is an answer as well: the account may have stopped asking for tokens.
        resume(destination, actor, paused_for="token")


def remove_destination(actor: User, destination: Destination) -> None:
    """Remove a destination that nothing was ever sent to. Raises StillUsed."""
    with transaction.atomic():
        # With its key, so that nobody begins a batch for it meanwhile.
        locked = Destination.objects.select_for_update().get(pk=destination.pk)
        if locked.is_used:
            raise StillUsed("It has batches: make it inactive instead.")
        audit.record(actor, "destination.removed", destination=locked)
        locked.delete()
