"""Uploads under way, and batches."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .destination import Destination
from .in_order import InOrderQuerySet
from .json_field import JSONField
from .shelf import NameShelf
from .states import COMPARED_BATCH_STATES, FINAL_BATCH_STATES, BatchState, Verdict

#: Behind every batch there can be.
_NO_SUCH_BATCH = 2**63 - 1
#: So many batches are looked at one by one sooner than an index is walked along.
_FEW = 500


class Upload(models.Model):
    """A file whose bytes are still arriving, slice by slice; it becomes a batch when whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE)
    filename = models.CharField(max_length=255)
    size = models.BigIntegerField(help_text="bytes announced")
    received = models.BigIntegerField(default=0, help_text="bytes that have arrived")
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
    batch = models.OneToOneField("uploads.Batch", null=True, on_delete=models.CASCADE, related_name="upload")

    def __str__(self) -> str:
        return f"{self.received} of {self.size} bytes"


class BatchQuerySet(InOrderQuerySet):
    """The questions asked of batches."""

    def with_people(self):
        """With the destination and the owner that every list shows."""
        return self.select_related("destination", "owner")

    def matching(self, text: str):
        """Whose file name or number fits the text.

        Where few names have it, they are found first: walking along an index would pass over nearly all.
        """
        fits = models.Q(filename__icontains=text)
        numbered = [int(text)] if text.isascii() and text.isdigit() and len(text) < 19 else []
        if numbered:
            fits |= models.Q(pk__in=numbered)
        few = _few_named(text)
        if few is not None:
            # By itself, so that a database begins with it.
            fits &= models.Q(pk__in=[*few, *numbered])
        return self.filter(fits)

    def between(self, since: datetime | None, until: datetime | None):
        """Uploaded from `since` on and before `until`, each None for open.

        Numbers are given in the order of time, so a span of time is a span of numbers: every index serves it.
        """
        batches, span = Batch.objects.all(), {}
        if since is not None:
            span["pk__gte"] = batches.filter(created_at__gte=since).order_by("created_at", "pk")
        if until is not None:
            span["pk__lt"] = batches.filter(created_at__gte=until).order_by("created_at", "pk")
        for name, first in span.items():
            found = first.values_list("pk", flat=True).first()
            span[name] = _NO_SUCH_BATCH if found is None else found
        return self.filter(**span)

    def of_account(self, destination: Destination):
        """Of every destination that shares this one's client code."""
        return self.filter(
            destination__kind=destination.kind, destination__client_code__iexact=destination.client_code
        )

    def to_be_compared(self):
        """Checked, with rows to send, and not released: what went before it may matter to them (F12)."""
        return self.filter(state__in=COMPARED_BATCH_STATES, accepted__gt=0)

    def with_files_to_delete(self, keep_days: int):
        """Of destinations that keep files for so long, ended before that, and still with theirs.

        One that a person must decide about, or that nobody has sent or cancelled, has not ended.
        """
        return self.filter(
            destination__keep_days=keep_days,
            files_deleted_at=None,
            state__in=FINAL_BATCH_STATES,
            ended_at__lt=Now() - timedelta(days=keep_days),
        )

    def due_to_release(self):
        """Scheduled, and the chosen time has come."""
        return self.filter(state=BatchState.SCHEDULED, send_at__lte=Now())

    def to_check(self):
        """Waiting for a checker: nobody holds them, or whoever did has died."""
        return self.filter(state=BatchState.CHECKING).filter(
            models.Q(claim=None) | models.Q(lease_until__lt=Now())
        )


def _few_named(text: str) -> list[int] | None:
    """The numbers of all batches whose file name has the text; None where these are many."""
    shelved = NameShelf.objects.batches_named(text, _FEW)
    if shelved is None:
        return None
    newest = Batch.objects.filter(pk__gte=NameShelf.objects.end(), filename__icontains=text)
    found = [*shelved, *newest.order_by().values_list("pk", flat=True)[: _FEW + 1]]
    return found if len(found) <= _FEW else None


_FIGURES = ("rows", "sent", "rejected", "size")


def _walk(first: str) -> models.Index:
    """An index by which the history goes from batch to batch, by number alone or by something `first`.

    All that the history filters by stands in it: a page never looks at the batches that it passes over. One
    person's batches are few enough to be sorted by a figure, if that stands there, too.
    """
    filters = ("destination", "owner", "state", "filename")
    fields = [first, "id"] if first else ["id"]
    fields += [name for name in filters if name != first]
    fields += _FIGURES if first == "owner" else ()
    return models.Index(fields=fields, name=f"batch_by_{first or 'number'}")


