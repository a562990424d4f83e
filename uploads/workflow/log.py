"""What is done with the audit log itself; each leaves its own event."""

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from uploads import audit, queue
from uploads.audit import Break, Link
from uploads.models import AuditEvent, AuditVerification, User

#: Events that one job walks along, a few seconds' work: a check waiting in the same queue never waits long.
SLICE = 100_000


def log_exported(actor: User, form: str, filters: dict[str, str]) -> AuditEvent:
    """Note that somebody takes the log, or what of it fits the filters, away. The event ends the export."""
    return audit.record(actor, "log.exported", format=form, filters=filters)


def history_exported(actor: User, form: str, filters: dict[str, str]) -> AuditEvent:
    """Note that somebody takes the list of batches, or what of it fits the filters, away."""
    return audit.record(actor, "batch.list-exported", format=form, filters=filters)


def copy_head(actor: User) -> str:
    """The log's end for safe-keeping elsewhere; the event that tells of it is that end."""
    event = audit.record(actor, "log.head-exported")
    return Link(event.sequence, event.hash).to_copy(event.at)


def compare_head(actor: User, kept: Link) -> Break | None:
    """Whether an end that was kept elsewhere is still part of the log; see `audit.contains`."""
    broken = audit.contains(kept)
    audit.record(actor, "log.head-compared", head=kept.sequence, found=broken.fault if broken else "")
    return broken


def ask_to_verify(actor: User) -> AuditVerification:
    """Have the whole chain verified by a worker; the verification that is under way, where there is one."""
    with transaction.atomic():
        end = audit.held_end()
        running = AuditVerification.objects.filter(ended_at=None).first()
        if running is None:
            running = AuditVerification.objects.create(asked_by=actor, until=end.sequence)
            queue.ring("verify", running.pk)
    return running


def go_on_verifying(verification_id: int) -> None:
    """Walk along one more slice of the chain; safe to run twice or at once. The sweep rings for the next."""
    running = AuditVerification.objects.filter(pk=verification_id, ended_at=None).first()
    if running is None:
        return
    verdict = audit.verify(Link(running.reached, running.reached_hash), most=SLICE)
    try:
        with transaction.atomic():
            if _note(running, verdict) and verdict.done:
                verified(verdict, running.asked_by)
    except IntegrityError:
        # The log's end was tampered with and takes no event: the page must say so all the same.
        _note(running, verdict)


def verified(verdict: audit.Verdict, actor: User | None = None) -> None:
    """Note the end of a walk along the chain."""
    broken = verdict.broken
    audit.record(
        actor,
        "log.verified",
        until=broken.sequence if broken else verdict.reached.sequence,
        found=broken.fault if broken else "",
    )


def _note(running: AuditVerification, verdict: audit.Verdict) -> bool:
    """Write down how far the walk is; False where another worker was faster."""
    mine = AuditVerification.objects.filter(pk=running.pk, ended_at=None, reached=running.reached)
    broken = verdict.broken
    return bool(
        mine.update(
            reached=verdict.reached.sequence,
            reached_hash=verdict.reached.hash,
            broken_at=broken and broken.sequence,
            fault=broken.fault if broken else "",
            ended_at=now() if verdict.done else None,
        )
    )
