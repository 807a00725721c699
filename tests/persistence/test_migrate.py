"""Migrations: from empty, once, together, and never by halves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from persistence import migrate as module
from persistence.embedded import EmbeddedPostgres
from persistence.errors import DatabaseUnavailable, MigrationFailed
from persistence.migrate import migrate, pending


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    postgres.create_database("empty")
    yield postgres.url("empty")
    postgres.drop_database("empty")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that a test may change."""
    return Path(shutil.copytree(module.FOLDER, tmp_path / "migrations"))


def test_an_empty_database_is_migrated_once(empty_database_url: str) -> None:
    files = sorted(path.stem for path in module.FOLDER.glob("*.sql"))
    assert pending(empty_database_url) == files
    assert migrate(empty_database_url) == files
    assert pending(empty_database_url) == []
    assert migrate(empty_database_url) == []


def test_hubs_that_start_together_migrate_once_between_them(empty_database_url: str) -> None:
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(empty_database_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(len(names) for names in applied) == [0, 0, 0, len(list(module.FOLDER.glob("*.sql")))]


def test_a_migration_that_fails_leaves_nothing_behind_and_names_itself(
    empty_database_url: str, folder: Path
) -> None:
    (folder / "9999-half.sql").write_text("CREATE TABLE half (); SELECT 1/0;")
    with pytest.raises(MigrationFailed, match=r"^9999-half: division by zero"):
        migrate(empty_database_url, folder)
    with psycopg.connect(empty_database_url) as connection:
        row = connection.execute("SELECT to_regclass('half'), to_regclass('tenants')").fetchone()
    assert row == (None, None)


def test_a_new_file_is_applied_to_a_database_of_before(database_url: str, folder: Path) -> None:
    (folder / "9999-more.sql").write_text("CREATE TABLE more ();")
    assert pending(database_url, folder) == ["9999-more"]
    assert migrate(database_url, folder) == ["9999-more"]


def test_a_file_that_was_edited_after_it_was_applied_is_refused(database_url: str, folder: Path) -> None:
    first = next(iter(sorted(folder.glob("*.sql"))))
    first.write_text(first.read_text() + "-- a word more")
    with pytest.raises(MigrationFailed, match="edited"):
        migrate(database_url, folder)


def test_a_database_of_a_later_version_is_refused(database_url: str, folder: Path) -> None:
    (folder / "9999-later.sql").write_text("CREATE TABLE later ();")
    migrate(database_url, folder)
    with pytest.raises(MigrationFailed, match="later Clarion"):
        pending(database_url)


def test_an_unreachable_database_is_one_clear_error() -> None:
    with pytest.raises(DatabaseUnavailable, match="refused"):
        migrate("postgresql://nobody@127.0.0.1:1/nothing")


FROZEN = {
    "0001-foundation": "cc1a4c2d77c271279f34800eb328e8e1a6589decdf69ff2093a7df22af91a6c7",
    "0002-the-hub-keeps-its-word": "1e73c039972750357904700a286a76f1669875481c5ce6c9893fa76c47bf4a44",
    "0003-room-for-what-changes": "f8046eeae27fa85551a8b391259641a94c21ec6ed2feedf551f6e0c69eb254c7",
    "0004-who-may-do-what": "38f39de92b1b8e9fc0b0caae8db73f1a72cd2b8ff349048935e6c925d7a243e7",
    "0005-what-the-screens-play": "926a0e93a4131c5c869801304824704b3c7e94713f5338b1d664e2874454aab7",
    "0006-what-a-screen-proves": "886fe62c1ec87e4af32925eb7ad5391dbc3512f16e507c05e1acfc680a1013a6",
}


def test_a_migration_is_never_edited_and_every_one_is_frozen_here() -> None:
    """A hub refuses a database on which another text was applied. To change the schema, add a file and
    freeze it."""
    files = [module._read(path) for path in sorted(module.FOLDER.glob("*.sql"))]
    assert {migration.name: migration.checksum for migration in files} == FROZEN
