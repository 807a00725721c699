"""Playlists in a real Chromium: put together, published, tried by some, gone back to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from persistence.embedded import EmbeddedPostgres
from protocol.vocabulary import RoleName
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.files import add_version, picture, step
from tests.dashboard.houses import add, api_of
from tests.dashboard.playlist_makers import PAGES, House, item, titles, version
from tests.dashboard.published import approve_own, approved_page
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import add_person, make_tenant


@pytest.fixture(scope="module")
def house(hub: HubProcess, postgres: EmbeddedPostgres) -> Iterator[House]:
    tenant = make_tenant(postgres.url("dashboard"), "Programme makers")
    with api_of(hub, tenant.admin.email) as api:
        approve_own(api)
        yield House(tenant, api, {name: approved_page(api, name) for name in PAGES})


@pytest.fixture(scope="module")
def cookies(house: House, browser: Browser, dashboard_url: str) -> StorageState:
    """Of somebody who may edit and publish."""
    context = new_context(browser)
    Visit(context.new_page(), dashboard_url).enter(house.tenant.admin.email, "/playlists")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def editor(cookies: StorageState, browser: Browser, dashboard_url: str) -> Iterator[Visit]:
    """They, in a browser that complained of nothing and asked nobody else."""
    context = new_context(browser, cookies)
    visit = Visit(context.new_page(), dashboard_url)
    yield visit
    context.close()
    assert visit.complaints == [] and visit.foreign == []


def test_a_playlist_is_made_and_filled_from_the_library(editor: Visit, house: House) -> None:
    page = editor.page
    editor.go("/playlists")
    page.get_by_test_id("playlist-add").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("A playlist needs a name.")
    page.get_by_test_id("playlist-name").fill("Morning")
    page.get_by_test_id("playlist-description").fill("For those who come early")
    page.get_by_test_id("form-submit").click()
    expect(page).to_have_url(re.compile("/playlists/[0-9a-f-]{36}$"))
    expect(page.get_by_test_id("draft-empty")).to_be_visible()
    expect(page.get_by_test_id("playlist-standing")).to_have_text("Not published")
    for name in ("Menu", "Welcome"):
        page.get_by_test_id("library-search").fill(name.lower())
        expect(page.get_by_test_id("library-line")).to_have_count(1)
        page.get_by_role("button", name=f"Add {name}").click()
        expect(item(page, name)).to_be_visible()
    expect(titles(page)).to_have_text(["Menu", "Welcome"])
    expect(page.get_by_test_id("draft-total")).to_have_text("2 items, 0:20")
    editor.go("/playlists")
    page.get_by_test_id("playlists-search").fill("early")
    expect(page.get_by_test_id("playlist")).to_have_count(1)
    expect(page.get_by_test_id("playlist")).to_contain_text("2 items, 0:20")


def test_items_are_put_into_order_with_the_mouse_with_keys_and_with_buttons(
    editor: Visit, house: House
) -> None:
    page = editor.page
    playlist = house.playlist("Order", *PAGES)
    editor.go(f"/playlists/{playlist}")
    expect(titles(page)).to_have_text(list(PAGES))

    grip, last = item(page, "Welcome").get_by_test_id("item-grip"), item(page, "Concert")
    start, end = grip.bounding_box(), last.bounding_box()
    assert start and end
    page.mouse.move(start["x"] + 10, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 10, end["y"] + end["height"] - 4, steps=12)
    expect(item(page, "Welcome")).to_have_class(re.compile("piece-held"))
    page.mouse.up()
    expect(titles(page)).to_have_text(["Menu", "Hygiene", "Concert", "Welcome"])
    wait_for(lambda: house.names(playlist) == ["Menu", "Hygiene", "Concert", "Welcome"], "it is dragged")

    item(page, "Concert").get_by_test_id("item-grip").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(titles(page)).to_have_text(["Concert", "Menu", "Hygiene", "Welcome"])
    expect(item(page, "Concert").get_by_test_id("item-grip")).to_be_focused()
    wait_for(
        lambda: house.names(playlist) == ["Concert", "Menu", "Hygiene", "Welcome"], "it is moved by keys"
    )

    item(page, "Menu").get_by_test_id("item-down").click()
    expect(titles(page)).to_have_text(["Concert", "Hygiene", "Menu", "Welcome"])
    expect(item(page, "Concert").get_by_test_id("item-up")).to_be_disabled()
    wait_for(
        lambda: house.names(playlist) == ["Concert", "Hygiene", "Menu", "Welcome"], "it is moved by a button"
    )


def test_quick_fingers_do_not_contradict_themselves(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Quick", *PAGES)
    editor.go(f"/playlists/{playlist}")
    item(page, "Welcome").get_by_test_id("item-grip").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    item(page, "Menu").get_by_test_id("item-switch").click()
    item(page, "Hygiene").get_by_test_id("item-remove").click()
    expect(titles(page)).to_have_text(["Menu", "Concert", "Welcome"])
    wait_for(lambda: house.names(playlist) == ["Menu", "Concert", "Welcome"], "everything was done in turn")
    assert [each["enabled"] for each in house.items(playlist)] == [False, True, True]
    expect(page.get_by_test_id("overtaken")).to_be_hidden()


def test_an_item_has_its_time_its_transition_and_its_window(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Times", "Welcome", "Menu")
    editor.go(f"/playlists/{playlist}")
    length = item(page, "Welcome").get_by_test_id("item-length")
    length.fill("1:30")
    length.press("Enter")
    expect(page.get_by_test_id("draft-total")).to_have_text("2 items, 1:40")
    length.fill("soon")
    length.press("Enter")
    expect(page.get_by_text("Write seconds, like 12 or 7.5")).to_be_visible()
    expect(length).to_have_value("1:30")
    item(page, "Menu").get_by_test_id("item-edit").click()
    page.get_by_test_id("item-duration").fill("")
    page.get_by_test_id("item-transition").click()
    page.get_by_role("option", name="Fade").click()
    page.get_by_test_id("item-from").fill("2030-07-01T14:00")
    page.get_by_test_id("item-until").fill("2030-07-01T13:00")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("It must end after it begins.")
    page.get_by_test_id("item-until").fill("2030-07-02T14:00")
    page.get_by_test_id("form-submit").click()
    expect(item(page, "Menu")).to_contain_text("from 1 Jul 2030 14:00 until 2 Jul 2030 14:00")
    expect(item(page, "Menu")).to_contain_text("not yet")
    menu = house.items(playlist)[1]
    assert (menu["duration_s"], menu["transition"], menu["valid_from"]) == (
        None,
        "fade",
        "2030-07-01T12:00:00Z",
    )


def test_what_is_published_is_shown_first_and_can_be_gone_back_to(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Published", "Welcome", "Menu")
    editor.go(f"/playlists/{playlist}")
    page.get_by_test_id("playlist-publish").click()
    expect(page.get_by_test_id("diff-line")).to_have_count(2)
    page.get_by_test_id("publish-note").fill("For the opening")
    page.get_by_test_id("form-submit").click()
    expect(version(page, 1)).to_contain_text("For the opening")
    expect(version(page, 1)).to_contain_text("Active")
    expect(page.get_by_test_id("playlist-standing")).to_have_text("Published")

    item(page, "Welcome").get_by_test_id("item-remove").click()
    expect(page.get_by_test_id("playlist-standing")).to_have_text("Draft has changes")
    page.get_by_role("button", name="Add Concert").click()
    expect(titles(page)).to_have_text(["Menu", "Concert"])
    page.get_by_test_id("playlist-publish").click()
    expect(page.get_by_test_id("diff")).to_contain_text("Concertcomes in as number 2")
    expect(page.get_by_test_id("diff")).to_contain_text("Welcomegoes; it was number 1")
    page.get_by_test_id("form-submit").click()
    expect(version(page, 2)).to_contain_text("Active")

    version(page, 1).get_by_test_id("version-compare").click()
    expect(page.get_by_test_id("diff-lead")).to_have_text("2 changes. It takes 0:20, as before.")
    page.get_by_test_id("compare-to").click()
    page.get_by_role("option", name="Version 1").click()
    expect(page.get_by_test_id("diff-lead")).to_have_text("No item is another. It takes 0:20, as before.")
    page.get_by_test_id("compare-done").click()

    version(page, 1).get_by_test_id("version-roll-back").click()
    expect(page.get_by_test_id("diff")).to_contain_text("Welcome")
    page.get_by_test_id("rollback-note").fill("The concert is called off")
    page.get_by_test_id("form-submit").click()
    expect(version(page, 3)).to_contain_text("as version 1 was")
    expect(version(page, 3)).to_contain_text("The concert is called off")
    expect(titles(page)).to_have_text(["Welcome", "Menu"])
    newest = house.versions(playlist)[0]
    assert (newest["number"], newest["state"], newest["rolled_back_to"]) == (3, "active", 1)
    assert house.names(playlist) == ["Welcome", "Menu"]


def test_a_long_history_is_read_page_by_page(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Often published", "Welcome")
    for number in range(1, 23):
        house.publish(playlist, note=f"The {number}.")
    editor.go(f"/playlists/{playlist}")
    expect(page.get_by_test_id("version")).to_have_count(20)
    page.get_by_test_id("versions-older").click()
    expect(page.get_by_test_id("version")).to_have_count(22)
    expect(page.get_by_test_id("versions-older")).to_be_hidden()
    version(page, 1).get_by_test_id("version-compare").click()
    expect(page.get_by_test_id("diff-lead")).to_contain_text("No item is another.")


def test_a_version_is_tried_by_some_before_all_have_it(editor: Visit, house: House) -> None:
    page = editor.page
    add(house.api, "/groups", name="First ones")
    playlist = house.playlist("Tried", "Welcome", publish=True)
    house.put_in(playlist, media_id=house.media["Menu"])
    editor.go(f"/playlists/{playlist}")
    page.get_by_test_id("playlist-publish").click()
    page.get_by_test_id("publish-who").click()
    page.get_by_role("option", name="A group of screens first").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_have_text("Choose the group that plays it first.")
    page.get_by_test_id("publish-group").click()
    page.get_by_role("option", name="First ones").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("canary")).to_contain_text("The group First ones play version 2 on trial.")
    expect(version(page, 2)).to_contain_text("On trial")
    page.get_by_test_id("canary-withdraw").click()
    page.get_by_test_id("confirm-action").click()
    expect(page.get_by_test_id("canary")).to_be_hidden()
    assert house.versions(playlist)[1]["state"] == "active"

    page.get_by_test_id("playlist-publish").click()
    page.get_by_test_id("publish-who").click()
    page.get_by_role("option", name="10 % of the screens first").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("canary")).to_contain_text("10 % of the screens play version 3 on trial.")
    page.get_by_test_id("canary-promote").click()
    page.get_by_test_id("confirm-action").click()
    expect(version(page, 3)).to_contain_text("Active")
    assert house.versions(playlist)[0]["state"] == "active"


def test_of_two_who_edit_nobody_overwrites_the_other(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Shared", "Welcome", "Menu")
    editor.go(f"/playlists/{playlist}")
    expect(titles(page)).to_have_text(["Welcome", "Menu"])
    house.put_in(playlist, media_id=house.media["Concert"], position=0)
    item(page, "Menu").get_by_test_id("item-remove").click()
    expect(page.get_by_test_id("overtaken")).to_contain_text("was changed meanwhile")
    expect(titles(page)).to_have_text(["Welcome", "Menu"])
    assert house.names(playlist) == ["Concert", "Welcome", "Menu"]
    page.get_by_test_id("reload").click()
    expect(titles(page)).to_have_text(["Concert", "Welcome", "Menu"])
    expect(page.get_by_test_id("overtaken")).to_be_hidden()
    item(page, "Menu").get_by_test_id("item-remove").click()
    expect(titles(page)).to_have_text(["Concert", "Welcome"])
    # What nobody does anything about is seen as well, and who publishes elsewhere.
    house.put_in(playlist, media_id=house.media["Menu"])
    house.publish(playlist)
    expect(page.get_by_test_id("overtaken")).to_contain_text("was changed meanwhile")
    expect(version(page, 1)).to_contain_text("Active")


def test_other_playlists_and_tags_go_in_and_what_does_not_play_is_said(editor: Visit, house: House) -> None:
    page = editor.page
    house.playlist("Nested one", "Concert", "Hygiene", publish=True)
    house.playlist("Never published", "Concert")
    tagged = approved_page(house.api, "Of the day")
    content = house.api.get(f"/media/{tagged}").json()["content_id"]
    house.api.patch(f"/contents/{content}", json={"tags": ["daily"]}).raise_for_status()
    playlist = house.playlist("Outer")
    editor.go(f"/playlists/{playlist}")
    page.get_by_test_id("library-playlists").click()
    never = page.get_by_test_id("library-line").filter(has_text="Never published")
    expect(never).to_contain_text("Not published yet")
    expect(never.get_by_test_id("library-add")).to_have_count(0)
    page.get_by_role("button", name="Add Nested one").click()
    expect(item(page, "Nested one")).to_contain_text("Playlist, 2 items")
    page.get_by_test_id("library-tags").click()
    page.get_by_role("button", name="Add daily").click()
    expect(item(page, "Everything tagged daily")).to_contain_text("By tag, 1 content now")
    house.put_in(playlist, media_id=tagged)
    retired = {"reason": "Over", "even_if_used": True}
    house.api.post(f"/media/{tagged}/retire", json=retired).raise_for_status()
    page.reload()
    expect(item(page, "Of the day").get_by_test_id("item-problem")).to_contain_text("is retired")
    page.get_by_test_id("playlist-publish").click()
    expect(page.get_by_test_id("publish-problems")).to_contain_text("Of the day is retired")
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("form-problem")).to_contain_text("Outer cannot be published.")
    page.get_by_test_id("form-cancel").click()
    item(page, "Of the day").get_by_test_id("item-remove").click()
    page.get_by_test_id("playlist-publish").click()
    page.get_by_test_id("form-submit").click()
    expect(
        page.get_by_text("Version 1 is published. Left out: No content with the tag daily")
    ).to_be_visible()
    page.get_by_test_id("playlist-delete").click()
    page.get_by_test_id("confirm-action").click()
    expect(page).to_have_url(f"{editor.url}/playlists")


def test_a_playlist_is_renamed_shuffled_made_the_default_and_duplicated(editor: Visit, house: House) -> None:
    page = editor.page
    playlist = house.playlist("Old name", "Welcome")
    editor.go(f"/playlists/{playlist}")
    page.get_by_test_id("playlist-edit").click()
    page.get_by_test_id("playlist-name").fill("New name")
    page.get_by_test_id("playlist-shuffle").click()
    page.get_by_test_id("playlist-default").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_test_id("playlist-title")).to_have_text("New name")
    expect(page.get_by_test_id("playlist-is-default")).to_be_visible()
    expect(page.get_by_test_id("playlist-is-shuffled")).to_be_visible()
    # That is a change of the playlist too: the draft goes on from there.
    item(page, "Welcome").get_by_test_id("item-switch").click()
    expect(item(page, "Welcome")).to_contain_text("switched off")
    page.get_by_test_id("playlist-duplicate").click()
    page.get_by_test_id("form-submit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New name (copy)")
    expect(page.get_by_test_id("playlist-is-default")).to_be_hidden()
    expect(titles(page)).to_have_text(["Welcome"])


def test_an_item_stays_in_its_version_until_somebody_takes_the_newer_one(editor: Visit, house: House) -> None:
    page = editor.page
    first = approved_page(house.api, "Timetable")
    playlist = house.playlist("Versions of contents")
    house.put_in(playlist, media_id=first)
    content = house.api.get(f"/media/{first}").json()["content_id"]
    second = add(house.api, f"/contents/{content}/media", url="https://example.org/new")
    for word in ("submit", "approve"):
        step(house.api, second, word)
    editor.go(f"/playlists/{playlist}")
    expect(item(page, "Timetable")).to_contain_text("Web page, version 1")
    expect(page.get_by_test_id("item-newer")).to_have_text("version 2 is approved")
    page.get_by_test_id("item-newer").click()
    page.get_by_test_id("item-version").click()
    page.get_by_role("option", name="Version 2").click()
    page.get_by_test_id("form-submit").click()
    expect(item(page, "Timetable")).to_contain_text("Web page, version 2")
    expect(page.get_by_test_id("item-newer")).to_have_count(0)
    assert [each["media"]["id"] for each in house.items(playlist)] == [second]


def test_who_may_only_look_is_offered_nothing_to_do(
    visitor: Visit, house: House, postgres: EmbeddedPostgres
) -> None:
    page = visitor.page
    playlist = house.playlist("Looked at", "Welcome", "Menu", publish=True)
    viewer = add_person(postgres.url("dashboard"), house.tenant, RoleName.VIEWER)
    visitor.enter(viewer.email, f"/playlists/{playlist}")
    expect(titles(page)).to_have_text(["Welcome", "Menu"])
    expect(page.get_by_test_id("item-length")).to_have_text(["0:10", "0:10"])
    expect(version(page, 1)).to_be_visible()
    for offered in ("item-grip", "item-remove", "library-list", "playlist-publish", "playlist-edit"):
        expect(page.get_by_test_id(offered)).to_have_count(0)
    visitor.go("/playlists")
    expect(page.get_by_test_id("playlist").first).to_be_visible()
    expect(page.get_by_test_id("playlist-add")).to_have_count(0)


def test_the_draft_plays_on_the_stage_as_a_screen_would_play_it(
    editor: Visit, house: House, tmp_path: Path
) -> None:
    page = editor.page
    playlist = house.playlist("Staged")
    for name, colour in (("Red", "red"), ("Blue", "blue")):
        content = add(house.api, "/contents", name=name)
        media = add_version(house.api, content, picture(tmp_path, f"{name}.png", colour))
        wait_for(lambda media=media: house.api.get(f"/media/{media}").json()["processing"] == "ready", name)  # type: ignore[misc]
        for word in ("submit", "approve"):
            step(house.api, media, word)
        house.put_in(playlist, media_id=media, duration_s=0.5 if name == "Red" else 60)
    house.put_in(playlist, media_id=house.media["Welcome"], enabled=False)
    editor.go(f"/playlists/{playlist}")
    preview, told = page.get_by_test_id("preview"), page.get_by_test_id("preview-name")
    expect(item(page, "Red").locator("img")).to_be_visible()
    expect(preview).to_have_attribute("data-state", "stopped")
    page.get_by_test_id("preview-play").click()
    expect(told).to_have_text("Blue")
    expect(item(page, "Blue")).to_have_class(re.compile("piece-plays"))
    shown = preview.locator(".preview-layer:not(.preview-still) img").last
    expect(shown).to_have_js_property("naturalWidth", 640)
    page.get_by_test_id("preview-play").click()
    expect(preview).to_have_attribute("data-state", "paused")
    # After the last comes the first, and what is switched off is not shown.
    item(page, "Blue").get_by_test_id("item-length").fill("0.5")
    item(page, "Blue").get_by_test_id("item-length").press("Enter")
    item(page, "Red").get_by_test_id("item-length").fill("60")
    item(page, "Red").get_by_test_id("item-length").press("Enter")
    expect(page.get_by_test_id("draft-total")).to_have_text("3 items, 1:00.5")
    item(page, "Blue").get_by_test_id("item-play").click()
    expect(told).to_have_text("Red")
    house.publish(playlist)
    page.reload()
    version(page, 1).get_by_test_id("version-play").click()
    expect(told).to_have_text("Red")
    expect(page.get_by_text("This is version 1.")).to_be_visible()
    page.get_by_test_id("preview-draft").click()
    expect(page.get_by_text("This is version 1.")).to_be_hidden()
