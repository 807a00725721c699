"""Files through the dashboard: for whom, with whose token, and in which sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import APIRequestContext

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.files import TUS, add_version, picture
from tests.dashboard.houses import add, api_of
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant
from tests.patience import PATIENCE_S

NAMED = {"Upload-Metadata": "filename YS5wbmc="}
BYTES = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def asks(dashboard_url: str) -> Iterator[httpx.Client]:
    """A browser that is not signed in."""
    with httpx.Client(base_url=dashboard_url, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
def signed(visitor: Visit, postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> APIRequestContext:
    """What a signed-in browser asks with its cookies; a tenant for each test."""
    house = make_tenant(postgres.url("dashboard"), f"Proxy {request.node.name[:40]}".replace("_", " "))
    visitor.enter(house.admin.email, "/contents")
    return visitor.page.request


def test_an_upload_is_for_who_is_signed_in_and_for_no_page_of_another_site(
    asks: httpx.Client, signed: APIRequestContext, visitor: Visit
) -> None:
    headers = {**TUS, **NAMED, "Upload-Length": "3"}
    assert asks.post("/uploads", headers=headers).status_code == 401
    # A form of another site sends the cookie perhaps, and never this header.
    without = {name: value for name, value in headers.items() if name not in TUS}
    assert signed.post(f"{visitor.url}/uploads", headers=without).status == 401
    begun = signed.post(f"{visitor.url}/uploads", headers=headers)
    assert begun.status == 201 and begun.headers["location"].startswith("/uploads/")
    address = visitor.url + begun.headers["location"]
    assert asks.patch(begun.headers["location"], headers=BYTES, content=b"abc").status_code == 401
    sent = signed.fetch(address, method="PATCH", headers=BYTES, data=b"abc")
    assert sent.status == 204 and sent.headers["upload-offset"] == "3"
    assert "authorization" not in sent.headers and "set-cookie" not in sent.headers
    asked = signed.fetch(address, method="HEAD", headers=TUS)
    assert asked.headers["upload-offset"] == asked.headers["upload-length"] == "3"
    assert (
        asks.post(f"{begun.headers['location']}/content", headers=TUS, json={"file_name": "a"}).status_code
        == 401
    )


def test_what_is_no_upload_is_refused_before_anybody_is_asked(
    signed: APIRequestContext, visitor: Visit
) -> None:
    for address in ("/uploads/nonsense", "/uploads/..%2Fdevices", "/uploads/%2e%2e"):
        answer = signed.fetch(visitor.url + address, method="PATCH", headers=BYTES, data=b"abc")
        assert answer.status in (404, 405), address
    there_is_none = f"{visitor.url}/uploads/00000000-0000-4000-8000-000000000001"
    assert signed.fetch(there_is_none, method="HEAD", headers=TUS).status == 404
    order = signed.post(f"{there_is_none}/content", headers=TUS, data=b"{")
    assert order.status == 422
    assert signed.post(f"{there_is_none}/content", headers=TUS, data=b"x" * 5000).status == 413


def test_an_upload_becomes_one_content_or_none_however_often_it_is_asked_for(
    signed: APIRequestContext, visitor: Visit
) -> None:
    headers = {**TUS, **NAMED, "Upload-Length": "3"}
    place = signed.post(f"{visitor.url}/uploads", headers=headers).headers["location"]
    order = {"file_name": "half.png"}
    refused = signed.post(f"{visitor.url}{place}/content", headers=TUS, data=order)
    assert refused.status == 422 and refused.json()["detail"]
    visitor.page.reload()
    visitor.page.get_by_test_id("contents-empty").wait_for()
    signed.fetch(visitor.url + place, method="PATCH", headers=BYTES, data=b"abc")
    made = signed.post(f"{visitor.url}{place}/content", headers=TUS, data=order)
    assert made.status == 200 and made.json()["name"] == "half"
    # The answer may have been lost on its way.
    again = signed.post(f"{visitor.url}{place}/content", headers=TUS, data=order)
    assert again.status == 200 and again.json() == made.json()
    visitor.page.reload()
    visitor.page.get_by_test_id("contents-count").get_by_text("1 content", exact=True).wait_for()


def test_a_signed_file_is_served_whole_and_in_parts_and_always_in_a_sandbox(
    asks: httpx.Client, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Proxied files")
    file = picture(tmp_path, "door.png", "olive")
    with api_of(hub, house.admin.email) as api:
        media_id = add_version(api, add(api, "/contents", name="Door"), file)
        wait_for(lambda: api.get(f"/media/{media_id}").json()["processing"] == "ready", "it is looked at")
        address = api.get(f"/media/{media_id}").json()["url"]
    whole = asks.get(address)
    assert hashlib.sha256(whole.content).hexdigest() == hashlib.sha256(file.read_bytes()).hexdigest()
    assert whole.headers["content-type"] == "image/png"
    part = asks.get(address, headers={"Range": "bytes=10-19", "Accept-Encoding": "gzip"})
    assert part.status_code == 206 and part.content == file.read_bytes()[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{file.stat().st_size}"
    same = asks.get(address, headers={"If-None-Match": whole.headers["etag"]})
    assert same.status_code == 304 and same.content == b""
    head = asks.head(address)
    assert head.status_code == 200 and head.headers["content-length"] == str(file.stat().st_size)
    for answer in (whole, part, head):
        assert answer.headers["content-security-policy"] == "sandbox allow-scripts"
        assert answer.headers["x-content-type-options"] == "nosniff"
    start, _, rest = address.partition(".")
    assert asks.get(f"{start}.A{rest[1:]}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/x",
        "/media/1.a/b/c/d",
        "/media/..%2Fapi%2Fv1%2Fdevices",
        "/media/%2e%2e/api/v1/devices",
    ],
)
def test_what_is_not_signed_does_not_reach_the_hub(asks: httpx.Client, path: str) -> None:
    assert asks.get(path).status_code == 404
