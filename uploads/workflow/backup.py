"""Copies of everything that a site keeps but its keys, made while everything runs.

The database comes first. A file lies in storage before the database speaks of it, so that a copy lacks at
most what was deleted or replaced while it was made.
"""

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils.timezone import now

#: What makes a folder a copy: when it was made. Brought back, it keeps everything from starting (`recovery`).
MARK = "copy.json"
#: Names of copies sort by the moment at which they were begun, in UTC.
NAME = "%Y%m%dT%H%M%SZ"
IS_COPY = re.compile(r"\d{8}T\d{6}Z")


class CopyFailed(Exception):
    """There is no copy; the message says why."""


def back_up(folder: Path) -> Path:
    """Make a copy in a new folder below this one, whole or not at all, and return where it is.

    A database of PostgreSQL is not part of it. Raises CopyFailed, and OSError where it cannot be written.
    """
    begun = now()
    copy = folder / begun.strftime(NAME)
    draft = folder / f".{copy.name}"
    draft.mkdir(mode=0o700, parents=True)
    try:
        if connection.vendor == "sqlite":
            _copy_database(draft / Path(connection.settings_dict["NAME"]).name)
        for root in map(Path, (settings.MEDIA_ROOT, settings.JOURNAL_ROOT, settings.INCOMING_ROOT)):
            if root.exists():
                _copy_files(root, draft / root.name)
        (draft / MARK).write_text(json.dumps({"made_at": begun.isoformat(timespec="seconds")}) + "\n")
        draft.rename(copy)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return copy


def drop_older(folder: Path, keep: int) -> list[Path]:
    """Delete all but the newest copies in the folder; returns those that are gone."""
    copies = sorted(path for path in folder.iterdir() if IS_COPY.fullmatch(path.name))
    old = copies[: max(0, len(copies) - keep)]
    for path in old:
        shutil.rmtree(path)
    return old


def _copy_database(path: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        # Of one file, as it was asked for: no log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        [(verdict,)] = copy.execute("PRAGMA quick_check(1)")
    path.chmod(0o600)
    if verdict != "ok":
        raise CopyFailed(f"The copy of the database is damaged: {verdict}")


def _copy_files(root: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    for path in root.iterdir():
        try:
            if path.is_dir():
                _copy_files(path, target / path.name)
            else:
                shutil.copy2(path, target / path.name)
        except FileNotFoundError:
            continue  # Deleted, or replaced, this very moment.
