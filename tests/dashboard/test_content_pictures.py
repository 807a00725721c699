"""A library as it is after some weeks: every page of it opens without a complaint.

With CLARION_PICTURES set to a folder, the pictures of the guides are taken on the way (`make pictures`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import httpx
from PIL import Image, ImageColor, ImageDraw, ImageFont
from playwright.sync_api import Browser, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_page, add_version, package, step
from tests.dashboard.houses import add, api_of
from tests.end_to_end.companions import wait_for
from tests.end_to_end.test_first_emergency import picture
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import add_person, make_tenant

POSTERS: Final = {
    "Visiting hours": ("#1d6f63", "Every day from 2 to 7", "Notices", ["entrance", "wards"]),
    "Donate blood": ("#9c2f3f", "Every Thursday, house 4", "Campaigns", ["entrance"]),
    "Flu shots": ("#2f5d9c", "Without an appointment", "Campaigns", ["wards"]),
    "Summer concert": ("#a8641c", "In the garden, 12 July", "Events", ["entrance", "canteen"]),
    "Wash your hands": ("#4b4f9a", "Thirty seconds", "Notices", ["wards"]),
    "Welcome": ("#7a1f3d", "St Anna hospital", "Notices", ["entrance"]),
}


def poster(folder: Path, title: str, line: str, colour: str) -> Path:
    """A picture of 1280 × 720 with two lines on it."""
    image = Image.new("RGB", (1280, 720), colour)
    draw = ImageDraw.Draw(image)
    shade = tuple(part * 4 // 5 for part in ImageColor.getrgb(colour)[:3])
    draw.polygon([(0, 720), (1280, 720), (1280, 380)], fill=shade)
    draw.rectangle([90, 420, 330, 428], fill="#ffffff")
    draw.text((90, 340), title, font=ImageFont.load_default(110), anchor="ls", fill="white")
    draw.text((90, 520), line, font=ImageFont.load_default(54), anchor="ls", fill="white")
    file = folder / f"{title}.png"
    image.save(file)
    return file


def approved(maker: httpx.Client, admin: httpx.Client, media_id: str) -> None:
    wait_for(lambda: admin.get(f"/media/{media_id}").json()["processing"] == "ready", "it is looked at")
    step(maker, media_id, "submit")
    step(admin, media_id, "approve")


def test_a_library_of_all_kinds_opens_without_a_complaint(
    browser: Browser, dashboard_url: str, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    url = postgres.url("dashboard")
    house = make_tenant(url, "St Anna library")
    maker = add_person(url, house, RoleName.CONTENT_CREATOR, email="maria@anna.example")
    with api_of(hub, house.admin.email) as admin, api_of(hub, maker.email) as making:
        for name, (colour, line, category, tags) in POSTERS.items():
            content_id = add(making, "/contents", name=name, category=category, tags=tags)
            media_id = add_version(making, content_id, poster(tmp_path, name, line, colour))
            if name != "Flu shots":
                approved(making, admin, media_id)
        clock_id = add(making, "/contents", name="Clock and weather", category="Packages")
        approved(
            making, admin, add_version(making, clock_id, package(tmp_path, "clock.zip", "<h1>Noon</h1>"))
        )
        step(making, add_page(making, "Canteen today", category="Canteen", tags=["canteen"]), "submit")
        add_page(making, "House TV", "https://tv.anna.example/live.m3u8", tags=["wards"])
        (tmp_path / "Old logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 99)
        add_version(making, add(making, "/contents", name="Old logo"), tmp_path / "Old logo.png")
        # A new version of what screens show now.
        again = poster(tmp_path, "Welcome", "House 1: now open day and night", "#14506e")
        new_id = add_version(making, content_id, again)
        wait_for(lambda: admin.get(f"/media/{new_id}").json()["processing"] == "ready", "it is looked at")
        step(making, new_id, "submit")
    context = new_context(browser)
    visit = Visit(context.new_page(), dashboard_url)
    page = visit.page
    visit.enter(house.admin.email, "/contents")
    expect(page.get_by_test_id("content")).to_have_count(10)
    expect(page.locator(".thumb-image")).to_have_count(len(POSTERS))
    page.wait_for_function(
        "[...document.querySelectorAll('.thumb-image')].every((image) => image.naturalWidth > 0)"
    )
    picture(page, "contents")
    visit.go(f"/media-approvals?media={new_id}")
    expect(page.get_by_test_id("queue-before").get_by_test_id("looked-image")).to_be_visible()
    expect(page.get_by_test_id("queue-differences")).to_contain_text("Size")
    picture(page, "media-approvals")
    page.get_by_test_id("queue-title").click()
    expect(page.get_by_test_id("version")).to_have_count(2)
    page.get_by_test_id("version-show").last.click()
    expect(page.get_by_text("Version 1: PNG · 1280 × 720")).to_be_visible()
    assert visit.complaints == [] and visit.foreign == []
    context.close()
