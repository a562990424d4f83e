"""E-mails that are due to people: an outbox."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .states import BatchState


class NotificationQuerySet(models.QuerySet):
    """The questions of the worker and the sweep."""

    def due(self):
        """Those whose time has come."""
        return self.filter(due_at__lte=Now())


class Notification(models.Model):
    """One person is to be told by e-mail that a batch came to stand in a state; gone once they were.

    due_at: when it is sent next. Whoever sends it moves this on first, so that nobody else does meanwhile.
    """

    batch = models.ForeignKey("uploads.Batch", on_delete=models.CASCADE)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    state = models.CharField(max_length=30, choices=BatchState.choices)
    due_at = models.DateTimeField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(fields=["batch", "person"], name="one_notification_a_batch_and_person")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.state}"
