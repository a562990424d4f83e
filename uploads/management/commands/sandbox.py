"""`manage.py sandbox`: the emulator of Target's API, on its own."""

import errno
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from uploads.target.sandbox import SCENARIOS, BadFault, FolderInUse, NotLoopback, serve


class Command(BaseCommand):
    help = "Serve the sandbox: an emulator of Adobe Target's Bulk Profile Update API, on this machine only."
    requires_system_checks = []

    def add_arguments(self, parser):
        default_port = urlsplit(settings.SANDBOX_URL).port or 80
        parser.add_argument("--port", type=int, default=default_port, help="0 takes a free one.")
        parser.add_argument("--host", default="127.0.0.1", help="A loopback address.")
        parser.add_argument(
            "--folder", type=Path, default=settings.VAR / "sandbox", help="Where it keeps its profiles."
        )
        parser.add_argument(
            "--seconds", type=float, default=2.0, help="How long a batch stays incomplete after its last row."
        )
        parser.add_argument(
            "--scenario",
            default=settings.SANDBOX_SCENARIO,
            metavar="NAME[,NAME...]",
            help="Faults to begin with, each NAME[/CALL][@CLIENT][:COUNT]; COUNT is a number or always. "
            "SANDBOX_SCENARIO in the environment does the same.",
        )
        parser.add_argument("--list-scenarios", action="store_true", help="Say what they are, and end.")

    def handle(self, *, port, host, folder, seconds, scenario, list_scenarios, **options):
        if list_scenarios:
            width = max(map(len, SCENARIOS))
            for name, known in SCENARIOS.items():
                self.stdout.write(f"{name:{width}}  {known.happens}")
            return
        faults = [name for name in scenario.split(",") if name.strip()]

        def ready(bound_port: int) -> None:
            address = f"[{host}]" if ":" in host else host
            self.stdout.write(f"The sandbox listens at http://{address}:{bound_port}/")
            self.stdout.flush()

        try:
            serve(folder, host, port, ready=ready, processing_seconds=seconds, faults=faults)
        except FolderInUse as exc:
            raise CommandError(f"{exc} Give this one another with --folder.") from None
        except (NotLoopback, BadFault) as exc:
            raise CommandError(str(exc)) from None
        except OSError as exc:
            if exc.errno != errno.EADDRINUSE:
                raise
            raise CommandError(f"Port {port} is taken. Give another with --port.") from None
