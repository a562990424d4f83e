"""Whether a batch arrived: profiles drawn from it, read back from Target (T13) and counted."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .batch import Batch
from .part import Part


class ArrivalCheckQuerySet(models.QuerySet):
    """The questions that the sweep, the pages and the deletion of files ask."""

    def samples(self):
        """Drawn from a whole batch: not those that look at the first rows alone."""
        return self.filter(part=None)

    def open(self):
        """Neither finished nor given up."""
        return self.exclude(due_at=None)

    def under_way(self):
        """Begun, or about to: not those that are planned for later."""
        return self.open().filter(models.Q(due_at__lte=Now()) | models.Q(rows__isnull=False))

    def planned(self):
        """Not begun, and for later."""
        return self.filter(due_at__gt=Now(), rows=None)

    def due(self):
        """Whose time has come, and that no worker holds."""
        unheld = models.Q(claim=None) | models.Q(lease_until__lt=Now())
        return self.filter(unheld, due_at__lte=Now())

    def at_work(self):
        """Held by a worker, who is about to write the file with values."""
        return self.filter(lease_until__gte=Now()).exclude(claim=None)

    def finished(self):
        """With figures, the newest first."""
        return self.exclude(finished_at=None).order_by("-finished_at", "-pk")


class ArrivalCheck(models.Model):
    """One look at profiles of a batch; what was found of each is a file of the batch, for it holds values."""

    class GivenUp(models.TextChoices):
        FILES_DELETED = "files-deleted", _("The batch's files have been deleted.")
        FORGOTTEN = "forgotten", _("A person was taken out of the batch's files.")
        FILE_MISSING = "file-missing", _("A file of the batch is no longer in storage.")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="arrival_checks")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="empty for one that the end of a batch, or of its first rows, has caused",
    )
    part = models.ForeignKey(
        Part,
        on_delete=models.CASCADE,
        null=True,
        related_name="arrival_checks",
        help_text="the first rows that went alone, all of which are looked up; empty for a sample of all",
    )
    wanted = models.PositiveIntegerField(help_text="profiles to look up")
    due_at = models.DateTimeField(null=True, help_text="when a worker begins or goes on; empty at the end")
    claim = models.UUIDField(null=True, help_text="fencing token of the worker that holds it")
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    given_up = models.CharField(max_length=20, choices=GivenUp.choices, blank=True)

    rows = models.BigIntegerField(null=True, help_text="of the parts that Target took, which were drawn from")
    left_out = models.PositiveIntegerField(
        default=0, help_text="rows drawn of which Target said that they failed (T9), or without a value (F7)"
    )
    sampled = models.PositiveIntegerField(default=0, help_text="profiles to look up; the sum of those below")
    looked_up = models.PositiveIntegerField(default=0, help_text="so far")
    carrying = models.PositiveIntegerField(default=0, help_text="with every value as it was sent")
    changed = models.PositiveIntegerField(default=0, help_text="with a value that was set since (F13)")
    differing = models.PositiveIntegerField(default=0, help_text="with a value missing, or an older one")
    unknown = models.PositiveIntegerField(default=0, help_text="that Target does not know")
    unanswered = models.PositiveIntegerField(default=0, help_text="of which Target said nothing")

    objects = ArrivalCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check of arrival")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="arrival_due")
        ]

    def __str__(self) -> str:
        return f"check {self.pk} of the arrival of batch {self.batch_id}"

    @property
    def missing(self) -> int:
        """Profiles without what was sent."""
        return self.differing + self.unknown

    @property
    def telling(self) -> int:
        """Profiles that tell whether they arrived: what was changed since (F13) says neither."""
        return self.carrying + self.missing

    @property
    def is_whole(self) -> bool:
        """Whether no row was left to chance: all there are were looked at."""
        return self.sampled + self.left_out == self.rows
