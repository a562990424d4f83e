"""What the sandbox remembers, in one SQLite file: batches received, their failed rows, profiles.

Times are milliseconds since 1970. Each method is one transaction and may be called by any thread: all
writing shares one connection behind a lock, each reading has its own. A killed process leaves the
last committed state.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .batchrules import Header, ReceivedBody

# Ids come in any order, so a large file writes all over the index: keep it in memory (64 MB), and
# fold the log back seldom (every 16,000 pages).
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -64000",
    "PRAGMA wal_autocheckpoint = 16000",
)
encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

STATUSES_KEPT = 10  # T10
STATUS_LIFETIME = 24 * 60 * 60 * 1000  # T10, milliseconds

SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY,
    batch_id TEXT UNIQUE,
    client TEXT NOT NULL,
    creates_profiles INTEGER NOT NULL,
    key TEXT NOT NULL DEFAULT '',
    names TEXT NOT NULL DEFAULT '[]',
    refusal TEXT,
    fate TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    position INTEGER NOT NULL DEFAULT 0,
    consumed INTEGER NOT NULL DEFAULT 0,
    updated INTEGER NOT NULL DEFAULT 0,
    not_found INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    with_values INTEGER NOT NULL DEFAULT 0,
    received_at INTEGER NOT NULL,
    finished_at INTEGER
);
CREATE INDEX IF NOT EXISTS batches_unfinished ON batches (number) WHERE finished_at IS NULL;
CREATE TABLE IF NOT EXISTS failed_rows (number INTEGER NOT NULL, id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS failed_rows_of ON failed_rows (number);
CREATE TABLE IF NOT EXISTS profiles (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    UNIQUE (client, key, id)
);
"""


@dataclass(frozen=True)
class Batch:
    """One body received; `refusal` is Target's message where it was not queued, else None.

    `fate` is "" for an ordinary batch, else the fault that decides how it ends. `position` is the
    byte offset of the next row to consume.
    """

    number: int
    batch_id: str | None
    client: str
    creates_profiles: bool
    key: str
    names: tuple[str, ...]
    refusal: str | None
    fate: str
    body: str
    sha256: str
    bytes: int
    rows: int
    position: int
    consumed: int
    updated: int
    not_found: int
    failed: int
    with_values: int
    received_at: int
    finished_at: int | None

    @property
    def header(self) -> Header:
        """The header that its rows are read by."""
        return Header(self.key, self.names, 0)


@dataclass
class Progress:
    """What one step through a batch did: rows by outcome, and where the next step begins."""

    position: int
    consumed: int = 0
    updated: int = 0
    not_found: int = 0
    with_values: int = 0


