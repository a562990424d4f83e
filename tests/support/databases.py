"""A database of its own for what a test starts beside the test run, on the server that DATABASE_URL names.

With SQLite that is a file in the folder in which its other state is kept. In PostgreSQL the same folder has
the same database; it is made on first use and dropped when this process ends.
"""

import atexit
import hashlib
import os
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg


def environment(folder: Path) -> dict[str, str]:
    """What tells a product whose state is in the folder where its database is."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        return {}
    return {"DATABASE_URL": urlunsplit(urlsplit(server)._replace(path=f"/{_made(server, str(folder))}"))}


def name(folder: Path) -> str:
    """What Django calls a database of that folder."""
    server = os.environ.get("DATABASE_URL")
    return _made(server, str(folder)) if server else str(folder / "bulkprofile.sqlite3")


@cache
def _made(server: str, folder: str) -> str:
    name = f"bulkprofile_{hashlib.sha256(folder.encode()).hexdigest()[:16]}"
    _run(server, f"CREATE DATABASE {name}")
    atexit.register(_run, server, f"DROP DATABASE {name} WITH (FORCE)")
    return name


def _run(server: str, statement: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)
