"""What a batch has in common with those of its account that were released before it (F12)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .batch import Batch
from .json_field import JSONField


class OverlapQuerySet(models.QuerySet):
    """The questions of the workers."""

    def unclaimed(self):
        """That nobody works on just now, or whoever did has died."""
        return self.filter(models.Q(claim=None) | models.Q(lease_until__lt=Now()))


class Overlap(models.Model):
    """What comparing a batch with those released before it found, and what a person chose to do about it.

    It holds counts and names of attributes, nothing of a row; ids and values are in the file `store`.
    `workflow.overlaps` says when it still holds.
    """

    class Choice(models.TextChoices):
        CARRY_OVER = "carry-over"
        LEAVE_OUT = "leave-out"
        SEND_ANYWAY = "send-anyway"

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="overlap")
    claim = models.UUIDField(null=True, help_text="fencing token of the worker that compares")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="begun and not ended")
    failure = models.CharField(max_length=40, blank=True, help_text="why it could not be compared")

    compared_at = models.DateTimeField(null=True)
    compared_with = JSONField(default=list, help_text="numbers of batches; empty once it is released")
    shares_with = JSONField(
        default=dict, help_text="numbers of those with ids of this one, each with what it stood for"
    )
    for_loss = models.BooleanField(default=False, help_text="whether F12 applied to the batch then")
    store = models.CharField(max_length=40, blank=True, help_text="name of the file with ids and values")
    visitors = models.PositiveIntegerField(default=0, help_text="rows whose ids earlier batches have, too")
    losing = models.PositiveIntegerField(default=0, help_text="rows that would make Target lose a value")
    cells = models.PositiveIntegerField(default=0, help_text="values that Target would lose")
    batches = JSONField(
        default=list, help_text="of each earlier batch: number, visitors, and cells by attribute"
    )

    choice = models.CharField(max_length=20, choices=Choice.choices, blank=True)
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    chosen_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=500, blank=True, help_text="in the person's own words")
    is_made = models.BooleanField(default=False, help_text="whether the parts are as it was chosen")
    as_checked = JSONField(
        default=list,
        help_text="rows, bytes and SHA-256 of the check's parts, if others replace them",
    )
    attributes = JSONField(default=list, help_text="names that the parts carry where values are carried")
    left_out = models.PositiveIntegerField(default=0, help_text="rows")
    oversized = models.PositiveIntegerField(
        default=0, help_text="rows that would be too long with all values carried over (F8)"
    )

    objects = OverlapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(choice="") | models.Q(chosen_by__isnull=False),
                name="a_choice_has_its_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(choice="send-anyway") | ~models.Q(reason=""),
                name="who_sends_anyway_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"overlap of batch {self.pk}"

    @property
    def is_lossy(self) -> bool:
        """Whether a person has to choose before the batch goes."""
        return bool(self.losing or self.failure)

    @property
    def found(self) -> dict:
        """What was found, for comparing it with what is found later."""
        return {name: getattr(self, name) for name in ("visitors", "losing", "cells", "batches")}
