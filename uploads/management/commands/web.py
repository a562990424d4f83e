"""`manage.py web`: the web server."""

import os
import signal
import sys

import waitress
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from uploads.runtime.processes import LOOPBACK

THREADS = 8
# Bodies go to a file from here on: eight slices of an upload at once must not sit in memory.
BODY_IN_MEMORY = 65_536  # bytes
SILENCE = 60  # seconds after which a connection without traffic is closed


def bind_host() -> str:
    """The address to listen on: this machine only, unless BULKPROFILE_HOST says otherwise.

    Plain HOST would be shorter, but csh and conda export it with another meaning.
    """
    return os.environ.get("BULKPROFILE_HOST", "").strip() or LOOPBACK


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
        signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(0))
        waitress.serve(
            import_string(settings.WSGI_APPLICATION),
            host=bind_host(),
            port=settings.PORT,
            threads=THREADS,
            max_request_body_size=settings.MAX_REQUEST_BYTES,
            inbuf_overflow=BODY_IN_MEMORY,
            channel_timeout=SILENCE,
            asyncore_use_poll=True,
            ident=None,
            **proxy_options(),
        )
