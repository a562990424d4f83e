"""The audit log: append-only, chained, without foreign keys."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditHead(models.Model):
    """The end of the chain: one row, locked while the next event is written, so that it never forks."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.sequence}: {self.hash[:12]}"


class AuditEvent(models.Model):
    """Something that somebody did, or that happened to a batch.

    People, destinations and batches stand as plain ids and names: the log says what was true then
    and outlives what it speaks of. Written by `uploads.audit.record` alone.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(null=True, help_text="empty: the system itself")
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    action = models.CharField(_("action"), max_length=60)
    batch_id = models.BigIntegerField(_("batch"), null=True)
    destination_id = models.BigIntegerField(null=True)
    destination_name = models.CharField(_("destination"), max_length=80, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        ordering = ["-sequence"]
        indexes = [
            models.Index(fields=["batch_id", "-sequence"]),
            models.Index(fields=["actor_id", "-sequence"]),
            models.Index(fields=["action", "-sequence"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.action}"
