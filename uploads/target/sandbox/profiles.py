"""The profiles in the sandbox's memory. Every function works inside a transaction of its caller's."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Attributes = dict[str, list]  # name: [value, milliseconds since 1970]

encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass
class Held:
    """What is known of one visitor: attributes that are settled, and those that a visit will settle (F12).

    `pending` stems from the batch `pending_from` alone: the next such batch takes its place.
    """

    settled: Attributes = field(default_factory=dict)
    pending: Attributes = field(default_factory=dict)
    pending_from: int | None = None

    @property
    def attributes(self) -> Attributes:
        """What Target would read back (T13)."""
        return {**self.settled, **self.pending}

    def settle(self) -> None:
        """The visitor came by."""
        self.settled.update(self.pending)
        self.pending, self.pending_from = {}, None

    def update(self, values: dict[str, str], now: int) -> None:
        """Merge values, which stay."""
        self.settle()
        self.settled.update({name: [value, now] for name, value in values.items()})

    def override(self, values: dict[str, str], now: int, batch: int) -> None:
        """Take the values of a batch in place of those of the last one, unless they are settled (F12)."""
        if self.pending_from != batch:
            self.pending, self.pending_from = {}, batch
        self.pending.update({name: [value, now] for name, value in values.items()})


def held(db: sqlite3.Connection, client: str, key: str, identifiers: list[str]) -> dict[str, Held]:
    """Those of these visitors that are known, by their ids."""
    rows = db.execute(
        "SELECT id, attributes, pending FROM profiles"
        " WHERE client = ? AND key = ? AND id IN (SELECT value FROM json_each(?))",
        (client, key, encode_json(identifiers)),
    )
    return {identifier: _held(attributes, pending) for identifier, attributes, pending in rows}


def keep(
    db: sqlite3.Connection, client: str, key: str, changed: Iterable[tuple[str, Held]], now: int
) -> None:
    """Write what is known of these visitors."""
    db.executemany(
        "INSERT INTO profiles (client, key, id, modified_at, attributes, pending) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET modified_at = excluded.modified_at, attributes = excluded.attributes,"
        " pending = excluded.pending",
        (
            (client, key, identifier, now, encode_json(visitor.settled), _pending(visitor))
            for identifier, visitor in changed
        ),
    )


def one(db: sqlite3.Connection, client: str, key: str, identifier: str) -> tuple[int, Attributes] | None:
    """When a profile last changed, and its attributes; None if unknown."""
    row = db.execute(
        "SELECT modified_at, attributes, pending FROM profiles WHERE client = ? AND key = ? AND id = ?",
        (client, key, identifier),
    ).fetchone()
    return (row["modified_at"], _held(row["attributes"], row["pending"]).attributes) if row else None


def every(db: sqlite3.Connection, client: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every profile of a client: kind of key, id, and attributes as name to value."""
    rows = db.execute("SELECT key, id, attributes, pending FROM profiles WHERE client = ?", (client,))
    for key, identifier, attributes, pending in rows:
        found = _held(attributes, pending).attributes
        yield key, identifier, {name: value for name, (value, _) in found.items()}


def _held(attributes: str, pending: str) -> Held:
    return Held(json.loads(attributes), *(reversed(json.loads(pending)) if pending else ()))


def _pending(visitor: Held) -> str:
    return encode_json([visitor.pending_from, visitor.pending]) if visitor.pending else ""
