"""`manage.py web`: the web server."""

import signal
import sys

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from uploads.management.recovery import require_held
from uploads.runtime.serving import serve


def proxy_options() -> dict:
    """What waitress must know to let through what proxies say; else it is removed.

    A TLS proxy's X-Forwarded-Proto it judges itself, X-Forwarded-For our middleware: that may have passed
    several proxies.
    """
    options = {"clear_untrusted_proxy_headers": not settings.TRUSTED_PROXIES}
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        options |= {"trusted_proxy": "*", "trusted_proxy_headers": {"x-forwarded-proto"}}
    return options


class Command(BaseCommand):
    """Serves the site with waitress until SIGTERM."""

    help = "Serve the dashboard over HTTP on settings.PORT; BULKPROFILE_HOST chooses the address."
    requires_system_checks = ()

    def handle(self, *args, **options):
        """Serve; requests in progress get 5 s when it is asked to stop."""
        require_held()
        signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(0))
        serve(
            import_string(settings.WSGI_APPLICATION),
            host=settings.HOST,
            port=settings.PORT,
            max_request_body_size=settings.MAX_REQUEST_BYTES,
            **proxy_options(),
        )