class Store:
    """The sandbox's memory in `folder`; raises sqlite3.Error where the file cannot be used."""

    def __init__(self, folder: Path):
        self._path = folder / "sandbox.sqlite3"
        self._writer = self._connect()
        self._writing = threading.Lock()
        with self._transaction() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)

    def close(self) -> None:
        """Release the file."""
        self._writer.close()

    def add_batch(
        self,
        client: str,
        body: ReceivedBody,
        *,
        header: Header | None,
        refusal: str | None,
        creates_profiles: bool,
        fate: str,
        now: int,
    ) -> str | None:
        """Remember a body; the id of the batch it made (T6), None where it was refused."""
        with self._transaction() as db:
            number = db.execute(
                "INSERT INTO batches (client, creates_profiles, key, names, refusal, fate, body, sha256,"
                " bytes, rows, position, received_at, finished_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    client,
                    creates_profiles,
                    header.key if header else "",
                    json.dumps(header.names if header else ()),
                    refusal,
                    fate,
                    body.path.name,
                    body.sha256,
                    body.size,
                    body.rows,
                    header.length if header else 0,
                    now,
                    now if refusal else None,
                ),
            ).lastrowid
            if refusal:
                return None
            batch_id = f"{client}-{now}-{10_000_000 + number}"
            db.execute("UPDATE batches SET batch_id = ? WHERE number = ?", (batch_id, number))
            return batch_id

    def next_batch(self) -> Batch | None:
        """The oldest batch that waits to be consumed."""
        with self._snapshot() as db:
            row = db.execute(
                "SELECT * FROM batches WHERE finished_at IS NULL AND fate = '' ORDER BY number LIMIT 1"
            ).fetchone()
        return _batch(row) if row else None

    def bodies_waiting(self) -> set[str]:
        """The names of the bodies that are not consumed to their end."""
        with self._snapshot() as db:
            return {name for (name,) in db.execute("SELECT body FROM batches WHERE finished_at IS NULL")}

    def status_of(self, client: str, batch_id: str, now: int) -> Batch | None:
        """The batch, while Target would still keep its status (T10)."""
        with self._snapshot() as db:
            row = db.execute(
                "SELECT * FROM batches WHERE client = ? AND batch_id = ? AND received_at > ?",
                (client, batch_id, now - STATUS_LIFETIME),
            ).fetchone()
            if row is None:
                return None
            (newer,) = db.execute(
                "SELECT count(*) FROM batches WHERE client = ? AND number > ? AND refusal IS NULL",
                (client, row["number"]),
            ).fetchone()
        return _batch(row) if newer < STATUSES_KEPT else None

    def batches(self) -> list[Batch]:
        """Every body received, the newest first."""
        with self._snapshot() as db:
            return [_batch(row) for row in db.execute("SELECT * FROM batches ORDER BY number DESC")]

    def failed_ids(self, number: int) -> Iterator[str]:
        """The ids of a batch's failed rows, in the order of the file."""
        with self._snapshot() as db:
            rows = db.execute("SELECT id FROM failed_rows WHERE number = ? ORDER BY rowid", (number,))
            yield from (identifier for (identifier,) in rows)

    def apply(
        self,
        batch: Batch,
        progress: Progress,
        updates: list[tuple[str, dict[str, str]]],
        failed_ids: list[str],
        now: int,
    ) -> None:
        """Merge a step's rows into the profiles and move the batch on, all or nothing.

        Attributes are overwritten one by one; what a row does not name stays (F7). An unknown id
        makes a profile where the batch creates them (v2), and counts as not found where not (F10).
        """
        with self._transaction() as db:
            merged = _known_profiles(db, batch, [identifier for identifier, _ in updates])
            touched = set()
            for identifier, values in updates:
                known = identifier in merged
                if not known and not batch.creates_profiles:
                    progress.not_found += 1
                    continue
                progress.updated += 1
                if values:
                    merged.setdefault(identifier, {}).update(
                        {name: (value, now) for name, value in values.items()}
                    )
                    touched.add(identifier)
            db.executemany(
                "INSERT INTO profiles VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE"
                " SET modified_at = excluded.modified_at, attributes = excluded.attributes",
                (
                    (
                        batch.client,
                        batch.key,
                        identifier,
                        now,
                        encode_json(merged[identifier]),
                    )
                    for identifier in sorted(touched)
                ),
            )
            db.executemany(
                "INSERT INTO failed_rows VALUES (?,?)",
                ((batch.number, identifier) for identifier in failed_ids),
            )
            db.execute(
                "UPDATE batches SET position = ?, consumed = consumed + ?, updated = updated + ?,"
                " not_found = not_found + ?, failed = failed + ?, with_values = with_values + ?"
                " WHERE number = ?",
                (
                    progress.position,
                    progress.consumed,
                    progress.updated,
                    progress.not_found,
                    len(failed_ids),
                    progress.with_values,
                    batch.number,
                ),
            )

    def finish(self, number: int, now: int) -> None:
        """Every row was consumed; a file with nothing but empty values is ignored whole (F7)."""
        with self._transaction() as db:
            db.execute("UPDATE batches SET finished_at = ? WHERE number = ?", (now, number))
            db.execute(
                "UPDATE batches SET updated = 0, not_found = 0 WHERE number = ? AND with_values = 0",
                (number,),
            )

    def give_up(self, number: int) -> None:
        """The batch gets stuck (T8)."""
        with self._transaction() as db:
            db.execute("UPDATE batches SET fate = 'stuck' WHERE number = ?", (number,))

    def profile(self, client: str, key: str, identifier: str) -> tuple[int, dict[str, list]] | None:
        """When a profile last changed, and its attributes as name to [value, time]; None if unknown."""
        with self._snapshot() as db:
            row = db.execute(
                "SELECT modified_at, attributes FROM profiles WHERE client = ? AND key = ? AND id = ?",
                (client, key, identifier),
            ).fetchone()
        return (row["modified_at"], json.loads(row["attributes"])) if row else None

    def profiles(self, client: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Every profile of a client: kind of key, id, and attributes as name to value."""
        with self._snapshot() as db:
            rows = db.execute("SELECT key, id, attributes FROM profiles WHERE client = ?", (client,))
            for key, identifier, attributes in rows:
                yield key, identifier, {name: value for name, (value, _) in json.loads(attributes).items()}

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=20, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        for pragma in PRAGMAS:
            db.execute(pragma)
        return db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            finally:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")

    @contextmanager
    def _snapshot(self) -> Iterator[sqlite3.Connection]:
        with closing(self._connect()) as db:
            db.execute("BEGIN")
            yield db


def _batch(row: sqlite3.Row) -> Batch:
    values = dict(row)
    values["names"] = tuple(json.loads(values["names"]))
    values["creates_profiles"] = bool(values["creates_profiles"])
    return Batch(**values)


def _known_profiles(db: sqlite3.Connection, batch: Batch, identifiers: list[str]) -> dict[str, dict]:
    rows = db.execute(
        "SELECT id, attributes FROM profiles"
        " WHERE client = ? AND key = ? AND id IN (SELECT value FROM json_each(?))",
        (batch.client, batch.key, encode_json(identifiers)),
    )
    return {identifier: json.loads(attributes) for identifier, attributes in rows}
