"""Files on their way from a real Chromium to the hub: dropped, paused, broken off, gone on with, refused."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, Request, Route, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.files import package, picture
from tests.dashboard.houses import api_of
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant

PIECE_BYTES = 16 * 1024 * 1024
WAITS_MS = 40_000
"""A page tries again after at most 30 s, if its browser does not tell that the network is back."""
BYTES_GO = re.compile(r"/uploads/[0-9a-f-]{36}$")
DROP = """([target, files]) => {
    const data = new DataTransfer();
    for (const [name, text] of files) {
        data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
    }
    for (const kind of ["dragenter", "dragover", "drop"]) {
        target.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""


def content(page: Page, name: str) -> Locator:
    return page.get_by_test_id("content").filter(has_text=name)


def choose(page: Page, *files: Path) -> None:
    page.get_by_test_id("upload-input").set_input_files(files)


def offset_of(request: Request) -> int:
    return int(request.headers["upload-offset"])


def test_what_is_dropped_becomes_contents_and_is_looked_at_while_one_watches(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Droppers")
    files = [picture(tmp_path, "Summer_menu.png"), picture(tmp_path, "Car park.jpg", "green", (360, 640))]
    visitor.enter(house.admin.email, "/contents")
    expect(page.get_by_test_id("contents-empty")).to_contain_text("The library is empty")
    dropped = [[file.name, _base64(file)] for file in files]
    page.evaluate(f"(files) => ({DROP})([document.querySelector('main'), files])", dropped)
    for name, measures in (("Summer menu", "PNG · 640 × 360"), ("Car park", "JPEG · 360 × 640")):
        card = content(page, name)
        expect(card.get_by_test_id("content-standing")).to_have_text("Draft")
        expect(card).to_contain_text(measures)
        image = card.locator("img")
        expect(image).to_be_visible()
        page.wait_for_function(
            "(image) => image.complete && image.naturalWidth > 0", arg=image.element_handle()
        )
    expect(page.get_by_test_id("contents-count")).to_have_text("2 contents")
    content(page, "Summer menu").get_by_test_id("content-link").click()
    address = page.get_by_test_id("looked-image").get_attribute("src") or ""
    served = page.request.get(visitor.url + address)
    assert hashlib.sha256(served.body()).hexdigest() == hashlib.sha256(files[0].read_bytes()).hexdigest()
    assert served.headers["content-security-policy"] == "sandbox allow-scripts"
    with api_of(hub, house.admin.email) as api:
        token = api.headers["authorization"].removeprefix("Bearer ")
    assert token not in address and visitor.foreign == [] and visitor.complaints == []


def test_a_name_that_is_taken_gets_a_number_and_nobody_is_asked(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Namesakes")
    (tmp_path / "other").mkdir()
    visitor.enter(house.admin.email, "/contents")
    choose(page, picture(tmp_path, "offer.png"))
    expect(content(page, "offer")).to_have_count(1)
    choose(page, picture(tmp_path / "other", "offer.png", "red"))
    expect(content(page, "offer (2)")).to_have_count(1)


def test_an_upload_that_broke_off_goes_on_by_itself_where_it_stopped(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Bad networks")
    cuts = iter([True, True])
    asked: list[str] = []

    def cut(route: Route, request: Request) -> None:
        if request.method == "PATCH" and next(cuts, False):
            route.abort("connectionreset")
        else:
            asked.append(request.method)
            route.continue_()

    page.route(BYTES_GO, cut)
    visitor.enter(house.admin.email, "/contents")
    choose(page, picture(tmp_path, "door.png"))
    expect(page.get_by_test_id("upload")).to_contain_text("Trying again by itself")
    expect(content(page, "door")).to_have_count(1)
    # Before it goes on it asks how far it came.
    assert asked == ["HEAD", "HEAD", "PATCH"]


def test_a_page_outlives_an_outage_with_its_files(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Outages")
    visitor.enter(house.admin.email, "/contents")
    page.wait_for_load_state("load")
    loaded: list[str] = []
    page.on("load", lambda loaded_page: loaded.append(loaded_page.url))
    tried: list[str] = []
    page.on("requestfailed", lambda request: tried.append(request.url) if "/uploads" in request.url else None)
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    there = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {**there, "offline": True})
    choose(page, picture(tmp_path, "door.png"))
    expect(page.get_by_test_id("upload")).to_contain_text("The connection was lost. Trying again by itself.")
    # Longer each time: by the fifth attempt another page would be loaded anew, without its files.
    while len(tried) < 5:
        page.wait_for_event("requestfailed")
    network.send("Network.emulateNetworkConditions", there)
    expect(content(page, "door")).to_have_count(1, timeout=WAITS_MS)
    assert loaded == []


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(
    visitor: Visit, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Long films")
    film = tmp_path / "film.mp4"
    film.write_bytes(os.urandom(PIECE_BYTES + 300_000))
    page.on("dialog", lambda dialog: dialog.accept())
    offsets: list[int] = []

    def first_piece_only(route: Route, request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(offset_of(request))
            if offset_of(request):
                route.abort("internetdisconnected")
                return
        route.continue_()

    page.route(BYTES_GO, first_piece_only)
    visitor.enter(house.admin.email, "/contents")
    choose(page, film)
    expect(page.get_by_test_id("upload")).to_have_attribute("data-state", "again", timeout=WAITS_MS)
    page.unroute(BYTES_GO)
    page.reload()
    expect(page.get_by_test_id("upload-unfinished")).to_contain_text("film.mp4")
    with page.expect_request(lambda request: request.method == "PATCH") as went_on:
        choose(page, film)
    assert offset_of(went_on.value) == PIECE_BYTES and offsets[:2] == [0, PIECE_BYTES]
    expect(content(page, "film")).to_have_count(1)
    expect(page.get_by_test_id("upload-unfinished")).to_have_count(0)
    # Every byte is there: the hub has looked at all of it, and says what is wrong with it.
    expect(content(page, "film").get_by_test_id("content-standing")).to_have_text("Cannot be used")
    page.reload()
    expect(content(page, "film")).to_have_count(1)
    expect(page.get_by_test_id("upload-unfinished")).to_have_count(0)


def test_an_upload_is_paused_gone_on_with_and_taken_back(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Pauses")
    held: list[Route] = []

    def hold(route: Route, request: Request) -> None:
        if request.method == "PATCH" and len(held) < 2:
            held.append(route)
        else:
            route.continue_()

    page.route(BYTES_GO, hold)
    visitor.enter(house.admin.email, "/contents")
    choose(page, picture(tmp_path, "lift.png"))
    upload = page.get_by_test_id("upload")
    expect(upload).to_have_attribute("data-state", "sending")
    upload.get_by_test_id("upload-pause").click()
    expect(upload).to_contain_text("paused")
    upload.get_by_test_id("upload-resume").click()
    expect(upload).to_have_attribute("data-state", "sending")
    with page.expect_request(lambda request: request.method == "DELETE") as taken_back:
        upload.get_by_test_id("upload-cancel").click()
    expect(upload).to_have_count(0)
    gone = taken_back.value.response()
    assert gone is not None and gone.status == 204
    choose(page, tmp_path / "lift.png")
    expect(content(page, "lift")).to_have_count(1)


def test_what_cannot_be_taken_is_refused_in_words(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Refusals")
    (tmp_path / "nothing.png").touch()
    with (tmp_path / "endless.mp4").open("wb") as endless:
        endless.truncate(2**31 + 1)  # no byte of it is on the disk, or sent
    visitor.enter(house.admin.email, "/contents")
    choose(page, tmp_path / "nothing.png", tmp_path / "endless.mp4")
    for name, why in (("nothing.png", "The file is empty."), ("endless.mp4", "bytes")):
        row = page.get_by_test_id("upload").filter(has_text=name)
        expect(row).to_have_attribute("data-state", "failed")
        expect(row).to_contain_text(why)
        row.get_by_test_id("upload-cancel").click()
        expect(row).to_have_count(0)
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 99)
    choose(page, tmp_path / "broken.png")
    card = content(page, "broken")
    expect(card.get_by_test_id("content-standing")).to_have_text("Cannot be used")
    card.get_by_test_id("content-link").click()
    expect(page.get_by_test_id("version-detail")).not_to_be_empty()
    expect(page.get_by_test_id("version-submit")).to_have_count(0)


def test_a_package_is_shown_in_a_sandbox_with_all_that_belongs_to_it(
    visitor: Visit, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    page = visitor.page
    house = make_tenant(postgres.url("dashboard"), "Packages")
    tried = (
        "<title></title><script>try { document.title = document.cookie + localStorage.length }"
        "catch { document.title = 'kept out' }</script>"
    )
    visitor.enter(house.admin.email, "/contents")
    choose(
        page, package(tmp_path, "clock.zip", f"<h1>Tick</h1>{tried}<script src='more/colour.js'></script>")
    )
    expect(content(page, "clock").get_by_test_id("content-standing")).to_have_text("Draft")
    content(page, "clock").get_by_test_id("content-link").click()
    inside = page.frame_locator("[data-testid=looked-frame]")
    expect(inside.get_by_role("heading")).to_have_text("Tick")
    expect(inside.locator("body")).to_have_css("background-color", "rgb(1, 2, 3)")
    expect(inside.locator("title")).to_have_text("kept out")


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
