"""What is remembered of earlier files: how people read them, and which attribute names were used."""

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from .destination import Destination
from .json_field import JSONField


class SavedReading(models.Model):
    """A reading that a person confirmed; the next file there with such a header is read so too.

    Never changed: a later one with the same `shape` takes its place, and a batch keeps telling by which it
    was read. Of the header only a hash is kept, beside the columns that something was said about.
    """

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="saved_readings")
    shape = models.CharField(max_length=64, help_text="hash of the header, as `batchfile.shape_of` makes it")
    reading = JSONField(help_text="as confirmed")
    proposed = JSONField(help_text="the encoding, delimiter and sheet that detection had proposed")
    batch = models.ForeignKey("uploads.Batch", on_delete=models.CASCADE, related_name="+")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("saved reading")
        verbose_name_plural = _("saved readings")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["destination", "shape", "-id"])]

    def __str__(self) -> str:
        return f"{self.pk}: of batch {self.batch_id}"


#: So many names in one statement.
_AT_ONCE = 500


class AttributeNameQuerySet(models.QuerySet):
    """What is asked of names, and how they are noted."""

    def note(self, destination: Destination, names: Iterable[str], person: models.Model) -> None:
        """Remember that a batch with these names, each of them once, goes to the destination now.

        In a transaction that holds the destination. person: whose word sends it.
        """
        names, at = list(names), now()
        self.bulk_create(
            [
                self.model(destination=destination, name=name, first_used=at, last_used=at, first_by=person)
                for name in names
            ],
            batch_size=_AT_ONCE,
            ignore_conflicts=True,
        )
        for start in range(0, len(names), _AT_ONCE):
            self.filter(destination=destination, name__in=names[start : start + _AT_ONCE]).update(
                last_used=at, last_by=person, batches=models.F("batches") + 1
            )

    def names_at(self, destination: Destination) -> list[str]:
        """The names used at the destination, the last used first."""
        used = self.filter(destination=destination).order_by("-last_used", "name")
        return list(used.values_list("name", flat=True))


class AttributeName(models.Model):
    """A profile attribute that a batch released to the destination carried; its case matters (F4).

    What its members say of it, `owner`, `example` and `note`, is theirs alone: Target never sees it. The
    example is typed in: one taken from rows would be somebody's value, in front of people who see no rows.
    """

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="attribute_names")
    name = models.CharField(max_length=128)
    first_used = models.DateTimeField(help_text="when a batch with it was first released")
    last_used = models.DateTimeField(help_text="when one was last released")
    first_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    last_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    batches = models.PositiveIntegerField(default=0, help_text="batches released with it")
    owner = models.CharField(
        _("owner"),
        max_length=100,
        blank=True,
        help_text=_("The team or the person to ask about it."),
    )
    example = models.CharField(
        _("example"),
        max_length=100,
        blank=True,
        help_text=_("A made-up value as this attribute has them, such as gold or 2027-01-31. Nobody's own."),
    )
    note = models.CharField(
        _("note"),
        max_length=500,
        blank=True,
        help_text=_("What it means, and where its values come from. Name no visitor and no value."),
    )

    objects = AttributeNameQuerySet.as_manager()

    class Meta:
        verbose_name = _("attribute name")
        verbose_name_plural = _("attribute names")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["destination", "name"], name="one_attribute_name_a_destination")
        ]

    def __str__(self) -> str:
        return self.name
