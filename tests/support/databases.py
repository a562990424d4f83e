"""A database of its own for what a test starts beside the test run, on the server that DATABASE_URL names.

With SQLite that is a file in the folder in which its other state is kept. In PostgreSQL the same folder has
the same database; it is made on first use and dropped when this process ends.
"""

import atexit
import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parents[2]
#: The database in the folder of a product.
SQLITE = "bulkprofile.sqlite3"
#: As it is when a run begins: what the run starts may be told of another database in the same variable.
_SERVER = os.environ.get("DATABASE_URL")


def environment(folder: Path) -> dict[str, str]:
    """What tells a product whose state is in the folder where its database is."""
    if not _SERVER:
        return {}
    return {"DATABASE_URL": urlunsplit(urlsplit(_SERVER)._replace(path=f"/{_made(str(folder))}"))}


def name(folder: Path) -> str:
    """What Django calls a database of that folder."""
    return _made(str(folder)) if _SERVER else str(folder / SQLITE)


def connected(folder: Path):
    """A connection to that database past the product, in which each statement is committed; to be closed."""
    url = environment(folder).get("DATABASE_URL")
    if url:
        return psycopg.connect(url, autocommit=True)
    return closing(sqlite3.connect(name(folder), timeout=30, isolation_level=None))


def migrate(path: Path) -> None:
    """Make a SQLite database with every migration applied; nothing with PostgreSQL, or if it is there.

    To apply them takes longer than all else that a product does when it starts. It is done once for all test
    runs on this machine, as long as they are the same.
    """
    if _SERVER or path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copy(_migrated(), path)


@cache
def _migrated() -> Path:
    kept = Path(tempfile.gettempdir()) / f"bulkprofile-migrated-{os.getuid()}"
    kept.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256()
    for source in (ROOT / "requirements-dev.txt", *sorted((ROOT / "uploads" / "migrations").glob("*.py"))):
        digest.update(source.read_bytes())
    database = kept / f"{digest.hexdigest()[:32]}.sqlite3"
    with (kept / "lock").open("w") as lock:
        # Other workers of the test run wait instead of doing the same.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not database.exists():
            with tempfile.TemporaryDirectory(dir=kept) as folder:
                _migrate_anew(Path(folder))
                (Path(folder) / SQLITE).replace(database)
    return database


def _migrate_anew(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"],
        cwd=ROOT,
        env=environment | {"BULKPROFILE_VAR": str(folder)},
        check=True,
    )


@cache
def _made(folder: str) -> str:
    name = f"bulkprofile_{hashlib.sha256(folder.encode()).hexdigest()[:16]}"
    _run(f"CREATE DATABASE {name}")
    atexit.register(_run, f"DROP DATABASE {name} WITH (FORCE)")
    return name


def _run(statement: str) -> None:
    with psycopg.connect(_SERVER, autocommit=True) as connection:
        connection.execute(statement)
