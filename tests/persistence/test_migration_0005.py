"""What the screens play: a house that was lived in keeps everything, and begins without a manifest."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence import migrate as module
from persistence.embedded import EmbeddedPostgres
from persistence.migrate import migrate
from tests.persistence.premises import Premises

THIS = "0005-what-the-screens-play"
BEFORE = sorted(path.stem for path in module.FOLDER.glob("*.sql") if path.stem < THIS)
LATER = sorted(path.stem for path in module.FOLDER.glob("*.sql") if path.stem > THIS)
TABLES = ("devices", "sites", "device_groups", "commands", "audit_log", "users")


@pytest.fixture
def old(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Premises]:
    """A database of the release before, lived in."""
    for name in BEFORE:
        shutil.copy(module.FOLDER / f"{name}.sql", tmp_path)
    postgres.create_database("lived_in")
    assert migrate(postgres.url("lived_in"), tmp_path) == BEFORE
    home = Premises(postgres.url("lived_in"), "ours", devices=3)
    home.run("UPDATE devices SET playlist_version = 7")
    yield home
    postgres.drop_database("lived_in")


def test_nothing_is_lost_and_numbers_of_playlists_go_on(old: Premises) -> None:
    before = [old.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1") for table in TABLES]
    assert migrate(old.database_url) == [THIS, *LATER]
    after = [old.rows(f"SELECT to_jsonb(t) FROM {table} t ORDER BY 1") for table in TABLES]
    for rows, rows_before in zip(after, before, strict=True):
        kept = [{name: row[name] for name in was} for (row,), (was,) in zip(rows, rows_before, strict=True)]
        assert kept == [was for (was,) in rows_before]
    facts = "SELECT DISTINCT playlist_version, manifest_digest, reported_playlist_version FROM devices"
    assert old.rows(facts) == [(7, None, 0)]


def test_every_tenant_of_before_has_a_content_version_that_what_follows_raises(old: Premises) -> None:
    migrate(old.database_url)
    tenants = old.rows("SELECT count(*) FROM tenants")
    assert old.rows("SELECT count(*) FROM content_versions WHERE (version, plays) = (1, 1)") == tenants
    old.run("INSERT INTO contents (tenant_id, name) VALUES (%s, 'Welcome')", old.id)
    seen = "SELECT version, plays FROM content_versions WHERE tenant_id = %s"
    assert old.rows(seen, old.id) == [(2, 1)]
    old.run('UPDATE devices SET tags = \'{"floor": "2"}\' WHERE id = %s', old.devices[0])
    assert old.rows(seen, old.id) == [(3, 2)]
    old.run("UPDATE devices SET last_seen_at = now()")
    assert old.rows(seen, old.id) == [(3, 2)]
