"""Uploads by tus 1.0.0: begun, continued, checked, given up; by whom, and how large."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import trio

from hub.media.files import FileLimits
from hub.media.store import StoreFull
from hub.media.upload_folder import UploadFolder
from hub.operator import Operator
from hub.use_cases.errors import InConflict, Locked, NoRoom, Overloaded
from hub.use_cases.uploads import AT_ONCE_OF_PERSON, OPEN_OF_ONE_PERSON, Checksum, Uploads
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S

UPLOADS: Final = "/api/v1/uploads"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def begin(api: Api, by: Operator, size: int, name: str = "a.png", **more: str) -> Reply:
    headers = {"Tus_Resumable": "1.0.0", "Upload_Length": str(size)}
    headers["Upload_Metadata"] = f"filename {encoded(name)},filetype {encoded('image/png')}"
    return await api.call("POST", UPLOADS, None, by, **{**headers, **more})


async def begun(api: Api, by: Operator, size: int, name: str = "a.png") -> str:
    reply = await begin(api, by, size, name)
    assert reply.status == 201, reply.body
    return str(reply.headers["Location"])


async def send(api: Api, by: Operator, place: str, content: bytes, offset: int, **more: str) -> Reply:
    headers = {"Tus_Resumable": "1.0.0", "Upload_Offset": str(offset)}
    headers["Content_Type"] = "application/offset+octet-stream"
    return await api.call("PATCH", place, content, by, **{**headers, **more})


async def look(api: Api, by: Operator, place: str) -> Reply:
    return await api.call("HEAD", place, None, by, Tus_Resumable="1.0.0")


def path_of(api: Api, tenant: Tenant, place: str) -> Path:
    return api.use_cases.files.uploads.path(tenant.id, place.rpartition("/")[2])


@pytest.fixture
def author(api: Api, tenant: Tenant) -> Operator:
    return api.person(tenant, RoleName.CONTENT_CREATOR)


async def test_a_file_comes_in_piece_by_piece_and_is_then_complete(
    api: Api, tenant: Tenant, author: Operator
) -> None:
    content = b"0123456789" * 300_000
    place = await begun(api, author, len(content), "Menu of the day.png")
    for offset in range(0, len(content), 1_100_000):
        part = content[offset : offset + 1_100_000]
        sent = await send(api, author, place, part, offset)
        assert (sent.status, sent.headers["Upload-Offset"]) == (204, str(offset + len(part)))
        assert sent.headers["Tus-Resumable"] == "1.0.0"
    found = await look(api, author, place)
    assert (found.status, found.headers["Upload-Offset"]) == (200, str(len(content)))
    assert found.headers["Upload-Length"] == str(len(content))
    assert found.headers["Cache-Control"] == "no-store"
    assert found.headers["Upload-Metadata"] == f"filename {encoded('Menu of the day.png')}"
    assert path_of(api, tenant, place).read_bytes() == content
    ((completed, name),) = api.rows("SELECT completed_at IS NOT NULL, file_name FROM uploads")
    assert (completed, name) == (True, "Menu of the day.png")
    (created,) = api.audited("upload.created")
    (done,) = api.audited("upload.completed")
    assert created[1] == done[1] == author.email
    assert done[3] == {"name": "Menu of the day.png", "size_bytes": len(content)}


async def test_the_hub_says_what_it_can_of_tus(api: Api) -> None:
    reply = await api.call("OPTIONS", UPLOADS)
    assert reply.status == 204
    assert reply.headers["Tus-Version"] == "1.0.0"
    assert reply.headers["Tus-Extension"] == "creation,expiration,termination,checksum"
    assert reply.headers["Tus-Max-Size"] == str(2 * 1024**3)
    assert reply.headers["Tus-Checksum-Algorithm"] == "sha1,md5,sha256"


async def test_what_is_not_tus_is_refused_with_the_reason(api: Api, author: Operator) -> None:
    place = await begun(api, author, 10)
    other = await begin(api, author, 10, Tus_Resumable="0.2.2")
    assert (other.status, other.headers["Tus-Version"]) == (412, "1.0.0")
    assert (await api.call("POST", UPLOADS, None, author, Upload_Length="10")).status == 412
    assert (await begin(api, author, 10, Upload_Length="many")).status == 400
    assert (await begin(api, author, 10, Upload_Metadata="filename ???")).status == 400
    assert (await begin(api, author, 0)).status == 422
    assert (await send(api, author, place, b"0123456789", 0, Content_Type="text/plain")).status == 415
    assert (await send(api, author, place, b"0123456789", 0, Upload_Offset="-1")).status == 400
    assert (await send(api, author, place, b"0123456789", 0, Upload_Checksum="crc32 AAAA")).status == 400
    assert (await look(api, author, place)).headers["Upload-Offset"] == "0"


async def test_only_what_follows_what_is_here_is_taken_and_no_more_than_was_said(
    api: Api, tenant: Tenant, author: Operator
) -> None:
    place = await begun(api, author, 10)
    assert (await send(api, author, place, b"56789", 5)).status == 409
    assert (await send(api, author, place, b"01234", 0)).status == 204
    assert (await send(api, author, place, b"01234", 0)).status == 409
    assert (await send(api, author, place, b"56789and more", 5)).status == 413
    assert path_of(api, tenant, place).read_bytes() == b"01234"
    assert (await send(api, author, place, b"56789", 5)).status == 204


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha256"])
async def test_a_piece_that_is_not_what_its_checksum_says_is_forgotten(
    api: Api, tenant: Tenant, author: Operator, algorithm: str
) -> None:
    place = await begun(api, author, 10)
    assert (await send(api, author, place, b"01234", 0)).status == 204
    digest = base64.b64encode(hashlib.new(algorithm, b"56789").digest()).decode()
    garbled = await send(api, author, place, b"5678x", 5, Upload_Checksum=f"{algorithm} {digest}")
    assert (garbled.status, garbled.body["title"]) == (460, "Checksum Mismatch")
    assert path_of(api, tenant, place).read_bytes() == b"01234"
    right = await send(api, author, place, b"56789", 5, Upload_Checksum=f"{algorithm} {digest}")
    assert (right.status, right.headers["Upload-Offset"]) == (204, "10")


async def test_an_upload_that_is_given_up_is_gone_with_its_bytes(
    api: Api, tenant: Tenant, author: Operator
) -> None:
    place = await begun(api, author, 10, "a.png")
    await send(api, author, place, b"01234", 0)
    assert (await api.call("DELETE", place, None, author, Tus_Resumable="1.0.0")).status == 204
    assert not path_of(api, tenant, place).exists()
    assert (await look(api, author, place)).status == 404
    ((_, _, target, details),) = api.audited("upload.deleted")
    assert (target, details) == (place.rpartition("/")[2], {"name": "a.png"})


async def test_an_upload_is_there_for_whoever_began_it_alone(
    api: Api, tenant: Tenant, neighbour: Tenant, author: Operator
) -> None:
    place = await begun(api, author, 10)
    for other in (api.person(tenant, RoleName.CONTENT_CREATOR), tenant.admin, neighbour.admin):
        assert (await look(api, other, place)).status == 404
        assert (await send(api, other, place, b"0123456789", 0)).status == 404
        assert (await api.call("DELETE", place, None, other, Tus_Resumable="1.0.0")).status == 404
    viewer = api.person(tenant, RoleName.VIEWER)
    assert (await begin(api, viewer, 10)).status == 403
    assert (await look(api, viewer, place)).status == 403
    assert (await api.call("POST", UPLOADS, None, None, Tus_Resumable="1.0.0")).status == 401
    assert (await look(api, author, place)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\menu.png", "menu.png"),
        ("a\0b\nc\u202e.png", "abc.png"),
        (".htaccess", "htaccess"),
        ("..", "file"),
        ("", "file"),
        ("é" * 300 + ".jpeg", "é" * 195 + ".jpeg"),
    ],
)
async def test_of_a_name_only_what_can_be_a_name_is_kept(
    api: Api, tenant: Tenant, author: Operator, given: str, kept: str
) -> None:
    place = await begun(api, author, 10, given)
    assert api.rows("SELECT file_name FROM uploads") == [(kept,)]
    folder = path_of(api, tenant, place).parent
    assert [each.name for each in folder.iterdir()] == [place.rpartition("/")[2]]


async def test_a_file_is_no_larger_than_the_hub_takes_and_no_tenant_has_more_than_its_share(
    api: Api, tenant: Tenant, author: Operator
) -> None:
    too_large = await begin(api, author, 2 * 1024**3 + 1)
    assert too_large.status == 413 and "2,147,483,648" in too_large.body["detail"]
    files = api.use_cases.files._replace(limits=FileLimits(1000, 1500))
    uploads = Uploads(api.database, files, lambda: datetime.now(UTC))
    api.rows(
        "INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type)"
        " VALUES (%s, decode(repeat('ab', 32), 'hex'), decode(repeat('ab', 16), 'hex'), 600, 'image/png')",
        tenant.id,
    )
    await uploads.begin(author, "a", 800)
    with pytest.raises(NoRoom, match="1,500 bytes together"):
        await uploads.begin(author, "b", 101)
    await uploads.begin(author, "b", 100)


async def test_nobody_has_more_uploads_open_than_they_can_go_on_with(
    api: Api, tenant: Tenant, author: Operator
) -> None:
    api.rows(
        "INSERT INTO uploads (id, tenant_id, file_name, size_bytes, created_by, expires_at)"
        " SELECT gen_random_uuid(), %s, 'a', 1, %s, now() + interval '1 day' FROM generate_series(1, %s)",
        tenant.id,
        author.user_id,
        OPEN_OF_ONE_PERSON,
    )
    assert (await begin(api, author, 10)).status == 429
    assert (await begin(api, tenant.admin, 10)).status == 201


async def test_an_upload_whose_time_is_over_is_gone(api: Api, author: Operator) -> None:
    place = await begun(api, author, 10)
    api.rows("UPDATE uploads SET expires_at = now()")
    assert (await look(api, author, place)).status == 410
    assert (await send(api, author, place, b"0123456789", 0)).status == 410


class FullAfter(UploadFolder):
    """A disk with room for so many bytes of an upload."""

    room = 7

    def append(self, tenant_id: str, upload_id: str, piece: bytes) -> None:
        super().append(tenant_id, upload_id, piece[: self.room])
        if len(piece) > self.room:
            raise StoreFull("the disk is full")


class Given:
    """A body of these pieces; it says when the first one is asked for, and waits before the last."""

    def __init__(self, *pieces: bytes, wait: bool = False) -> None:
        self._pieces = list(pieces)
        self.is_broken = False
        self.asked, self.go_on = trio.Event(), trio.Event()
        if not wait:
            self.go_on.set()

    async def piece(self) -> bytes:
        if not self._pieces:
            self.asked.set()
            await self.go_on.wait()
            return b""
        return self._pieces.pop(0)


async def test_a_disk_that_fills_during_an_upload_loses_nothing_that_came(
    api: Api, tenant: Tenant, author: Operator, tmp_path: Path
) -> None:
    folder = FullAfter(tmp_path / "small", 0)
    uploads = Uploads(api.database, api.use_cases.files._replace(uploads=folder), lambda: datetime.now(UTC))
    upload = await uploads.begin(author, "a", 10)
    with pytest.raises(NoRoom, match="What came is kept"):
        await uploads.add(author, upload.id, 0, Given(b"0123456789"))
    assert (await uploads.find(author, upload.id)).offset == 7
    folder.room = 100
    assert (await uploads.add(author, upload.id, 7, Given(b"789"))).offset == 10
    assert folder.path(tenant.id, upload.id).read_bytes() == b"0123456789"


async def test_no_upload_begins_where_too_little_would_be_left_of_the_disk(
    api: Api, author: Operator, tmp_path: Path
) -> None:
    files = api.use_cases.files._replace(uploads=UploadFolder(tmp_path / "full", 10**18))
    with pytest.raises(NoRoom):
        await Uploads(api.database, files, lambda: datetime.now(UTC)).begin(author, "a", 10)


async def test_one_request_at_a_time_adds_and_whoever_asks_where_to_go_on_ends_it(
    api: Api, author: Operator
) -> None:
    uploads = api.use_cases.uploads
    upload = await uploads.begin(author, "a", 10)
    hangs = Given(b"01234", wait=True)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:

            async def hang() -> None:
                with pytest.raises(InConflict, match="another connection"):
                    await uploads.add(author, upload.id, 0, hangs)

            nursery.start_soon(hang)
            await hangs.asked.wait()
            with pytest.raises(Locked):
                await uploads.add(author, upload.id, 5, Given(b"56789"))
            assert (await uploads.find(author, upload.id)).offset == 5
        assert (await uploads.add(author, upload.id, 5, Given(b"56789"))).offset == 10


async def test_nobody_has_all_of_the_places(api: Api, tenant: Tenant, author: Operator) -> None:
    uploads, other = api.use_cases.uploads, api.person(tenant, RoleName.CONTENT_CREATOR)
    slow = Given(b"0", wait=True)
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            for _ in range(AT_ONCE_OF_PERSON):
                upload = await uploads.begin(author, "slow", 10)
                nursery.start_soon(uploads.add, author, upload.id, 0, slow)
                await slow.asked.wait()
                slow.asked = trio.Event()
            one_more = await uploads.begin(author, "a", 10)
            with pytest.raises(Overloaded):
                await uploads.add(author, one_more.id, 0, Given(b"0123456789"))
            theirs = await uploads.begin(other, "a", 10)
            assert (await uploads.add(other, theirs.id, 0, Given(b"0123456789"))).offset == 10
            slow.go_on.set()
    assert (await uploads.add(author, one_more.id, 0, Given(b"0123456789"))).offset == 10


async def test_what_a_broken_connection_brought_is_kept_unless_it_was_to_be_checked(
    api: Api, author: Operator
) -> None:
    uploads = api.use_cases.uploads
    upload = await uploads.begin(author, "a", 10)
    broken = Given(b"01234")
    broken.is_broken = True
    assert (await uploads.add(author, upload.id, 0, broken)).offset == 5
    checked = Given(b"567")
    checked.is_broken = True
    checksum = Checksum("sha1", hashlib.sha1(b"56789").digest())
    assert (await uploads.add(author, upload.id, 5, checked, checksum)).offset == 5
