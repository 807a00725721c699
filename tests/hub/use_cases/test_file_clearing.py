"""What is cleared away, and what is not: uploads that are over, files that nothing refers to."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.media.files import MediaFiles
from hub.media.store import NotStored
from hub.settings import Settings
from hub.use_cases.file_clearing import UNUSED_FOR, FileClearing
from hub.use_cases.uploads import KEPT
from persistence.database import Database
from persistence.owner import connect_as_owner
from tests.hub.tenants import Tenant, make_tenant

NOW = datetime.now(UTC)


class House:
    """A tenant with files; `now` is the hub's."""

    def __init__(self, database: Database, database_url: str, folder: Path) -> None:
        self.database = database
        self.tenant: Tenant = make_tenant(database_url, "Hospital")
        self.files = MediaFiles.of(Settings(data_dir=folder, media_keep_free_bytes=0))
        self.folder = folder
        self.now = NOW
        self._url = database_url
        self.clearing = FileClearing(database, self.files, lambda: [self.tenant.id], lambda: self.now)

    def store(self, content: bytes, at: datetime = NOW) -> str:
        """A file in the store, with its row; its hash."""
        source = self.folder / "source"
        source.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        self.files.store.put(self.tenant.id, sha256, source)
        source.unlink()
        self.rows(
            "INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type, stored_at)"
            " VALUES (%s, decode(%s, 'hex'), decode(repeat('ab', 16), 'hex'), 9, 'image/png', %s)",
            *(self.tenant.id, sha256, at),
        )
        return sha256

    def upload(self, upload_id: str, expires_at: datetime) -> Path:
        """An upload with a byte; where its bytes are."""
        self.rows(
            "INSERT INTO uploads (id, tenant_id, file_name, size_bytes, expires_at)"
            " VALUES (%s, %s, 'a', 9, %s)",
            *(upload_id, self.tenant.id, expires_at),
        )
        self.files.uploads.create(self.tenant.id, upload_id)
        self.files.uploads.append(self.tenant.id, upload_id, b"a")
        return self.files.uploads.path(self.tenant.id, upload_id)

    def version(self, **facts: object) -> None:
        """A version of media with these columns; `sha256` and `thumbnail_sha256` in hexadecimal."""
        (content,) = self.rows(
            "INSERT INTO contents (tenant_id, name) VALUES (%s, %s) RETURNING id", self.tenant.id, str(facts)
        )
        self.rows(
            "INSERT INTO media (tenant_id, content_id, number, upload_id, sha256, thumbnail_sha256)"
            " VALUES (%s, %s, 1, %s, decode(%s, 'hex'), decode(%s, 'hex'))",
            self.tenant.id,
            content[0],
            *(facts.get(name) for name in ("upload_id", "sha256", "thumbnail_sha256")),
        )

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        with connect_as_owner(self._url) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def has(self, sha256: str) -> bool:
        """Whether file and row are there; they are both, or neither."""
        try:
            self.files.store.open(self.tenant.id, sha256).close()
        except NotStored:
            there = False
        else:
            there = True
        row = self.rows("SELECT 1 FROM blobs WHERE sha256 = decode(%s, 'hex')", sha256)
        assert bool(row) == there
        return there


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with Database(database_url, pool_size=2) as database:
        yield House(database, database_url, tmp_path)


async def test_a_file_that_nothing_refers_to_for_a_day_goes_and_every_other_stays(house: House) -> None:
    old = NOW - UNUSED_FOR - timedelta(seconds=1)
    unused, young = house.store(b"unused", old), house.store(b"young", NOW - UNUSED_FOR + timedelta(hours=1))
    shown, small = house.store(b"shown", old), house.store(b"small", old)
    house.version(sha256=shown, thumbnail_sha256=small)
    await house.clearing.clear(house.tenant.id)
    assert not house.has(unused)
    assert house.has(young) and house.has(shown) and house.has(small)
    assert house.clearing.cleared == {"uploads": 0, "files": 1}


async def test_a_file_that_is_stored_again_is_as_new(house: House) -> None:
    sha256 = house.store(b"again", NOW - timedelta(days=9))
    await house.database.transact(
        house.tenant.id, lambda tx: tx.blobs.add(sha256, "ab" * 16, 9, "image/png", False, NOW)
    )
    await house.clearing.clear(house.tenant.id)
    assert house.has(sha256)


async def test_uploads_whose_time_is_over_go_unless_a_version_is_made_of_them(house: House) -> None:
    over = house.upload("0d9c0f6e-5e0c-4a55-9c1b-000000000001", NOW - timedelta(seconds=1))
    used = house.upload("0d9c0f6e-5e0c-4a55-9c1b-000000000002", NOW - timedelta(seconds=1))
    young = house.upload("0d9c0f6e-5e0c-4a55-9c1b-000000000003", NOW + timedelta(seconds=1))
    house.version(upload_id=used.name)
    await house.clearing.clear(house.tenant.id)
    assert (over.exists(), used.exists(), young.exists()) == (False, True, True)
    left = house.rows("SELECT id::text FROM uploads ORDER BY id")
    assert left == [(used.name,), (young.name,)]


async def test_bytes_of_which_no_upload_is_known_go_when_they_are_old(house: House) -> None:
    known = house.upload("0d9c0f6e-5e0c-4a55-9c1b-000000000001", NOW + timedelta(days=9))
    for name in ("0d9c0f6e-5e0c-4a55-9c1b-00000000000a", "0d9c0f6e-5e0c-4a55-9c1b-00000000000b"):
        house.files.uploads.create(house.tenant.id, name)
    forgotten, young = known.with_name(f"{known.name[:-1]}a"), known.with_name(f"{known.name[:-1]}b")
    long_ago = (NOW - KEPT - timedelta(minutes=1)).timestamp()
    for path in (known, forgotten):
        os.utime(path, (long_ago, long_ago))
    await house.clearing.clear_forgotten()
    assert (known.exists(), forgotten.exists(), young.exists()) == (True, False, True)
