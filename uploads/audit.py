"""The audit log's one writer and its verifier.

Each event's hash is an HMAC over the previous hash and the event itself, so that an edited, moved
or removed event breaks the chain from there on.
"""

import hashlib
import hmac
import json

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from uploads.models import AuditEvent, AuditHead, Batch, Destination, User

#: Every action there is, with its sentence. The names are stable: exports and filters rely on them.
ACTIONS = {
    "batch.received": _("uploaded the file"),
    "batch.reading-confirmed": _("confirmed how to read the file"),
    "batch.check-started": _("The check began"),
    "batch.ready": _("The check ended: ready to send"),
    "batch.refused": _("The check ended: the file cannot be used"),
    "batch.approval-asked": _("asked for approval"),
    "batch.approval-taken-back": _("took the request for approval back"),
    "batch.approval-void": _("The approval is void: what would be sent has changed"),
    "batch.approved": _("approved the batch"),
    "batch.returned": _("returned the batch"),
    "batch.rejected": _("rejected the batch"),
    "batch.released": _("released the batch"),
    "batch.stopped": _("stopped what had not been sent"),
    "batch.cancelled": _("The batch is cancelled"),
    "batch.delivering": _("Delivery goes on"),
    "batch.needs-attention": _("The batch needs attention"),
    "batch.complete": _("The batch is complete"),
    "batch.complete-with-failures": _("The batch is complete, with failures"),
    "batch.failed": _("The batch failed"),
    "batch.report-downloaded": _("downloaded the problem report"),
    "part.claimed": _("A worker took the part"),
    "part.released": _("The part went back to waiting: nothing had been sent"),
    "part.sending": _("Sending began"),
    "part.accepted": _("Target accepted the part"),
    "part.refused": _("The part was refused"),
    "part.waiting-to-retry": _("The part waits to be tried again: nothing was applied"),
    "part.in-doubt": _("The part is in doubt: nobody knows whether Target has it"),
    "part.complete": _("Target finished the part"),
    "part.complete-with-failures": _("Target finished the part, with failures"),
    "part.stuck": _("Target gave up on the part"),
    "part.status-unknown": _("The part's result cannot be learnt"),
    "part.cancelled": _("The part was cancelled, not sent"),
    "part.read-back": _("had profiles of the part read back from Target"),
    "part.not-applied": _("A late answer says that Target took nothing of the part"),
    "part.late-answer": _("Target's answer came after somebody had decided about the part"),
    "part.marked-arrived": _("marked the part as arrived"),
    "part.marked-not-arrived": _("marked the part as not arrived"),
    "part.resent": _("released the rows again, as a new part"),
    "part.closed-unknown": _("closed the part as unknown"),
    "part.acknowledged": _("took note of how the part ended"),
    "account.paused": _("The account was paused"),
    "account.resumed": _("The account goes on"),
    "destination.added": _("added a destination"),
    "destination.changed": _("changed a destination"),
    "destination.removed": _("removed a destination"),
    "destination.token-changed": _("changed a destination's token"),
    "person.added": _("added a person"),
    "person.changed": _("changed a person"),
    "person.deactivated": _("made a person inactive"),
    "person.reactivated": _("made a person active again"),
    "person.second-factor-reset": _("took a person's second factors away"),
    "person.password-changed": _("changed a password"),
    "invitation.sent": _("invited somebody"),
    "invitation.accepted": _("accepted an invitation"),
    "invitation.withdrawn": _("withdrew an invitation"),
    "membership.added": _("gave a membership"),
    "membership.changed": _("changed a membership"),
    "membership.removed": _("took a membership away"),
    "person.signed-in": _("signed in"),
    "person.signed-out": _("signed out"),
    "person.sign-in-failed": _("Somebody failed to sign in"),
    "person.confirmed": _("confirmed who they are"),
    "person.password-reset": _("set a new password by e-mail"),
    "person.email-changed": _("changed their e-mail address"),
    "person.second-factor-added": _("added a second factor"),
    "person.second-factor-removed": _("removed a second factor"),
    "person.sessions-ended": _("ended sessions"),
}


def record(
    actor: User | None,
    action: str,
    batch: Batch | None = None,
    *,
    destination: Destination | None = None,
    **facts,
) -> AuditEvent:
    """Append one event; call it inside the transaction that makes it true.

    `actor` None is the system itself. `facts` are small JSON values and never anything of a row.
    Raises ValueError for an action that is not listed in ACTIONS.
    """
    if action not in ACTIONS:
        raise ValueError(f"{action!r} is not an audit action.")
    if batch is not None and destination is None:
        destination = batch.destination
    with transaction.atomic():
        head, _created = AuditHead.objects.select_for_update().get_or_create(pk=1)
        event = AuditEvent(
            sequence=head.sequence + 1,
            at=now(),
            actor_id=actor.pk if actor else None,
            actor_name=actor.get_username() if actor else "",
            action=action,
            batch_id=batch.pk if batch else None,
            destination_id=destination.pk if destination else None,
            destination_name=destination.name if destination else "",
            facts=facts,
            previous_hash=head.hash,
        )
        event.hash = _hash_of(event)
        event.save(force_insert=True)
        head.sequence, head.hash = event.sequence, event.hash
        head.save(update_fields=["sequence", "hash"])
    return event


def first_break() -> int | None:
    """The sequence number at which the chain breaks, or None where it is whole.

    Also checks the head, so that events cut off the end show. The log may grow meanwhile: the head
    is read before the events and again after them.
    """
    head = _head()
    previous, expected = "", 1
    for event in AuditEvent.objects.order_by("sequence").iterator():
        whole = hmac.compare_digest(event.hash, _hash_of(event))
        if event.sequence != expected or event.previous_hash != previous or not whole:
            return expected
        if event.sequence == head.sequence and event.hash != head.hash:
            return expected
        previous, expected = event.hash, expected + 1
    if head.sequence >= expected:
        return expected
    ended = _head().sequence
    return ended + 1 if ended < expected - 1 else None


def _head() -> AuditHead:
    return AuditHead.objects.filter(pk=1).first() or AuditHead()


def _hash_of(event: AuditEvent) -> str:
    canonical = json.dumps(
        {
            "sequence": event.sequence,
            "at": event.at.isoformat(timespec="microseconds"),
            "actor": [event.actor_id, event.actor_name],
            "action": event.action,
            "batch": event.batch_id,
            "destination": [event.destination_id, event.destination_name],
            "facts": event.facts,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    message = f"{event.previous_hash}\n{canonical}".encode()
    return hmac.new(settings.AUDIT_KEY.encode(), message, hashlib.sha256).hexdigest()
