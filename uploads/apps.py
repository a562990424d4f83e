"""The product's Django app."""

from django.apps import AppConfig


class UploadsConfig(AppConfig):
    """Batches of visitor-profile updates for Adobe Target."""

    name = "uploads"
    verbose_name = "Bulkprofile"
