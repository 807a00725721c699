"""The hub looks at what was uploaded: ready with everything that is known of it, or failed with the reason;
taken up again by whoever comes after a hub that was killed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trio

from hub.media.files import FileLimits, MediaFiles
from hub.media.upload_folder import UploadFolder
from hub.settings import Settings
from hub.use_cases import media_processing
from hub.use_cases.media_processing import MediaProcessing
from persistence.database import Database
from persistence.owner import connect_as_owner
from persistence.transaction import Transaction
from protocol.contents import Media
from tests.hub.media.made_files import package, picture, pixel_bomb, video
from tests.hub.tenants import Tenant, make_tenant
from tests.patience import PATIENCE_S


class Desk(NamedTuple):
    """Where files wait to be looked at."""

    database: Database
    database_url: str
    files: MediaFiles
    tenant: Tenant

    def processing(self, files: MediaFiles | None = None) -> MediaProcessing:
        return MediaProcessing(self.database, files or self.files, lambda: datetime.now(UTC))

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connect_as_owner(self.database_url) as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    async def uploaded(self, content: bytes, file_name: str = "file") -> str:
        """A version whose file waits; its id."""
        upload_id = str(uuid.uuid4())
        path = self.files.uploads.path(self.tenant.id, upload_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        now = datetime.now(UTC)

        def write(tx: Transaction) -> str:
            user = self.tenant.admin
            tx.uploads.add(
                upload_id, file_name, len(content), user.user_id, user.email, now, now + timedelta(days=1)
            )
            tx.uploads.complete(upload_id, now)
            facts = {"name": str(uuid.uuid4()), "description": "", "category": "", "tags": []}
            window = {"valid_from": None, "valid_until": None}
            content_id = tx.contents.add(facts | window, user.user_id, user.email, now)
            assert content_id is not None
            said = {"kind": None, "url": None, "duration_s": None, "note": "", "processing_detail": None}
            by = {"created_by": user.user_id, "created_by_name": user.email, "created_at": now}
            file = {"upload_id": upload_id, "file_name": file_name, "processing": "waiting"}
            return tx.media.add(content_id, said | by | file)

        return await self.database.transact(self.tenant.id, write)

    async def media(self, media_id: str) -> Media:
        row = await self.database.transact(self.tenant.id, lambda tx: tx.media.get(media_id))
        assert row is not None
        return row.media

    async def looked_at(self, content: bytes, file_name: str = "file") -> Media:
        media_id = await self.uploaded(content, file_name)
        with trio.fail_after(PATIENCE_S):
            await self.processing().work()
        return await self.media(media_id)

    def stored(self, sha256: str, name: str | None = None) -> bytes:
        file = self.files.store.open(self.tenant.id, sha256, name)
        try:
            return b"".join(file.pieces(0, file.size_bytes))
        finally:
            file.close()

    def left_in_uploads(self) -> list[Path]:
        return list(self.files.uploads.path(self.tenant.id, "x").parent.glob("*"))


@pytest.fixture
async def desk(database_url: str, hub_database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    files = MediaFiles.of(Settings(data_dir=tmp_path, media_keep_free_bytes=0))
    async with Database(hub_database_url, pool_size=4) as database:
        yield Desk(database, database_url, files, make_tenant(database_url, "Hospital"))


async def test_a_picture_is_ready_with_its_hashes_size_and_a_small_one(desk: Desk) -> None:
    content = picture("PNG", (1280, 720))
    media = await desk.looked_at(content, "welcome.png")
    assert (media.processing, media.processing_detail, media.kind) == ("ready", None, "image")
    assert (media.mime_type, media.width, media.height) == ("image/png", 1280, 720)
    assert media.size_bytes == len(content)
    assert media.sha256 == hashlib.sha256(content).hexdigest()
    assert media.md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert desk.stored(media.sha256) == content
    ((small,),) = desk.rows("SELECT encode(thumbnail_sha256, 'hex') FROM media")
    assert hashlib.sha256(desk.stored(small)).hexdigest() == small
    assert desk.rows("SELECT count(*) FROM uploads") == [(0,)]
    assert desk.left_in_uploads() == []
    assert list(desk.files.scratch.glob("*")) == []


async def test_what_came_of_files_is_counted(desk: Desk) -> None:
    processing = desk.processing()
    await desk.uploaded(picture("PNG", (64, 36)))
    await desk.uploaded(b"nothing that can be shown")
    with trio.fail_after(PATIENCE_S):
        await processing.work()
    assert processing.looked_at == {"ready": 1, "failed": 1, "put_off": 0}


async def test_a_video_is_ready_with_its_length(desk: Desk, tmp_path: Path) -> None:
    media = await desk.looked_at(video(tmp_path / "v", seconds=1), "film.mp4")
    assert (media.kind, media.codec, media.mime_type) == ("video", "h264", "video/mp4")
    assert media.duration_s == pytest.approx(1.0, abs=0.15)


async def test_a_package_is_unpacked_into_the_store_with_the_list_of_its_files(desk: Desk) -> None:
    content = package({"index.html": "<title>Hello</title>", "a/b.css": "x{}"})
    media = await desk.looked_at(content, "site.zip")
    assert (media.kind, media.mime_type, media.size_bytes) == ("html", "text/html", len(content))
    assert media.sha256 == hashlib.sha256(content).hexdigest()
    assert desk.stored(media.sha256, "a/b.css") == b"x{}"
    assert b"index.html" in desk.stored(media.sha256, "clarion-files.json")
    assert desk.rows("SELECT is_package, size_bytes FROM blobs") == [(True, 23)]


async def test_a_folder_called_like_the_list_of_the_files_gives_way_to_it(desk: Desk) -> None:
    """It could not be written, which is no fault of the file's, and so was tried again for ever."""
    media = await desk.looked_at(package({"index.html": "x", "clarion-files.json/evil.txt": "y"}))
    assert (media.processing, media.processing_detail) == ("ready", None)
    assert media.sha256 is not None
    assert b"evil" not in desk.stored(media.sha256, "clarion-files.json")


