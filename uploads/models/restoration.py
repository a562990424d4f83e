"""What can be restored of a batch that was sent, before it is made into a batch of its own."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .batch import Batch
from .json_field import JSONField


class RestorationQuerySet(models.QuerySet):
    """The questions of the workers and the sweep."""

    def to_look(self):
        """Asked for, and nobody looks just now: nobody has begun, or whoever did has died."""
        return self.filter(looked_at=None, failure="").filter(
            models.Q(claim=None) | models.Q(lease_until__lt=Now())
        )


class Restoration(models.Model):
    """One look for the values that were sent before a batch, and what it found.

    It holds counts and names of attributes, and what a person wants sent for values that are not known;
    nothing of a row. Ids and values are in a file of the batch, which moves to the folder of another batch
    once somebody has that made; this is gone then. `workflow.restorations` says when it still holds.
    """

    batch = models.OneToOneField(
        Batch, on_delete=models.CASCADE, primary_key=True, related_name="restoration"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    clear = JSONField(default=dict, help_text="by attribute, what is sent where no earlier value is known")
    claim = models.UUIDField(null=True, help_text="fencing token of the worker that looks")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="begun and not ended")
    failure = models.CharField(max_length=40, blank=True, help_text="why nothing could be found out")

    looked_at = models.DateTimeField(null=True)
    stood_for = JSONField(
        default=dict, help_text="numbers of all batches looked into, each with what it stood for"
    )
    found = JSONField(default=dict, help_text="`batchfile.RestoreSummary`")
    not_kept = models.PositiveIntegerField(
        default=0, help_text="earlier batches of the account whose files were deleted by then"
    )
    folder = models.UUIDField(null=True, help_text="that of the batch which this becomes")

    objects = RestorationQuerySet.as_manager()

    def __str__(self) -> str:
        return f"restoration of batch {self.pk}"
