"""Taking the audit log's guards away, as somebody who holds the database could, and putting them back.

Tests that tamper do so, and so does the flush behind each test whose transactions are real.
"""

from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.db import connection

from uploads import migrations

_LISTED = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = 'audit_event_update'",
    "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgname = 'audit_event_update'",
}
[_NAME] = [path.stem for path in Path(migrations.__path__[0]).glob("*_audit_log.py")]
MIGRATION = import_module(f"uploads.migrations.{_NAME}")


def remove() -> None:
    """Take the guards away; they must be there."""
    _run(MIGRATION.unguarding(connection.vendor))


def restore() -> None:
    """Put the guards back."""
    _run(MIGRATION.guarding(connection.vendor))


def are_there() -> bool:
    """Whether the guards are in place."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED[connection.vendor])
        return cursor.fetchone()[0] > 0


@contextmanager
def removed():
    """No guards inside the block."""
    remove()
    yield
    restore()


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