async def test_a_mislabelled_file_is_taken_as_what_it_is_and_says_so(desk: Desk) -> None:
    media = await desk.looked_at(picture("PNG"), "holiday.mp4")
    assert (media.kind, media.mime_type) == ("image", "image/png")
    assert media.processing_detail == "Its name ends in .mp4, but it is a PNG picture, and is taken as that."


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (picture("PNG")[:500], "damaged"),
        (pixel_bomb(60_000, 60_000), "60000 × 60000 pixels"),
        (package({"index.html": "x", "zeros": bytes(5_000_000)}), "what bombs are like"),
        (b"", "empty"),
    ],
)
async def test_a_bad_file_fails_with_the_reason_and_leaves_nothing_behind(
    desk: Desk, content: bytes, why: str
) -> None:
    if not content:
        media_id = await desk.uploaded(b"x")
        for path in desk.left_in_uploads():
            path.write_bytes(b"")
        await desk.processing().work()
        media = await desk.media(media_id)
    else:
        media = await desk.looked_at(content)
    assert (media.processing, media.sha256, media.kind) == ("failed", None, None)
    assert why in (media.processing_detail or "")
    assert desk.rows("SELECT count(*) FROM blobs") == [(0,)]
    assert (desk.left_in_uploads(), list(desk.files.scratch.glob("*"))) == ([], [])


async def test_the_same_bytes_twice_are_one_file(desk: Desk) -> None:
    content = picture()
    first, second = await desk.looked_at(content), await desk.looked_at(content)
    assert first.sha256 == second.sha256
    assert desk.rows("SELECT count(*) FROM blobs") == [(2,)], "the picture and its small one"


async def test_a_file_that_is_gone_or_too_large_fails(desk: Desk) -> None:
    media_id = await desk.uploaded(picture())
    for path in desk.left_in_uploads():
        path.unlink()
    await desk.processing().work()
    assert "not there any more" in ((await desk.media(media_id)).processing_detail or "")
    small = desk.files._replace(limits=FileLimits(100, 0))
    media_id = await desk.uploaded(picture())
    await desk.processing(small).work()
    assert "larger than 100 bytes" in ((await desk.media(media_id)).processing_detail or "")


