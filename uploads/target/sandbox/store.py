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
from dataclasses import asdict
from pathlib import Path

from . import profiles
from .batchrules import Header, ReceivedBody
from .records import Batch, Outcome, Step, Treatment
from .schema import connect, make_tables

STATUSES_KEPT = 10  # T10
STATUS_LIFETIME = 24 * 60 * 60 * 1000  # T10, milliseconds


class Store:
    """The sandbox's memory in `folder`; raises sqlite3.Error where the file cannot be used."""

    def __init__(self, folder: Path):
        self._path = folder / "sandbox.sqlite3"
        self._writer = connect(self._path)
        self._writing = threading.Lock()
        with self._transaction() as db:
            make_tables(db)

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
        treatment: Treatment,
        now: int,
    ) -> str | None:
        """Remember a body; the id of the batch it made (T6), None where it was refused."""
        with self._transaction() as db:
            number = db.execute(
                "INSERT INTO batches (client, creates_profiles, key, names, refusal, fate, treatment, body,"
                " sha256, bytes, rows, position, received_at, finished_at)"
                " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    client,
                    creates_profiles,
                    header.key if header else "",
                    json.dumps(header.names if header else ()),
                    refusal,
                    fate,
                    json.dumps(asdict(treatment)),
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

    def listed_rows(self, number: int) -> Iterator[tuple[str, Outcome]]:
        """The ids of the consumed rows that a batch's status lists, with their outcome (T9)."""
        with self._snapshot() as db:
            yield from map(
                tuple,
                db.execute("SELECT id, outcome FROM listed_rows WHERE number = ? ORDER BY rowid", (number,)),
            )

    def apply(self, batch: Batch, step: Step, now: int) -> None:
        """Merge a step's rows into the profiles and move the batch on, all or nothing.

        Attributes are overwritten one by one; what a row does not name stays (F7), except as F12 has
        it. An unknown id makes a profile where the batch creates them (v2), and counts as not found
        where not (F10).
        """
        with self._transaction() as db:
            visitors = profiles.held(
                db, batch.client, batch.key, [identifier for identifier, _ in step.updates]
            )
            updated, changed = [], set()
            for identifier, values in step.updates:
                if identifier not in visitors and not batch.creates_profiles:
                    continue
                updated.append(identifier)
                if not values:
                    continue
                visitor = visitors.setdefault(identifier, profiles.Held())
                if batch.overrides:
                    visitor.override(values, now, batch.number)
                else:
                    visitor.update(values, now)
                changed.add(identifier)
            ordered = ((identifier, visitors[identifier]) for identifier in sorted(changed))
            profiles.keep(db, batch.client, batch.key, ordered, now)
            listed = [*step.faulty]
            if batch.treatment.lists_every_row:
                listed += [(identifier, "success") for identifier in updated]
            db.executemany(
                "INSERT INTO listed_rows (number, id, outcome) VALUES (?,?,?)",
                ((batch.number, identifier, outcome) for identifier, outcome in listed),
            )
            db.execute(
                "UPDATE batches SET position = ?, consumed = consumed + ?, updated = updated + ?,"
                " not_found = not_found + ?, failed = failed + ?, with_values = with_values + ?"
                " WHERE number = ?",
                (
                    step.position,
                    step.consumed,
                    len(updated) + step.claimed,
                    len(step.updates) - len(updated),
                    len(step.faulty),
                    step.with_values,
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

    def profile(self, client: str, key: str, identifier: str) -> tuple[int, profiles.Attributes] | None:
        """When a profile last changed, and its attributes as name to [value, time]; None if unknown."""
        with self._snapshot() as db:
            return profiles.one(db, client, key, identifier)

    def profiles(self, client: str) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Every profile of a client: kind of key, id, and attributes as name to value."""
        with self._snapshot() as db:
            yield from profiles.every(db, client)

    def visit(self, client: str, key: str, identifier: str, values: dict[str, str], now: int) -> bool:
        """The visitor comes by, and the page sends these values (F12, F13); False where nobody is known.

        Values make a profile where there is none, as a page does.
        """
        with self._transaction() as db:
            visitor = profiles.held(db, client, key, [identifier]).get(identifier)
            if visitor is None and not values:
                return False
            visitor = visitor or profiles.Held()
            visitor.update(values, now)
            profiles.keep(db, client, key, [(identifier, visitor)], now)
        return True

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
        with closing(connect(self._path)) as db:
            db.execute("BEGIN")
            yield db


def _batch(row: sqlite3.Row) -> Batch:
    values = dict(row)
    values["names"] = tuple(json.loads(values["names"]))
    values["creates_profiles"] = bool(values["creates_profiles"])
    values["treatment"] = Treatment(**json.loads(values["treatment"]))
    return Batch(**values)
