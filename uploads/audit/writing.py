"""The audit log's one writer."""

from django.db import transaction
from django.utils.timezone import now

from uploads.models import AuditEvent, AuditHead, Batch, Destination, User

from .actions import ACTIONS
from .chain import Link, hash_of, key_in_force
from .origin import origin


def record(
    actor: User | None,
    action: str,
    batch: Batch | None = None,
    *,
    destination: Destination | None = None,
    about: User | None = None,
    **facts,
) -> AuditEvent:
    """Append one event; call it inside the transaction that makes it true.

    `actor` None is the system itself, or somebody who is not signed in. `about` is the person whom it
    happens to. `facts` are small JSON values and never anything of a row.
    Locks the chain's end until the transaction is over. Raises ValueError for an action that is not
    listed in ACTIONS, IntegrityError where the log's end was tampered with, and `uploads.keys.UnknownKey`
    where its key is lost: nothing goes on unnoted.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is not an audit action.")
    if batch is not None and destination is None:
        destination = batch.destination
    place, at = origin(), now()
    with transaction.atomic():
        head = _held_head()
        event = AuditEvent(
            sequence=head.sequence + 1,
            # A clock that is set back does not go back here: a span of time is a span of the log.
            at=max(at, head.at or at),
            actor_id=actor.pk if actor else 0,
            actor_name=actor.get_username() if actor else "",
            site_role=actor.site_role if actor else "",
            destination_roles=_roles_at(destination, actor),
            ip=place.ip,
            device=place.device,
            action=action,
            batch_id=batch.pk if batch else None,
            destination_id=destination.pk if destination else None,
            destination_name=destination.name if destination else "",
            person_id=about.pk if about else None,
            person_name=about.get_username() if about else "",
            facts=facts,
            previous_hash=head.hash,
        )
        event.hash = hash_of(event, key_in_force())
        event.save(force_insert=True)
        head.sequence, head.hash, head.at = event.sequence, event.hash, event.at
        head.save(update_fields=["sequence", "hash", "at"])
    return event


def held_end() -> Link:
    """The chain's end, held until the transaction is over: no event is added meanwhile."""
    head = _held_head()
    return Link(head.sequence, head.hash)


def _held_head() -> AuditHead:
    return AuditHead.objects.select_for_update(no_key=True).get_or_create(pk=1)[0]


def _roles_at(destination: Destination | None, actor: User | None) -> str:
    if destination is None or actor is None:
        return ""
    return " ".join(
        sorted(actor.memberships.filter(destination=destination.pk).values_list("role", flat=True))
    )
