"""Destinations, and the accounts at Target that they share."""

from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from uploads import target
from uploads.sealing import CannotUnseal, seal, unseal

from .business_hours import BusinessHours


class Account(models.Model):
    """One Target account, known by its client code: what Target's limits hold for (T10, T11).

    Two destinations with one client code share this row, its pauses and its call budget.
    """

    code = models.CharField(_("client code"), max_length=80, primary_key=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=40, blank=True)
    slow_until = models.DateTimeField(null=True, blank=True)
    busy_answers = models.PositiveIntegerField(
        default=0, help_text="503 and 429 answers in a row; the back-off grows with them"
    )

    class Meta:
        verbose_name = _("account")

    def __str__(self) -> str:
        return self.code


class DestinationQuerySet(models.QuerySet):
    """The questions asked of destinations."""

    def of_account(self, destination: "Destination"):
        """Those that share this one's client code."""
        return self.filter(kind=destination.kind, client_code__iexact=destination.client_code)


class Destination(models.Model):
    """One Target account as batches go to it: name, client code, API version, key, token."""

    class Kind(models.TextChoices):
        TARGET = "target", _("Adobe Target")
        SANDBOX = "sandbox", _("Sandbox (the built-in emulator)")

    class Version(models.TextChoices):
        V2 = "v2", _("v2: creates profiles that Target does not know yet")
        V1 = "v1", _("v1: updates existing profiles only")

    class UnprovenValues(models.TextChoices):
        SEND = "send", _("send them")
        NOTICE = "notice", _("send them and say so")
        REJECT = "reject", _("leave such rows out")

    class Approval(models.TextChoices):
        NEVER = "never", _("never: whoever uploads a batch also sends it")
        ALWAYS = "always", _("always: a second person approves every batch")
        ABOVE = "above", _("for big or faulty batches: above the limits below")
        __empty__ = _("usual: never for a sandbox, always for a real account")

    name = models.CharField(_("name"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.TARGET)
    client_code = models.CharField(
        _("client code"),
        max_length=63,
        help_text=_(
            "Your Target account's client code, as shown in Target under Administration > "
            "Implementation. The address that batches go to is made from it."
        ),
    )
    api_version = models.CharField(  # F10
        _("API version"), max_length=2, choices=Version.choices, default=Version.V2
    )
    uses_ecid = models.BooleanField(  # F11
        _("visitors are known by ECID"),
        default=False,
        help_text=_(
            "Tick this where your account uses Experience Cloud IDs (ECID) for anonymous visitors, as most "
            "do that also use Analytics. With version 2, files by pcId are then refused: Target does not take"
            " them."
        ),
    )
    unproven_values = models.CharField(  # F5
        _("commas and line breaks in values"),
        max_length=10,
        choices=UnprovenValues.choices,
        default=UnprovenValues.NOTICE,
        help_text=_(
            "They are legal, but nobody has promised that every Target server treats them well: "
            "send one and read it back to know."
        ),
    )
    approval = models.CharField(
        _("approval by a second person"),
        max_length=10,
        choices=Approval.choices,
        blank=True,
        help_text=_(
            "Before a batch is sent, a reviewer of this destination approves it: never whoever uploaded it."
        ),
    )
    approval_rows = models.PositiveIntegerField(
        _("needed above so many rows"),
        null=True,
        blank=True,
        help_text=_("Counts the rows that would be sent. Left empty, size alone asks for no approval."),
    )
    approval_rejected_percent = models.PositiveSmallIntegerField(
        _("needed above so many percent of rows with errors"),
        default=5,
        validators=[MaxValueValidator(100)],
        help_text=_("A file in which many rows have errors may be the wrong file."),
    )
    approval_of_losses = models.BooleanField(  # F12
        _("sending despite losses needs approval by a second person"),
        default=False,
        help_text=_(
            "Where a batch would make Target lose values of an earlier one and is to be sent anyway, a "
            "reviewer has to approve it. Carrying the values over, or leaving those rows out, needs none."
        ),
    )
    keep_days = models.PositiveSmallIntegerField(
        _("days for which a batch's files are kept"),
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=_(
            "So many days after a batch has ended, its files and the reports about its rows are deleted; its "
            "counts, its history and the audit log stay. A change also holds for batches that have ended "
            "already: with fewer days, some of their files may go within a minute. That cannot be undone."
        ),
    )
    proof_profiles = models.PositiveSmallIntegerField(
        _("profiles read back after a batch"),
        default=50,
        validators=[MaxValueValidator(1000)],
        help_text=_(
            "After a batch is complete, so many of its profiles are looked up in Target to see whether the "
            "values arrived: usually an hour and a day later. Each takes one of Target's 50 calls a minute. "
            "0 looks up none."
        ),
    )
    business_start = models.TimeField(  # T12
        _("business hours from"),
        null=True,
        blank=True,
        help_text=_(
            "Target may take longer during business hours. For a big batch, the page before sending then "
            "proposes the time when they are over. Left empty, it proposes nothing."
        ),
    )
    business_end = models.TimeField(_("business hours until"), null=True, blank=True)
    business_first_day = models.PositiveSmallIntegerField(
        _("business hours from day"), choices=WEEKDAYS, default=0
    )
    business_last_day = models.PositiveSmallIntegerField(
        _("business hours to day"), choices=WEEKDAYS, default=4
    )
    time_zone = models.CharField(
        _("time zone of the business hours"),
        max_length=64,
        blank=True,
        help_text=_("Such as Europe/Madrid. Left empty, it is that of this site."),
    )
    big_rows = models.PositiveIntegerField(
        _("a batch is big above so many rows"),
        default=100_000,
        help_text=_("Counts the rows that would be sent. One that is sent in several parts is always big."),
    )
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Nobody can start a batch for an inactive destination.")
    )
    token_sealed = models.BinaryField(null=True, blank=True, editable=False)
    token_set_at = models.DateTimeField(_("token set"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DestinationQuerySet.as_manager()

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approval__in=["never", "always", "above"]), name="approval_rule_is_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args, **kwargs):
        """Save, with a rule for approvals."""
        self._choose_rule()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a client code that cannot stand in a host name (T1), and hours that are none.

        Chooses a rule where nobody did.
        """
        self._choose_rule()
        self._judge_hours()
        try:
            target.host_of(self.client_code)
        except ValueError:
            raise ValidationError(
                {
                    "client_code": _(
                        "A client code has letters, digits and hyphens only. "
                        "Copy it from Target: Administration > Implementation."
                    )
                }
            ) from None

    def _judge_hours(self) -> None:
        start, end = self.business_start, self.business_end
        if (start is None) != (end is None):
            raise ValidationError(
                {"business_end": _("Enter both when business hours begin and when they end, or neither.")}
            )
        if start is not None and start >= end:
            raise ValidationError({"business_end": _("Business hours end later on the day than they begin.")})
        if self.time_zone and self.time_zone not in available_timezones():
            raise ValidationError(
                {"time_zone": _("There is no such time zone. Write it like Europe/Madrid.")}
            )

    def _choose_rule(self) -> None:
        if not self.approval:
            self.approval = self.Approval.NEVER if self.is_sandbox else self.Approval.ALWAYS

    @property
    def is_used(self) -> bool:
        """Whether a batch was ever begun for it, be it only an upload under way."""
        return self.batches.exists() or self.upload_set.exists()

    @property
    def is_sandbox(self) -> bool:
        """Whether this destination is the built-in emulator."""
        return self.kind == self.Kind.SANDBOX

    def asks_approval(self, *, rows: int, accepted: int, rejected: int) -> bool:
        """Whether a second person must approve a batch of so many rows, good ones and ones with errors."""
        if self.approval != self.Approval.ABOVE:
            return self.approval == self.Approval.ALWAYS
        is_big = self.approval_rows is not None and accepted > self.approval_rows
        return is_big or rejected * 100 > self.approval_rejected_percent * rows

    @property
    def business_hours(self) -> BusinessHours | None:
        """When Target may take longer (T12); None where nobody said."""
        if self.business_start is None or self.business_end is None:
            return None
        return BusinessHours(
            self.business_start,
            self.business_end,
            self.business_first_day,
            self.business_last_day,
            ZoneInfo(self.time_zone or settings.TIME_ZONE),
        )

    @property
    def takes_pcids(self) -> bool:
        """Whether files by pcId reach anybody: not in version 2, where the account uses ECIDs (F11)."""
        return not (self.uses_ecid and self.api_version == self.Version.V2)

    @property
    def account_code(self) -> str:
        """The key of the account; the sandbox never shares one with a real account."""
        code = self.client_code.lower()
        return f"sandbox:{code}" if self.is_sandbox else code

    @property
    def base_url(self) -> str:
        """Where Target listens: derived from the client code, never typed (T1)."""
        return settings.SANDBOX_URL if self.is_sandbox else target.host_of(self.client_code)

    @property
    def has_token(self) -> bool:
        """Whether a bearer token is kept for this destination (T3)."""
        return self.token_sealed is not None

    def set_token(self, token: str) -> None:
        """Keep a bearer token, encrypted; an empty one forgets it. Does not save."""
        self.token_sealed = seal(token) if token else None
        self.token_set_at = timezone.now() if token else None

    def target_account(self) -> target.Account:
        """What Target's client needs to call this destination.

        Raises `uploads.sealing.CannotUnseal` where its token's key is lost.
        """
        return target.Account(
            client_code=self.client_code,
            base_url=self.base_url,
            version=self.api_version,
            token=self._token(),
            sandbox=self.is_sandbox,
        )

    def _token(self) -> str | None:
        if not self.has_token:
            return None
        try:
            return unseal(self.token_sealed)
        except CannotUnseal:
            # The key may have been changed since this was read.
            self.refresh_from_db(fields=["token_sealed"])
            return unseal(self.token_sealed) if self.has_token else None
