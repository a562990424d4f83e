"""A database of its own for every product that a test starts beside the test run's."""

import atexit
import hashlib
import os
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit


def environment(folder: Path) -> dict[str, str]:
    """What tells a product that keeps its state in the folder where its database is.

    Nothing for SQLite, whose file lies in the folder. In PostgreSQL, the same folder has the same database,
    which is made on first use and dropped when this process ends.
    """
    server = os.environ.get("DATABASE_URL")
    return {"DATABASE_URL": _made(server, _name(folder))} if server else {}


def _name(folder: Path) -> str:
    return f"bulkprofile_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


@cache
def _made(server: str, name: str) -> str:
    _run(server, f"CREATE DATABASE {name} TEMPLATE template0")
    atexit.register(_run, server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _run(server: str, statement: str) -> None:
    # Not part of what a run on SQLite needs.
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
