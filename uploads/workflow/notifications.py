"""Telling people by e-mail that a batch needs them or has ended.

A change of state leaves notifications in the outbox, in its own transaction; a worker sends them. Should a
worker die between the mail server's answer and its note of it, somebody gets the same e-mail twice: better
than none.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from smtplib import SMTPException

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.timezone import now

from uploads import audit, queue
from uploads.models import Batch, BatchState, Notification, User
from uploads.models.people import Role
from uploads.models.states import FINAL_BATCH_STATES

from . import locks

logger = logging.getLogger(__name__)

#: A batch in one of these goes on only once somebody does something.
NEEDS_SOMEBODY = {
    BatchState.RECEIVED,
    BatchState.READY,
    BatchState.AWAITING_APPROVAL,
    BatchState.NEEDS_ATTENTION,
}
#: Whoever has just uploaded a file mostly still sits before it, and needs no e-mail about it.
GRACE = {BatchState.RECEIVED: timedelta(minutes=10), BatchState.READY: timedelta(minutes=10)}
#: After each attempt; the last is the one after which nobody tries again.
BACK_OFF = [timedelta(minutes=minutes) for minutes in (2, 10, 60, 360)]

#: What is written to a person about a batch: subject and text.
Compose = Callable[[User, Batch], tuple[str, str]]


def note(batch: Batch, state: BatchState, actor: User | None = None) -> None:
    """Put into the outbox whom it concerns that the batch stands in `state` now; call it in that transaction.

    Not the one who brought it there. What was still to be said about the batch's earlier state is not said.
    """
    Notification.objects.filter(batch=batch).delete()
    due_at = now() + GRACE.get(state, timedelta())
    Notification.objects.bulk_create(
        Notification(batch=batch, person=person, state=state, due_at=due_at)
        for person in _concerned(batch, state)
        if person != actor and _wants(person, state)
    )


def notify(notification_id: int, compose: Compose) -> None:
    """Send a notification that is due, unless it is no longer true or wanted.

    A mail server that does not take it is tried again later, with `BACK_OFF`; in the end the audit log says
    that nobody was told.
    """
    mine = Notification.objects.due().filter(pk=notification_id)
    if not mine.update(due_at=Now() + BACK_OFF[0], tries=F("tries") + 1):
        return
    notification = Notification.objects.select_related("person", "batch__destination").get(pk=notification_id)
    person, batch = notification.person, notification.batch
    still = person in _concerned(batch, BatchState(notification.state))
    if batch.state != notification.state or not still or not _wants(person, batch.state):
        notification.delete()
        return
    subject, text = compose(person, batch)
    try:
        send_mail(subject, text, None, [person.email])
    except (OSError, SMTPException) as error:
        logger.warning("An e-mail about batch %s was not sent: %s", batch.pk, type(error).__name__)
        _try_again(notification, type(error).__name__)
    else:
        _end(notification, "batch.person-notified")


def ring_for_notifications() -> None:
    """Have what is due sent."""
    for pk in Notification.objects.due().values_list("pk", flat=True):
        queue.ring("notify", pk)


def _try_again(notification: Notification, reason: str) -> None:
    if notification.tries > len(BACK_OFF):
        _end(notification, "batch.person-not-notified", error=reason)
    else:
        due_at = Now() + BACK_OFF[notification.tries - 1]
        Notification.objects.filter(pk=notification.pk).update(due_at=due_at)


def _end(notification: Notification, action: str, **facts) -> None:
    with transaction.atomic():
        locks.batch(notification.batch_id)
        if Notification.objects.filter(pk=notification.pk).delete()[0]:
            about = {"about": notification.person, "state": notification.state}
            audit.record(None, action, notification.batch, **about, **facts)


def _concerned(batch: Batch, state: BatchState) -> Iterator[User]:
    """Whom it concerns: the uploader where they go on or it is over, the reviewers where they decide."""
    if state in FINAL_BATCH_STATES | NEEDS_SOMEBODY - {BatchState.AWAITING_APPROVAL}:
        yield batch.owner
    if state in (BatchState.AWAITING_APPROVAL, BatchState.NEEDS_ATTENTION):
        at = {"memberships__destination": batch.destination, "memberships__role": Role.REVIEWER}
        yield from User.objects.filter(**at).exclude(pk=batch.owner_id)


def _wants(person: User, state: BatchState) -> bool:
    if not person.is_active or not person.email:
        return False
    match person.notifications:
        case User.Notifications.NONE:
            return False
        case User.Notifications.NEEDED:
            return state in NEEDS_SOMEBODY
    return True
