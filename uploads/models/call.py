"""Calls to Target, reserved before they are made."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Call(models.Model):
    """One call to Target: the row exists before the first byte leaves (T11 is kept by counting them)."""

    class Kind(models.TextChoices):
        SUBMIT = "submit", _("Batch sent")
        STATUS = "status", _("Status asked")
        PROFILE = "profile", _("Profile read back")

    account = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    part = models.ForeignKey("uploads.Part", on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField(help_text="when reserved, by the database's clock")
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40, blank=True, help_text="empty while nobody knows")
    http_status = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("call")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} to {self.account}: {self.outcome or 'no answer yet'}"
