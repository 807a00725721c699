"""Files at their signed addresses: whole, in part, not again; what browsers are told; who has no address."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from hub.media.store import PIECE_BYTES
from hub.use_cases.errors import Overloaded
from hub.use_cases.served_files import Served, ServedFiles
from hub.use_cases.wiring import utc_now
from tests.hub.api.conftest import Api, running_api
from tests.hub.tenants import Tenant

CONTENT = bytes(range(256)) * (2 * PIECE_BYTES // 256) + b"the end"


async def keep(api: Api, tenant: Tenant, source: Path, mime_type: str, *, package: bool = False) -> str:
    """A file, or a folder, in the store; its hash."""
    if package:
        sha256, size = "cd" * 32, 1
        api.use_cases.files.store.put_package(tenant.id, sha256, source)
    else:
        sha256, size = hashlib.sha256(source.read_bytes()).hexdigest(), source.stat().st_size
        api.use_cases.files.store.put(tenant.id, sha256, source)
    await api.database.transact(
        tenant.id, lambda tx: tx.blobs.add(sha256, "ab" * 16, size, mime_type, package, utc_now())
    )
    return sha256


def address(api: Api, tenant: Tenant, sha256: str, name: str = "a film.mp4") -> str:
    return api.use_cases.files.urls.path(tenant.id, sha256, name, utc_now())


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "js").mkdir(parents=True)
    (folder / "index.html").write_text("<script src=js/menu.js></script>")
    (folder / "js" / "menu.js").write_text("menu()")
    return folder


async def test_a_file_is_served_whole_with_everything_that_is_known_of_it(
    api: Api, tenant: Tenant, film: Path
) -> None:
    sha256 = await keep(api, tenant, film, "video/mp4")
    whole = await api.get(address(api, tenant, sha256))
    assert (whole.status, whole.body) == (200, CONTENT)
    said = whole.headers
    assert said["Content-Type"] == "video/mp4"
    assert said["Content-Length"] == str(len(CONTENT))
    assert said["ETag"] == f'"{sha256}"'
    assert said["Accept-Ranges"] == "bytes"
    assert said["X-Content-Type-Options"] == "nosniff"
    assert said["Content-Disposition"] == "inline; filename*=UTF-8''a%20film.mp4"
    assert "sandbox" in said["Content-Security-Policy"]
    private, age, immutable = said["Cache-Control"].split(", ")
    assert (private, immutable) == ("private", "immutable")
    assert 7 * 86_400 - 60 < int(age.removeprefix("max-age=")) <= 14 * 86_400
    asked = await api.call("HEAD", address(api, tenant, sha256))
    assert (asked.status, asked.body) == (200, b"")


async def test_a_part_is_served_and_what_is_there_already_is_not(
    api: Api, tenant: Tenant, film: Path
) -> None:
    sha256 = await keep(api, tenant, film, "video/mp4")
    place = address(api, tenant, sha256)
    begins = PIECE_BYTES - 3
    part = await api.get(place, Range=f"bytes={begins}-{begins + 9}")
    assert (part.status, part.body) == (206, CONTENT[begins : begins + 10])
    assert part.headers["Content-Range"] == f"bytes {begins}-{begins + 9}/{len(CONTENT)}"
    assert part.headers["Content-Length"] == "10"
    assert (await api.get(place, Range="bytes=-7")).body == b"the end"
    assert (await api.get(place, Range="bytes=0-1", If_Range=f'"{sha256}"')).status == 206
    assert (await api.get(place, Range="bytes=0-1", If_Range='"other"')).body == CONTENT
    behind = await api.get(place, Range=f"bytes={len(CONTENT)}-")
    assert (behind.status, behind.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    same = await api.get(place, If_None_Match=f'"{sha256}"')
    assert (same.status, same.body) == (304, b"")
    assert same.headers["ETag"] == f'"{sha256}"'


async def test_an_address_that_was_not_given_or_is_over_opens_nothing(
    api: Api, tenant: Tenant, neighbour: Tenant, film: Path
) -> None:
    sha256 = await keep(api, tenant, film, "video/mp4")
    place = address(api, tenant, sha256)
    for wrong in (
        place.replace(sha256, "ab" * 32),
        place.replace(tenant.id, neighbour.id),
        place.replace(".", ".A", 1),
        api.use_cases.files.urls.path(tenant.id, sha256, "a", utc_now() - timedelta(days=15)),
    ):
        refused = await api.get(wrong)
        assert refused.status == 403
        assert refused.headers["Content-Type"] == "application/problem+json"
    # A good address of what the tenant does not have, though another one has it.
    assert (await api.get(address(api, neighbour, sha256))).status == 404


async def test_of_a_suspended_tenant_nothing_is_served_until_it_is_resumed(
    api: Api, tenant: Tenant, film: Path
) -> None:
    place = address(api, tenant, await keep(api, tenant, film, "video/mp4"))
    for status, answer in (("SUSPENDED", 404), ("ACTIVE", 200)):
        api.rows("UPDATE tenants SET status = %s WHERE id = %s", status, tenant.id)
        await api.use_cases.access.refresh(tenant.id)
        assert (await api.get(place)).status == answer


async def test_a_page_of_a_package_reaches_what_lies_beside_it_and_has_no_origin(
    api: Api, tenant: Tenant, package: Path
) -> None:
    sha256 = await keep(api, tenant, package, "application/zip", package=True)
    index = address(api, tenant, sha256, "index.html")
    page = await api.get(index)
    assert (page.status, page.body) == (200, b"<script src=js/menu.js></script>")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == "sandbox allow-scripts"
    beside = index.replace("index.html", "js/menu.js")
    script = await api.get(beside)
    assert (script.body, script.headers["Content-Type"]) == (b"menu()", "text/javascript; charset=utf-8")
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    listed = await api.get(index.replace("index.html", "clarion-files.json"))
    assert [each["path"] for each in listed.body] == ["index.html", "js/menu.js"]
    assert (await api.call("HEAD", beside)).body == b""
    for outside in ("../x", "js/../../x", "js", "%2e%2e/x", "nothing.html"):
        assert (await api.get(index.replace("index.html", outside))).status in (404, 403)


async def test_more_at_once_than_there_are_places_come_again_later(
    api: Api, tenant: Tenant, film: Path
) -> None:
    sha256 = await keep(api, tenant, film, "video/mp4")
    _, _, grant, *rest = address(api, tenant, sha256).split("/", 5)
    files = ServedFiles(api.database, api.use_cases.files, lambda _: False, utc_now, at_once=1)
    first = await files.find(grant, *rest, opened=True)
    assert first.file is not None
    pieces = files.pieces(first.file, 0, first.size_bytes)
    assert await anext(pieces) == CONTENT[:PIECE_BYTES]
    with pytest.raises(Overloaded):
        await files.find(grant, *rest, opened=True)
    await pieces.aclose()
    again = await files.find(grant, *rest, opened=True)
    assert again.file is not None
    again.file.close()


async def test_of_many_who_come_at_the_same_moment_no_more_have_a_place_than_there_are(
    api: Api, tenant: Tenant, neighbour: Tenant, film: Path
) -> None:
    grants = {}
    for each in (tenant, neighbour):
        sha256 = await keep(api, each, film, "video/mp4")
        grants[each.id] = address(api, each, sha256).split("/")[2]
    files = ServedFiles(api.database, api.use_cases.files, lambda _: False, utc_now, at_once=5, of_tenant=3)
    opened: list[Served] = []
    refused: list[str] = []

    async def ask(tenant_id: str) -> None:
        try:
            opened.append(await files.find(grants[tenant_id], tenant_id, sha256, "a", opened=True))
        except Overloaded:
            refused.append(tenant_id)

    async def all_ask(tenant_id: str) -> int:
        refused.clear()
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(ask, tenant_id)
        return 10 - len(refused)

    assert await all_ask(tenant.id) == 3, "one tenant's slow clients hold up their own"
    assert await all_ask(neighbour.id) == 2
    for one in opened:
        assert one.file is not None
        one.file.close()
        one.file.close()
    assert await all_ask(tenant.id) == 3
    # Whoever left before the first byte has a place no more, nor is the file open.
    del one
    opened.clear()
    assert await all_ask(tenant.id) == 3


async def test_where_nginx_sends_the_files_the_hub_says_which(
    database_url: str, tmp_path: Path, film: Path, package: Path
) -> None:
    async with running_api(database_url, tmp_path, x_accel="/media-files/") as api:
        tenant = api.tenant("Hospital")
        sha256 = await keep(api, tenant, film, "video/mp4")
        place = address(api, tenant, sha256)
        sent = await api.get(place, Range="bytes=0-1")
        assert (sent.status, sent.body, sent.headers["Content-Type"]) == (200, b"", "video/mp4")
        where = f"/media-files/{tenant.id}/{sha256[:2]}/{sha256}"
        assert sent.headers["X-Accel-Redirect"] == where
        assert sent.headers["ETag"] == f'"{sha256}"'
        assert (await api.get(place, If_None_Match=f'"{sha256}"')).status == 304
        assert (await api.get(place.replace(".", ".A", 1))).status == 403
        sha256 = await keep(api, tenant, package, "application/zip", package=True)
        beside = await api.get(address(api, tenant, sha256, "js/menu.js"))
        where = f"/media-files/{tenant.id}/{sha256[:2]}/{sha256}/js/menu.js"
        assert beside.headers["X-Accel-Redirect"] == where
        assert (await api.get(address(api, tenant, sha256, "../x"))).status in (403, 404)
        # Another user's web server may read what is kept.
        kept = tmp_path / "media" / tenant.id
        assert all(path.stat().st_mode & 0o004 for path in (kept, *kept.rglob("*")))
