"""The sandbox's SQLite file: its tables, and how a connection to it is opened."""

import sqlite3
from pathlib import Path

# Ids come in any order, so a large file writes all over the index: keep it in memory (64 MB), and
# fold the log back seldom (every 16,000 pages).
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -64000",
    "PRAGMA wal_autocheckpoint = 16000",
)

TABLES = """
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY,
    batch_id TEXT UNIQUE,
    client TEXT NOT NULL,
    creates_profiles INTEGER NOT NULL,
    key TEXT NOT NULL DEFAULT '',
    names TEXT NOT NULL DEFAULT '[]',
    refusal TEXT,
    fate TEXT NOT NULL DEFAULT '',
    treatment TEXT NOT NULL DEFAULT '{}',
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
CREATE TABLE IF NOT EXISTS listed_rows (
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT 'failed'
);
CREATE INDEX IF NOT EXISTS listed_rows_of ON listed_rows (number);
CREATE TABLE IF NOT EXISTS profiles (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    pending TEXT NOT NULL DEFAULT '',
    UNIQUE (client, key, id)
);
"""
# Columns that a file of an older sandbox lacks.
LATER_COLUMNS = (
    ("batches", "treatment", "TEXT NOT NULL DEFAULT '{}'"),
    ("listed_rows", "outcome", "TEXT NOT NULL DEFAULT 'failed'"),
    ("profiles", "pending", "TEXT NOT NULL DEFAULT ''"),
)


def connect(path: Path) -> sqlite3.Connection:
    """A connection whose transactions are begun and ended by its user."""
    db = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    for pragma in PRAGMAS:
        db.execute(pragma)
    return db


def make_tables(db: sqlite3.Connection) -> None:
    """Make what is missing, inside a transaction of the caller's."""
    if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'failed_rows'").fetchone():
        db.execute("ALTER TABLE failed_rows RENAME TO listed_rows")
        db.execute("DROP INDEX failed_rows_of")
    for statement in TABLES.split(";\n"):
        db.execute(statement)
    for table, column, kind in LATER_COLUMNS:
        if column not in {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}:
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
