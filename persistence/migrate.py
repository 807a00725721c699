"""Brings a database forward: the plain SQL files of `persistence/migrations/`, in the order of their names.

Rule 1: forward only. A file that was applied is never edited; its checksum is kept and compared.
Rule 2: all pending files are one transaction: the database is at the old version or at the new one.
Rule 3: two hubs that start together do not race: an advisory lock, which ends with the connection.

Why not a library: docs/decisions/0008-migrations.md.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

import psycopg

from persistence.errors import MigrationFailed
from persistence.owner import connect_as_owner
from persistence.transaction import Connection

FOLDER: Final = Path(__file__).with_name("migrations")
_LOCK: Final = 0x636C6172696F6E  # "clarion"
_RECORD: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name        text PRIMARY KEY,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON schema_migrations TO PUBLIC;
"""


class Migration(NamedTuple):
    """One file. `checksum` is the SHA-256 of its text, whatever its line ends."""

    name: str
    sql: str
    checksum: str


def migrate(database_url: str, folder: Path = FOLDER) -> list[str]:
    """Applies what is pending and returns its names. Raises DatabaseUnavailable, MigrationFailed."""
    with connect_as_owner(database_url) as connection:
        # While another hub migrates, wait for it rather than fail.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if connection.info.server_version < 150_000:
            raise MigrationFailed("this PostgreSQL is too old: Clarion needs version 15 or later")
        todo = _pending(connection, folder)
        if todo:
            connection.execute(_RECORD)
        for migration in todo:
            try:
                connection.execute(migration.sql.encode())
            except psycopg.OperationalError:
                raise
            except psycopg.Error as error:
                raise MigrationFailed(f"{migration.name}: {' '.join(str(error).split())}") from error
            connection.execute(
                "INSERT INTO schema_migrations (name, checksum) VALUES (%s, %s)",
                (migration.name, migration.checksum),
            )
        return [migration.name for migration in todo]


def pending(database_url: str, folder: Path = FOLDER) -> list[str]:
    """The names of the files that are not applied yet. Raises DatabaseUnavailable, MigrationFailed."""
    with connect_as_owner(database_url) as connection:
        return [migration.name for migration in _pending(connection, folder)]


def _pending(connection: Connection, folder: Path) -> list[Migration]:
    known = connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
    applied: dict[str, str] = {}
    if known and known[0]:
        applied = dict(connection.execute("SELECT name, checksum FROM schema_migrations").fetchall())
    files = [_read(path) for path in sorted(folder.glob("*.sql"))]
    unknown = applied.keys() - {migration.name for migration in files}
    if unknown:
        raise MigrationFailed(
            f"the database was migrated by a later Clarion ({', '.join(sorted(unknown))}): start that version"
        )
    for migration in files:
        if applied.get(migration.name, migration.checksum) != migration.checksum:
            raise MigrationFailed(f"{migration.name} was edited after it had been applied: restore the file")
    return [migration for migration in files if migration.name not in applied]


def _read(path: Path) -> Migration:
    sql = path.read_text(encoding="utf-8")
    return Migration(path.stem, sql, hashlib.sha256(sql.encode()).hexdigest())
