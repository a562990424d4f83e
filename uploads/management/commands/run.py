"""`manage.py run`: everything on one machine, in the foreground, until Ctrl-C."""

import errno
import http.client
import io
import os
import socket
import sys
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from uploads.management.recovery import require_held
from uploads.runtime import valkey
from uploads.runtime.folder import AlreadyRunning, StateFolder
from uploads.runtime.output import Log
from uploads.runtime.processes import LOOPBACK, Program, can_bind, free_port
from uploads.runtime.supervisor import Stopped, Supervisor

ANSWER_SECONDS = 1.0
ANY_IPV4 = "0.0.0.0"  # noqa: S104 # nosec B104 # compared with, not bound
ANY_ADDRESS = {ANY_IPV4: LOOPBACK, "::": "::1"}


class Command(BaseCommand):
    """Prepares the state folder, starts every process, prints the address, and stops them all."""

    help = "Run the dashboard with all that it needs (web server, workers, sweep, Valkey, sandbox)."
    requires_system_checks = ()

    def handle(self, *args, **options):
        """Run until a signal. Raises CommandError where it cannot start."""
        require_held()
        os.umask(0o077)
        sys.stdout.reconfigure(errors="backslashreplace")
        folder = StateFolder(settings.VAR)
        try:
            folder.take()
            host, port = settings.HOST, settings.PORT
            require_port(host, port)
            require_database()
            server = embedded_server()
        except (AlreadyRunning, valkey.NoServer) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"Cannot use the folder {settings.VAR}: {error.strerror}.") from None
        try:
            Installation(folder, host, port, server, Log(sys.stdout)).run()
        finally:
            folder.release()


class Installation:
    """All processes of one state folder, and the order in which they come up."""

    def __init__(self, folder: StateFolder, host: str, port: int, server: valkey.Server | None, log: Log):
        self.folder = folder
        self.host = host
        self.port = port
        self.server = server
        self.log = log
        self.sandbox_port = free_port(preferred=port + 1)
        self.children: dict = {}
        self.ready = False

    def run(self) -> None:
        """Start everything, say when it answers, and keep it running. Raises CommandError."""
        self.log.line("run", f"keeping everything in {self.folder.path}")
        try:
            accounts = prepare_database()
        except KeyboardInterrupt:
            self.log.line("run", "stopped")
            return
        with Supervisor(self.log, changed=self._note) as supervisor:
            try:
                self._start(supervisor, accounts)
                supervisor.run()
            except Stopped:
                # Before everything was up; what runs is stopped just the same.
                pass
            self.log.line("run", "stopping")
        self.log.line("run", "stopped")

    def _start(self, supervisor: Supervisor, accounts: str) -> None:
        if self.server:
            supervisor.start(self.server.program(), stop_last=True)
            supervisor.wait(self.server.answers)
        for program in self._programs():
            supervisor.start(program)
        try:
            supervisor.wait(self._answers)
        except Stopped:
            # The demo password is shown once, and this was that once.
            self.log.plain(accounts)
            raise
        self.log.plain("")
        self.log.plain(f"Bulkprofile is ready: http://localhost:{self.port}/")
        self.log.plain(accounts)
        self.log.plain("Stop it with Ctrl-C.")
        self.log.plain("")
        # Last: whoever waits for this finds in the log what it was told.
        self.ready = True
        self._note(self.children)

    def _programs(self) -> list[Program]:
        return [
            self._program("web", "web"),
            *(self._program(f"worker {queue}", "worker", queue) for queue in settings.RQ_QUEUES),
            self._program("sweep", "sweep"),
            self._program("sandbox", "sandbox", "--port", str(self.sandbox_port)),
        ]

    def _program(self, name: str, *arguments: str) -> Program:
        manage = settings.BASE_DIR / "manage.py"
        return Program(name, [sys.executable, str(manage), *arguments], env=self._environment())

    def _environment(self) -> dict[str, str]:
        environment = {
            "BULKPROFILE_VAR": str(self.folder.path),
            # Plain HTTP is for this machine only; a person who says 0 means it.
            "BULKPROFILE_INSECURE_HTTP": os.environ.get("BULKPROFILE_INSECURE_HTTP", "1"),
            "PORT": str(self.port),
            "SANDBOX_URL": f"http://{LOOPBACK}:{self.sandbox_port}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
            # macOS ends a forked work-horse that touches the network, unless told not to.
            "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
        }
        if self.server:
            environment |= {"REDIS_URL": self.server.url, "REDIS_PASSWORD": self.server.password}
        return environment

    def _answers(self) -> bool:
        here = ANY_ADDRESS.get(self.host, self.host)
        return http_status(here, self.port, "/sign-in/") < 500 and can_connect(LOOPBACK, self.sandbox_port)

    def _note(self, children: dict) -> None:
        """Publish what runs now, for people and tests that look into the folder."""
        self.children = children
        self.folder.publish(
            {
                "pid": os.getpid(),
                "ready": self.ready,
                "port": self.port,
                "sandbox_port": self.sandbox_port,
                "valkey_port": self.server.port if self.server else None,
                "children": children,
            }
        )


def embedded_server() -> valkey.Server | None:
    """The Valkey server to start, or None where REDIS_URL names one that runs already.

    Raises valkey.NoServer.
    """
    if os.environ.get("REDIS_URL"):
        return None
    return valkey.Server(
        executable=valkey.find_executable(),
        folder=Path(settings.VAR) / "valkey",
        port=free_port(),
        password=valkey.kept_password(settings.KEYS),
    )


def require_port(host: str, port: int) -> None:
    """Raises CommandError, in words, where the web server could not listen there."""
    if not 0 < port < 65536:
        raise CommandError(f"PORT must be a number between 1 and 65535, not {port}.")
    error = can_bind(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        other = port + 10 if port < 65000 else 8000
        raise CommandError(
            f"Port {port} is used by another program. Choose another one: PORT={other} make run"
        )
    raise CommandError(
        f"Cannot listen on {host}, port {port}: {error.strerror}. Choose with PORT and BULKPROFILE_HOST."
    )


def require_database() -> None:
    """Raises CommandError, in words, where the database cannot be reached."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        place = settings.DATABASES["default"]["NAME"]
        raise CommandError(f"The database {place} cannot be used: {str(error).strip()}") from None
    # The processes make their own.
    connection.close()


def prepare_database() -> str:
    """Bring the tables up to date and make what is missing of the demo: what `manage.py demo` says of it.

    In this process, for another one would begin by loading all of the product once more. Takes
    DEMO_PASSWORD out of the environment, which the servers inherit. Raises CommandError.
    """
    accounts = io.StringIO()
    try:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("demo", stdout=accounts)
    except DatabaseError as error:
        raise CommandError(f"The database could not be brought up to date: {str(error).strip()}") from None
    finally:
        os.environ.pop("DEMO_PASSWORD", None)
        connection.close()
    return accounts.getvalue().rstrip()


def http_status(host: str, port: int, path: str) -> int:
    """The status with which the server answers a GET, or 599 where it does not."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 599
    finally:
        connection.close()


def can_connect(host: str, port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), timeout=ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