class Batch(models.Model):
    """One upload and all that follows from it; what the history lists."""

    destination = models.ForeignKey(
        Destination, on_delete=models.PROTECT, related_name="batches", verbose_name=_("destination")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="batches",
        verbose_name=_("uploaded by"),
    )
    filename = models.CharField(_("file"), max_length=255)
    folder = models.UUIDField(unique=True, editable=False, help_text="random name in storage: the upload's")
    size = models.BigIntegerField(_("size"), help_text="bytes of the original file")
    sha256 = models.CharField(max_length=64, help_text="of the original file, as it arrived")
    reading = JSONField(default=dict, help_text="how the file is to be read")
    read_as = models.ForeignKey(
        "uploads.SavedReading",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="what a person had said about an earlier file, where the reading was taken from there",
    )
    state = models.CharField(
        _("state"), max_length=30, choices=BatchState.choices, default=BatchState.RECEIVED
    )
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    checked_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="released_batches"
    )
    ended_at = models.DateTimeField(null=True)
    files_deleted_at = models.DateTimeField(null=True, help_text="since when only counts and hashes are kept")
    forgotten_at = models.DateTimeField(null=True, help_text="when a person was last taken out of its files")

    asked_at = models.DateTimeField(null=True, help_text="when approval was last asked for")
    asked_because = models.CharField(max_length=500, blank=True, help_text="in the uploader's own words")
    asked_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of exactly what approval was asked for"
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True)
    verdict_at = models.DateTimeField(null=True)
    verdict_comment = models.CharField(max_length=500, blank=True, help_text="in the reviewer's own words")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="reviewed_batches"
    )

    send_at = models.DateTimeField(null=True, help_text="the time that somebody chose for it to be sent")
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="scheduled_batches"
    )
    scheduled_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of exactly what the time was chosen for"
    )
    schedule_failure = models.CharField(
        max_length=40, blank=True, help_text="why it was not sent at the chosen time"
    )

    claim = models.UUIDField(null=True, help_text="fencing token of the checker at work")
    lease_until = models.DateTimeField(null=True)
    check_attempts = models.PositiveIntegerField(default=0)
    check_began_at = models.DateTimeField(null=True, help_text="when the check under way began")
    checked_bytes = models.BigIntegerField(default=0)
    checked_rows = models.BigIntegerField(default=0)

    rows = models.BigIntegerField(_("rows"), null=True)
    accepted = models.BigIntegerField(null=True)
    rejected = models.BigIntegerField(null=True)
    skipped = models.BigIntegerField(null=True)
    warnings = models.BigIntegerField(null=True, help_text="rows with warnings only")
    problems_by_code = JSONField(default=dict)
    notices = JSONField(default=list, help_text="what holds for a whole column, with its count")
    skipped_columns = models.PositiveIntegerField(null=True, help_text="empty ones at the end")
    patch = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the file with what people changed in single rows",
    )
    edited = models.PositiveIntegerField(default=0, help_text="rows that people changed")
    left_out = models.PositiveIntegerField(default=0, help_text="rows that people left out")
    corrects = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="corrections",
        help_text="the batch whose report this file was made from",
    )
    restores = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        related_name="restored_by",
        help_text="the batch before which the values of this one had been sent",
    )
    attributes = JSONField(default=list, help_text="attribute names that the batch file carries")
    sent = models.BigIntegerField(
        _("sent"), default=0, help_text="rows of the parts that Target accepted (T4); `workflow.transitions`"
    )
    check_failure = models.CharField(max_length=40, blank=True, help_text="why checking itself gave up")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "lease_until"]),
            models.Index(fields=["sha256"]),
            models.Index(fields=["created_at", "id"], name="batch_by_day"),
            *(_walk(first) for first in ("state", "destination", "owner", "")),
            *map(_walk, _FIGURES),
            models.Index(
                fields=["destination", "ended_at"],
                condition=models.Q(files_deleted_at=None),
                name="batch_with_files",
            ),
            models.Index(fields=["claim"], condition=~models.Q(claim=None), name="batch_claimed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=BatchState.values), name="batch_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(reviewer=None) | ~models.Q(reviewer=models.F("owner")),
                name="nobody_reviews_their_own_batch",
            ),
            models.CheckConstraint(
                condition=models.Q(verdict__in=["", "void"]) | models.Q(reviewer__isnull=False),
                name="a_verdict_has_its_reviewer",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=BatchState.SCHEDULED)
                | models.Q(send_at__isnull=False, scheduled_by__isnull=False),
                name="what_is_scheduled_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}: {self.filename}"

    @property
    def status(self) -> BatchState:
        """The state with its behaviour."""
        return BatchState(self.state)

    @property
    def needs_approval(self) -> bool:
        """Whether its destination wants a second person to approve what was found in it."""
        return self._is_sent_with_losses or self.destination.asks_approval(
            rows=self.rows or 0, accepted=self.accepted or 0, rejected=self.rejected or 0
        )

    @property
    def _is_sent_with_losses(self) -> bool:
        """Whether somebody chose so, at a destination where that takes a second person."""
        if not self.destination.approval_of_losses:
            return False
        return Batch.objects.filter(pk=self.pk, overlap__choice="send-anyway").exists()

    @property
    def is_taken(self) -> bool:
        """Whether its destination takes it now: that is active, and takes ids of this kind (F11)."""
        return self.destination.active and (self.destination.takes_pcids or self.reading.get("key") != "pcId")

    @property
    def may_be_read_anew(self) -> bool:
        """Whether a person may still say how the file is to be read: nothing of it was released."""
        return self._is_whole and self.state in (BatchState.RECEIVED, BatchState.READY, BatchState.REFUSED)

    @property
    def may_be_fixed(self) -> bool:
        """Whether a person may still change single rows; a check that is under way then begins again."""
        return self._is_whole and self.state in (BatchState.CHECKING, BatchState.READY, BatchState.REFUSED)

    @property
    def _is_whole(self) -> bool:
        """Whether its files are still what was uploaded."""
        return not (self.files_deleted_at or self.forgotten_at)

    @property
    def is_final(self) -> bool:
        """Whether the batch has ended."""
        return self.state in FINAL_BATCH_STATES

    @property
    def files_kept_until(self) -> datetime | None:
        """When its files are deleted, or were to be; None for a batch that has not ended."""
        if not self.is_final or self.ended_at is None:
            return None
        return self.ended_at + timedelta(days=self.destination.keep_days)
