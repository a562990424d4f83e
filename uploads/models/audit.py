"""The audit log: append-only, chained, without foreign keys."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .in_order import InOrderQuerySet
from .json_field import JSONField

#: Behind every event there can be.
_NO_SUCH_EVENT = 2**63 - 1


class AuditHead(models.Model):
    """The end of the chain: one row, locked while the next event is written, so that it never forks.

    Triggers of the database let it go on by exactly the event that was just written, and never back.
    """

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(null=True, help_text="of the last event; the next is never earlier")

    def __str__(self) -> str:
        return f"{self.sequence}: {self.hash[:12]}"


class AuditEventQuerySet(InOrderQuerySet):
    """The questions asked of the log."""

    def between(self, since: datetime | None, until: datetime | None):
        """From `since` on and before `until`, each None for open.

        Time never decreases along the log, so a span of time is a span of sequences: every index serves it.
        """
        events, span = AuditEvent.objects.all(), {}
        if since is not None:
            span["sequence__gte"] = events.filter(at__gte=since).order_by("at", "sequence")
        if until is not None:
            span["sequence__lt"] = events.filter(at__gte=until).order_by("at", "sequence")
        for name, first in span.items():
            found = first.values_list("sequence", flat=True).first()
            span[name] = _NO_SUCH_EVENT if found is None else found
        return self.filter(**span)


class AuditEvent(models.Model):
    """Something that somebody did, or that happened to a batch.

    People, destinations and batches stand as plain ids and names: the log says what was true then
    and outlives what it speaks of. Written by `uploads.audit.record` alone; triggers of the database
    refuse every UPDATE and DELETE, and an INSERT anywhere but at the chain's end.
    """

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(_("when"), help_text="never decreases with the sequence")
    actor_id = models.BigIntegerField(default=0, help_text="0: the system, or somebody not signed in")
    actor_name = models.CharField(_("who"), max_length=150, blank=True)
    site_role = models.CharField(_("site-wide role then"), max_length=20, blank=True)
    destination_roles = models.CharField(
        _("roles at the destination then"),
        max_length=60,
        blank=True,
        help_text="sorted, space between",
    )
    ip = models.CharField(_("address"), max_length=45, blank=True, help_text="IPv4 or IPv6, if any")
    device = models.CharField(_("device"), max_length=60, blank=True, help_text="as Chrome on Windows")
    action = models.CharField(_("action"), max_length=60)
    batch_id = models.BigIntegerField(_("batch"), null=True)
    destination_id = models.BigIntegerField(null=True)
    destination_name = models.CharField(_("destination"), max_length=80, blank=True)
    person_id = models.BigIntegerField(null=True, help_text="whom it is about")
    person_name = models.CharField(_("about whom"), max_length=150, blank=True)
    facts = JSONField(_("facts"), default=dict)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        ordering = ["-sequence"]
        # One for each set of filters, each ending in the sequence: a page of any filtered log is one short
        # walk along one of them. Batches and people have few events each, whatever else is asked.
        indexes = [
            models.Index(fields=["at", "sequence"], name="audit_at"),
            models.Index(fields=["actor_id", "sequence"], name="audit_actor"),
            models.Index(fields=["action", "sequence"], name="audit_action"),
            models.Index(fields=["destination_id", "sequence"], name="audit_destination"),
            models.Index(fields=["actor_id", "action", "sequence"], name="audit_actor_action"),
            models.Index(fields=["actor_id", "destination_id", "sequence"], name="audit_actor_dest"),
            models.Index(fields=["destination_id", "action", "sequence"], name="audit_dest_action"),
            models.Index(
                fields=["actor_id", "destination_id", "action", "sequence"], name="audit_actor_dest_action"
            ),
            models.Index(
                fields=["batch_id", "sequence"],
                condition=models.Q(batch_id__isnull=False),
                name="audit_batch",
            ),
            models.Index(
                fields=["person_id", "sequence"],
                condition=models.Q(person_id__isnull=False),
                name="audit_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence}: {self.action}"


class AuditVerification(models.Model):
    """One walk along the whole chain, in slices of a worker's time; `reached` says how far it is."""

    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    until = models.BigIntegerField(help_text="the chain's end when it was asked for")
    reached = models.BigIntegerField(default=0, help_text="sequence of the last event found whole")
    reached_hash = models.CharField(max_length=64, blank=True)
    broken_at = models.BigIntegerField(null=True)
    fault = models.CharField(max_length=20, blank=True, help_text="how it is broken, see `uploads.audit`")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("verification of the audit log")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk}: {self.reached} of {self.until}"
