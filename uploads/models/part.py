"""Parts: the encoded files, one `batchUpdate` call each (F6)."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from .batch import Batch
from .destination import Destination
from .states import (
    ACCEPTED_PART_STATES,
    BLOCKING_PART_STATES,
    DECISIONS,
    KEPT_OUT_PART_STATES,
    STOPPABLE_PART_STATES,
    UNSENT_PART_STATES,
    BatchState,
    Decision,
    PartState,
)


class PartQuerySet(models.QuerySet):
    """The questions that delivery and the sweep ask."""

    def unsent(self):
        """Waiting to be sent."""
        return self.filter(state__in=UNSENT_PART_STATES)

    def to_send(self):
        """Waiting to be sent, and not held back until the batch's first rows are proven."""
        return self.unsent().filter(is_held=False)

    def held(self):
        """Held back until the batch's first rows are proven, or somebody lets them go."""
        return self.filter(is_held=True, state=PartState.PENDING)

    def stoppable(self):
        """Certainly not sent yet, be it that a worker is about to."""
        return self.filter(state__in=STOPPABLE_PART_STATES)

    def of_account(self, destination: Destination):
        """Of every destination that shares this one's client code."""
        return self.filter(
            batch__destination__kind=destination.kind,
            batch__destination__client_code__iexact=destination.client_code,
        )

    def taken(self):
        """That Target said it took (T4), or a person found there; each row once."""
        return self.counted().filter(state__in=ACCEPTED_PART_STATES)

    def there_or_coming(self):
        """That Target has, may have, or may still get."""
        return self.exclude(state__in=KEPT_OUT_PART_STATES | {PartState.CANCELLED})

    def holding_up_later_batches(self):
        """Before which nothing with the same ids may leave: what it says would then come later."""
        undecided = models.Q(state=PartState.NOT_APPLIED, decision="")
        return self.filter(undecided | models.Q(state__in=BLOCKING_PART_STATES))

    def counted(self):
        """Without those that another part has replaced: each row of the batch stands in one of the rest."""
        return self.filter(resent_as=None)

    def undecided(self):
        """Whose end a person has to decide about, or at least take notice of."""
        return self.filter(state__in=DECISIONS, decision="")

    def due_to_send(self):
        """Unsent parts of released batches whose time has come."""
        return self.to_send().filter(
            models.Q(next_try_at=None) | models.Q(next_try_at__lte=Now()),
            batch__state__in=(BatchState.DELIVERING, BatchState.NEEDS_ATTENTION),
        )

    def due_to_poll(self):
        """Accepted parts whose next status call is due (T7)."""
        return self.filter(state=PartState.ACCEPTED, next_poll_at__lte=Now())

    def due_to_locate(self):
        """Of which Target listed failed rows (T9) that have yet to be found in the upload."""
        return self.filter(locate_due_at__lte=Now())

    def due_to_read_back(self):
        """Whose sampled profiles somebody wants to see (T13), and nobody is reading just now."""
        return self.filter(read_back_due_at__lte=Now())

    def abandoned(self, state: PartState):
        """Held in a state by a worker that no longer renews its lease."""
        return self.filter(state=state, lease_until__lt=Now())


class Part(models.Model):
    """One batch file of a batch and what became of it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(help_text="1 is sent first")
    rows = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=30, choices=PartState.choices, default=PartState.PENDING)

    made_by = models.CharField(
        max_length=20, blank=True, help_text="how its file's name begins, where a choice of somebody made it"
    )
    made_as = models.PositiveIntegerField(
        null=True, help_text="the number in its file's name, where that is not its own"
    )
    is_held = models.BooleanField(
        default=False, help_text="held back until the batch's first rows are proven (`Canary`)"
    )

    claim = models.UUIDField(null=True, help_text="fencing token of the worker that holds the part")
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, help_text="POSTs begun")
    next_try_at = models.DateTimeField(null=True)
    sending_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True, help_text="why it waits, is in doubt or refused")
    message = models.CharField(max_length=500, blank=True, help_text="Target's own words, or the error's")
    handed_over = models.PositiveIntegerField(
        null=True, help_text="bytes of the body given to the connection; empty while nobody knows"
    )

    resends = models.OneToOneField(
        "self",
        on_delete=models.RESTRICT,
        null=True,
        related_name="resent_as",
        help_text="the part that did not arrive and in whose place this one is sent, from the same file",
    )
    decision = models.CharField(max_length=20, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision_reason = models.CharField(max_length=500, blank=True, help_text="in the person's own words")
    late_answer = models.CharField(
        max_length=30,
        choices=PartState.choices,
        blank=True,
        help_text="where Target's answer would have put it, had it come before the decision",
    )

    read_back_due_at = models.DateTimeField(
        null=True, help_text="when a worker goes on reading profiles back"
    )
    read_back_at = models.DateTimeField(null=True, help_text="when the last of them was read (T13)")

    target_batch_id = models.CharField(max_length=200, blank=True)
    status_url = models.CharField(max_length=1000, blank=True, help_text="as Target gave it (T6)")
    next_poll_at = models.DateTimeField(null=True)
    polls = models.PositiveIntegerField(default=0)
    poll_trouble = models.CharField(max_length=200, blank=True)
    batch_size = models.PositiveIntegerField(null=True, help_text="T7, as are the counts below")
    consumed = models.PositiveIntegerField(null=True)
    updated = models.PositiveIntegerField(null=True)
    not_found = models.PositiveIntegerField(null=True)
    failed = models.PositiveIntegerField(null=True)
    listed = models.PositiveIntegerField(null=True, help_text="failed rows that Target names (T9)")
    locate_due_at = models.DateTimeField(
        null=True, help_text="when a worker looks for these rows in the upload"
    )

    objects = PartQuerySet.as_manager()

    class Meta:
        verbose_name = _("part")
        ordering = ["batch", "number"]
        indexes = [
            models.Index(fields=["state", "next_try_at"]),
            models.Index(fields=["state", "next_poll_at"]),
            *(
                models.Index(fields=[due], condition=~models.Q(**{due: None}), name=f"part_{due}")
                for due in ("locate_due_at", "read_back_due_at")
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_part_a_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=PartState.values), name="part_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(is_held=False)
                | models.Q(state__in=(PartState.PENDING, PartState.CANCELLED)),
                name="what_is_held_has_not_left",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of batch {self.batch_id}"

    @property
    def is_undecided(self) -> bool:
        """Whether a person has to decide about it, or at least take notice."""
        return self.state in DECISIONS and not self.decision

    @property
    def status(self) -> PartState:
        """The state with its words."""
        return PartState(self.state)
