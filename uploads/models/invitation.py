"""Invitations: the one way in for people who are not here yet."""

import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .people import Role, SiteRole


def hash_of_token(token: str) -> str:
    """What is kept of an invitation's token: it is long and random, so that one SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


class InvitationQuerySet(models.QuerySet):
    """What is asked of invitations."""

    def open(self):
        """Those that can be accepted, by the database's clock."""
        return self.filter(accepted_at=None, withdrawn_at=None, expires_at__gt=Now())


class Invitation(models.Model):
    """A link that was sent to somebody. It works once, until it expires or is withdrawn."""

    class State(models.TextChoices):
        SENT = "sent", pgettext_lazy("an invitation", "Sent")
        ACCEPTED = "accepted", _("Accepted")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    email = models.EmailField(_("e-mail address"))
    site_role = models.CharField(
        _("site-wide role"), max_length=20, choices=SiteRole.choices, blank=True, default=SiteRole.NONE
    )
    destination = models.ForeignKey(
        "uploads.Destination",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("destination"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="accepted_or_withdrawn"
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def state(self) -> State:
        """Where it stands now."""
        if self.accepted_at:
            return self.State.ACCEPTED
        if self.withdrawn_at:
            return self.State.WITHDRAWN
        return self.State.SENT if self.expires_at > timezone.now() else self.State.EXPIRED
