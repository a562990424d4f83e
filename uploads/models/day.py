"""What was sent and refused on a day."""

from django.conf import settings
from django.db import models

from .destination import Destination


class DayRows(models.Model):
    """Rows of one person's batches for one destination that Target accepted or refused on one day.

    Counted along with the transitions (`workflow.tally`): the parts themselves are too many to be added up
    for each look at the home page. A row that was accepted and refused later counts as both.
    """

    day = models.DateField(help_text="by settings.TIME_ZONE")
    destination = models.ForeignKey(Destination, on_delete=models.CASCADE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    sent = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["day", "destination", "owner"], name="one_count_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.sent} sent, {self.refused} refused"
