"""`manage.py sweep`: rings for whatever the database says is due, every few seconds."""

import logging
import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from uploads import workflow
from uploads.management.recovery import require_held

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """The timer of the whole product."""

    help = "Rings for due and abandoned work, every SWEEP_SECONDS."
    requires_system_checks = ()

    def add_arguments(self, parser):
        """`--once` for a single round."""
        parser.add_argument("--once", action="store_true", help="one round, then stop")

    def handle(self, *args, once: bool = False, **options):
        """Sweep until a signal comes; a database that is away for a while does not end the loop."""
        require_held()
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        while True:
            try:
                close_old_connections()
                workflow.sweep()
            except DatabaseError as error:
                logger.warning("The sweep could not use the database: %s", error)
            if once or stop.wait(settings.SWEEP_SECONDS):
                return
