"""Forgetting a person: one identifier that is looked for in all kept files, then taken out of them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .json_field import JSONField


class ForgettingQuerySet(models.QuerySet):
    """The questions of the workers and the sweep."""

    def due(self):
        """With work to be done that nobody does just now."""
        return self.filter(due_at__lte=Now())


class Forgetting(models.Model):
    """One look for an identifier, and what became of it.

    The identifier is kept encrypted, and only until the work is over. `found` tells for each batch its number
    (`batch`), the rows (`rows`) and what became of them (`outcome`, a value of Outcome); nothing of a row.
    """

    class Phase(models.TextChoices):
        SEARCHING = "searching", _("Looking")
        FOUND = "found", _("Found")
        REMOVING = "removing", _("Removing")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Nothing removed")

    class Outcome(models.TextChoices):
        REMOVABLE = "removable", _("Can be removed")
        UNDER_WAY = "under-way", _("Stays for now")
        UNREADABLE = "unreadable", _("Unclear")
        REMOVED = "removed", _("Removed")
        WHOLE_FILE = "whole-file", _("Removed")
        GONE = "gone", _("Gone")

    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    sealed = models.BinaryField(null=True, editable=False)
    fingerprint = models.CharField(max_length=64, help_text="keyed, of the identifier")
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.SEARCHING)
    reached = models.BigIntegerField(default=0, help_text="number of the last batch that was seen to")
    found = JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(auto_now=True)

    objects = ForgettingQuerySet.as_manager()

    class Meta:
        verbose_name = _("forgetting of a person")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.phase}"
