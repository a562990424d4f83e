"""When something that runs by itself last ran."""

from django.db import models


class Beat(models.Model):
    """The last time of something that has no other trace: by it people see that it still runs."""

    class Name(models.TextChoices):
        SWEEP = "sweep"
        STATISTICS = "statistics"

    name = models.CharField(max_length=20, choices=Name.choices, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.at}"
