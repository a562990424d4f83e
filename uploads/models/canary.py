"""The first rows of a batch that go alone, and what is to become of the rest."""

from django.conf import settings
from django.db import models

from .batch import Batch
from .json_field import JSONField

#: Whoever waits for more to be read back (T11, T13) would wait for hours.
MOST_ROWS = 1000


class Canary(models.Model):
    """What somebody chose: so many rows of a batch go alone, and the other parts are held back.

    It stands from the choice on; a batch that is ready again has none. `workflow.canary` says what follows.
    """

    class Then(models.TextChoices):
        SEND_REST = "send-rest"
        WAIT = "wait"

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="canary")
    rows = models.PositiveIntegerField(help_text="that go alone; they are the batch's first part")
    then = models.CharField(
        max_length=10, choices=Then.choices, help_text="once all of them carry the values sent"
    )
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    as_prepared = JSONField(
        default=list, help_text="rows, bytes, SHA-256 and `made_by` of the parts before the first was cut"
    )
    waits_since = models.DateTimeField(
        null=True, help_text="since when a person is to say what becomes of the rest; empty where none is"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(rows__gte=1, rows__lte=MOST_ROWS), name="first_rows_are_few"
            ),
        ]

    def __str__(self) -> str:
        return f"first {self.rows} rows of batch {self.pk}"