async def test_a_full_disk_is_not_the_files_fault_and_it_is_looked_at_when_there_is_room(desk: Desk) -> None:
    media_id = await desk.uploaded(package({"index.html": "x"}))
    folder = desk.files.uploads.path("", "")
    full = desk.files._replace(uploads=UploadFolder(folder, keep_free_bytes=2**60))
    processing = desk.processing(full)
    await processing.work()
    assert processing.looked_at == {"ready": 0, "failed": 0, "put_off": 1}
    media = await desk.media(media_id)
    assert (media.processing, "disk of the hub is full" in (media.processing_detail or "")) == (
        "waiting",
        True,
    )
    await desk.processing().work()
    assert (await desk.media(media_id)).processing == "waiting", "not at once again"
    desk.rows("UPDATE media SET working_until = now() - interval '1 s'")
    await desk.processing().work()
    media = await desk.media(media_id)
    assert (media.processing, media.processing_detail) == ("ready", None)


async def test_what_a_killed_hub_was_at_is_taken_up_when_its_time_is_over(desk: Desk) -> None:
    media_id = await desk.uploaded(picture())
    desk.rows(
        "UPDATE media SET processing = 'working', attempts = 1, working_until = now() + interval '1 min'"
    )
    await desk.processing().work()
    assert (await desk.media(media_id)).processing == "working", "another hub is at it"
    desk.rows("UPDATE media SET working_until = now() - interval '1 s'")
    await desk.processing().work()
    assert (await desk.media(media_id)).processing == "ready"


async def test_a_file_that_ends_the_hub_three_times_is_not_taken_a_fourth(desk: Desk) -> None:
    media_id = await desk.uploaded(picture())
    desk.rows("UPDATE media SET processing = 'working', attempts = 3, working_until = now() - interval '1 s'")
    await desk.processing().work()
    media = await desk.media(media_id)
    assert (media.processing, "broke off three times" in (media.processing_detail or "")) == ("failed", True)


async def test_a_hub_that_stops_leaves_the_file_to_whoever_comes_next(desk: Desk) -> None:
    media_id = await desk.uploaded(picture("PNG", (3000, 3000)))
    processing = desk.processing()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(processing.run)
            while desk.rows("SELECT processing FROM media") != [("working",)]:
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        ((said, attempts, until),) = desk.rows("SELECT processing, attempts, working_until FROM media")
        assert (said, attempts, until) == ("waiting", 0, None)
        await desk.processing().work()
    assert (await desk.media(media_id)).processing == "ready"


async def test_whoever_was_overtaken_says_nothing_any_more(desk: Desk) -> None:
    media_id = await desk.uploaded(picture())
    now = datetime.now(UTC)

    def take(tx: Transaction) -> Any:
        return tx.media_queue.take(now, now)

    slow = await desk.database.transact(desk.tenant.id, take)
    fast = await desk.database.transact(desk.tenant.id, take)
    assert (slow.id, slow.attempts, fast.attempts) == (media_id, 1, 2)

    def fail(tx: Transaction) -> tuple[bool, bool, bool]:
        late = tx.media_queue.hold(slow, now), tx.media_queue.fail(slow, "late")
        return *late, tx.media_queue.fail(fast, "The one that counts.")

    assert await desk.database.transact(desk.tenant.id, fail) == (False, False, True)
    assert (await desk.media(media_id)).processing_detail == "The one that counts."


async def test_a_content_that_is_deleted_meanwhile_is_gone(desk: Desk) -> None:
    media_id = await desk.uploaded(picture("PNG", (3000, 3000)))
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(desk.processing().work)
            while desk.rows("SELECT processing FROM media") != [("working",)]:
                await trio.lowlevel.checkpoint()
            desk.rows("DELETE FROM contents")
    assert desk.rows("SELECT count(*) FROM media WHERE id = %s", media_id) == [(0,)]


async def test_a_file_that_arrives_is_looked_at_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_processing, "LOOK_EVERY_S", 10 * PATIENCE_S)
    processing = desk.processing()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(processing.run)
            await trio.testing.wait_all_tasks_blocked(0.05)
            media_id = await desk.uploaded(picture())
            processing.wake()
            while (await desk.media(media_id)).processing != "ready":
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
