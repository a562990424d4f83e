"""What the machine of deliveries runs against: a real sandbox, which something can happen to meanwhile."""

import itertools
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

from uploads.models import Destination, User
from uploads.target.sandbox import Sandbox, serving

_folders = itertools.count(1)


@dataclass
class World:
    """What one run of the machine needs, and how the sandbox is reached while it lasts.

    meanwhile: called once in the middle of the next POST, by the sandbox.
    """

    settings: object
    folder: Path
    destination: Destination
    uploader: User
    reviewer: User
    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    @contextmanager
    def sandbox(self):
        """A fresh sandbox behind the destination; yields its app."""
        with (
            Sandbox(self.folder / str(next(_folders)), processing_seconds=0, calls_per_minute=None) as app,
            serving(_Watched(app, self)) as port,
        ):
            self.settings.SANDBOX_URL = f"http://127.0.0.1:{port}"
            yield app


class _Watched:
    """The sandbox, which lets something happen while it has a POST in its hands."""

    def __init__(self, app, world: World):
        self._app = app
        self._world = world
        self.faults = app.faults
        self.stop_waiting = app.stop_waiting

    def __call__(self, environ: dict, start_response):
        if environ["REQUEST_METHOD"] == "POST" and self._world.meanwhile:
            try:
                self._world.meanwhile.pop()()
            finally:
                connection.close()
        return self._app(environ, start_response)
