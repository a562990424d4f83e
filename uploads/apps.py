"""The product's Django app, and Django's admin with our rights."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.module_loading import import_string


class UploadsConfig(AppConfig):
    """Batches of visitor-profile updates for Adobe Target."""

    name = "uploads"
    verbose_name = "Bulkprofile"
    default = True  # of the two in this module

    def ready(self) -> None:
        """Hear of what happens in signing in; by name, for it can be loaded only now."""
        import_string("uploads.signin.events.connect")()


class RoleAdminConfig(admin_apps.AdminConfig):
    """Django's admin, open to the admin role."""

    default_site = "uploads.admin_site.RoleAdminSite"
    default = False
