"""Destinations, and the accounts at Target that they share."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from uploads import target
from uploads.sealing import seal, unseal


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
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Nobody can start a batch for an inactive destination.")
    )
    token_sealed = models.BinaryField(null=True, blank=True, editable=False)
    token_set_at = models.DateTimeField(_("token set"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a client code that cannot stand in a host name (T1)."""
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

    @property
    def is_used(self) -> bool:
        """Whether a batch was ever begun for it, be it only an upload under way."""
        return self.batches.exists() or self.upload_set.exists()

    @property
    def is_sandbox(self) -> bool:
        """Whether this destination is the built-in emulator."""
        return self.kind == self.Kind.SANDBOX

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

        Raises `uploads.sealing.CannotUnseal` where the token key has changed.
        """
        return target.Account(
            client_code=self.client_code,
            base_url=self.base_url,
            version=self.api_version,
            token=unseal(self.token_sealed) if self.has_token else None,
            sandbox=self.is_sandbox,
        )
