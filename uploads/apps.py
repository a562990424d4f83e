"""The product's Django app."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class UploadsConfig(AppConfig):
    """Batches of visitor-profile updates for Adobe Target."""

    name = "uploads"
    verbose_name = "Bulkprofile"

    def ready(self) -> None:
        """Hear of what happens in signing in; by name, for it can be loaded only now."""
        import_string("uploads.signin.events.connect")()
