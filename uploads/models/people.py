"""People and what they are at each destination."""

from functools import reduce
from operator import or_

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models, transaction
from django.db.models import Prefetch, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SiteRole(models.TextChoices):
    """A role that holds for the whole site."""

    NONE = "", _("None")
    AUDITOR = "auditor", _("Auditor")
    ADMIN = "admin", _("Admin")


class Role(models.TextChoices):
    """A role that holds at one destination."""

    UPLOADER = "uploader", _("Uploader")
    REVIEWER = "reviewer", _("Reviewer")


class PeopleQuerySet(models.QuerySet):
    """What lists of people are made of."""

    def matching(self, text: str):
        """Those in whose name, user name or address the text occurs."""
        found = Q()
        for word in text.split():
            names = (f"{field}__icontains" for field in ("username", "first_name", "last_name", "email"))
            found &= reduce(or_, (Q(**{name: word}) for name in names))
        return self.filter(found)

    def with_roles(self):
        """By name, each with their memberships at hand."""
        memberships = Membership.objects.select_related("destination")
        return self.order_by("username").prefetch_related(Prefetch("memberships", memberships))


class People(UserManager.from_queryset(PeopleQuerySet)):
    """Makes people; `createsuperuser` makes the first admin."""

    def create_superuser(self, username, email=None, password=None, **extra_fields):
        """A person with the admin role. Django's superuser flag stays off: rights come from `access`."""
        extra_fields.update(site_role=SiteRole.ADMIN, is_superuser=False)
        return self._create_user(username, email, password, **extra_fields)

    def _create_user(self, username, email, password, **extra_fields):
        with transaction.atomic():
            person = super()._create_user(username, email, password, **extra_fields)
            person.vouch_for_email()
        return person


class User(AbstractUser):
    """A person who signs in.

    Rights come from `site_role` and memberships alone (`uploads.access`); Django's groups,
    permissions and superuser flag play no part.
    """

    site_role = models.CharField(
        _("site-wide role"),
        max_length=20,
        choices=SiteRole.choices,
        blank=True,
        default=SiteRole.NONE,
        help_text=_(
            "Auditors read every batch's counts and the audit log and change nothing. "
            "Admins manage people and destinations."
        ),
    )

    language = models.CharField(
        _("language"), max_length=10, blank=True, help_text="chosen, or spoken when first signing in"
    )

    class Notifications(models.TextChoices):
        ALL = "all", _("when a batch needs me, and when one of mine has ended")
        NEEDED = "needed", _("only when a batch needs me")
        NONE = "none", _("never")

    notifications = models.CharField(
        _("e-mails about batches"), max_length=10, choices=Notifications.choices, default=Notifications.ALL
    )

    #: What `uploads.access` found, where it was told to ask but once.
    roles_at_hand = None

    objects = People()

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="one_person_an_email")
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def vouch_for_email(self) -> None:
        """Let the person's address count as theirs, in place of every other; call it where that is proven."""
        EmailAddress.objects.filter(user=self).delete()
        if self.email:
            EmailAddress.objects.create(user=self, email=self.email.lower(), verified=True, primary=True)


class Membership(models.Model):
    """A person's role at one destination. Somebody may hold both roles there."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("person")
    )
    destination = models.ForeignKey(
        "uploads.Destination",
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("destination"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["destination__name", "person__username", "role"]
        constraints = [
            models.UniqueConstraint(fields=["person", "destination", "role"], name="one_membership_a_role")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()} at {self.destination}"
