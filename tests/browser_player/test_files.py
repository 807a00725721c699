"""The screen's own files in a real Cache Storage: kept by their hash, evicted when room is short."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser_player.player_site import PlayerSite
from tests.browser_player.staging import Staging, manifest, staging
from tests.media_files import picture, video

KEPT = "return (await (await caches.open('clarion-files')).keys()).map((each) => new URL(each.url).pathname)"


def kept(stage: Staging) -> set[str]:
    """The hashes of what is in Cache Storage."""
    return {path.split("/")[3] for path in stage.run(KEPT)}


def test_files_are_kept_under_their_hash_and_asked_for_once(stage: Staging) -> None:
    red, film = (
        stage.shelf.put("red.png", picture("PNG"), "image", 5),
        stage.shelf.put("film.mp4", video(), "video", 5),
    )
    page = {**red, "kind": "web", "url": "https://example.org/", "sha256": None, "id": "page"}
    stage.play(manifest(red, film, page, {**red, "id": "again"}))
    assert kept(stage) == {red["sha256"], film["sha256"]}
    assert sorted(stage.shelf.asked) == sorted([red["url"], film["url"]])
    type_, bytes_ = stage.run("const blob = await the.files.open(given); return [blob.type, blob.size]", film)
    assert (type_, bytes_) == ("video/mp4", film["size_bytes"])
    stage.play(manifest(red))
    assert len(stage.shelf.asked) == 2


def test_bytes_of_another_hash_are_not_kept(stage: Staging) -> None:
    good = stage.shelf.put("good.png", picture("PNG"), "image", 5)
    other = stage.shelf.put("other.png", picture("PNG", colour=(1, 2, 3)), "image", 5)
    other["sha256"] = "0" * 64
    stage.run("await the.files.want(given)", manifest(good, other))
    stage.until("the.files.missing === 1")
    assert kept(stage) == {good["sha256"]}
    # It is asked for again, later, and kept when it is what it should be.
    stage.shelf.files[other["url"]] = b""
    assert stage.run("return the.files.has(given)", other) is False


def test_a_hub_that_is_away_is_asked_again(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG"), "image", 5)
    content = stage.shelf.files.pop(red["url"])
    stage.run("await the.files.want(given)", manifest(red))
    stage.until("the.heard.over === 1")  # 404: its address may be over, so the manifest is fetched anew.
    stage.shelf.files[red["url"]] = content
    stage.until("the.files.missing === 0", 5.0)


def test_what_was_doubted_is_fetched_anew_if_it_is_another(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG"), "image", 5)
    stage.play(manifest(red))
    stage.run("await the.files.doubt(given)", red)
    assert len(stage.shelf.asked) == 1
    spoil = "await (await caches.open('clarion-files')).put('/player/files/' + given, new Response('rust'))"
    stage.run(spoil, red["sha256"])
    stage.run("await the.files.doubt(given)", red)
    stage.until("the.files.missing === 0 ")
    assert len(stage.shelf.asked) == 2
    assert stage.run("return (await the.files.open(given)).size", red) == red["size_bytes"]


def test_the_longest_unused_leave_for_what_is_scheduled_which_never_leaves(
    site: PlayerSite, browser: Browser
) -> None:
    with staging(site, browser, limit_bytes=3500) as stage:
        a, b, c, d = (
            stage.shelf.put(f"{name}.png", name.encode() * 1000, "image", 5) for name in ("a", "b", "c", "d")
        )
        want = "await the.files.want(given)"
        stage.run(want, manifest(a, b, c))
        stage.until("the.files.missing === 0")
        for item in (c, a, b):
            stage.run("await the.files.open(given); await new Promise((r) => setTimeout(r, 3));", item)
        stage.run(want, manifest(b, d))
        stage.until("the.files.missing === 0")
        assert kept(stage) == {a["sha256"], b["sha256"], d["sha256"]}
        e = stage.shelf.put("e.png", b"e" * 3000, "image", 5)
        stage.run(want, manifest(b, d, e))
        stage.until("the.heard.noRoom.length === 1")
        assert stage.heard["noRoom"] == ["e.png"]
        assert {b["sha256"], d["sha256"]} <= kept(stage)
        assert stage.run("return the.files.missing") == 1


def test_a_browser_that_grants_no_more_room_gets_what_is_needed_now(stage: Staging) -> None:
    old = stage.shelf.put("old.png", b"o" * 2_000_000, "image", 5)
    new = stage.shelf.put("new.png", b"n" * 2_000_000, "image", 5)
    too_large = stage.shelf.put("large.png", b"l" * 4_000_000, "image", 5)
    origin = stage.run("return location.origin")
    session = stage.page.context.new_cdp_session(stage.page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 3_000_000})
    stage.run("await the.files.want(given)", manifest(old))
    stage.until("the.files.missing === 0")
    stage.run("await the.files.want(given)", manifest(new))
    stage.until("the.files.missing === 0")
    assert kept(stage) == {new["sha256"]}
    stage.run("await the.files.want(given)", manifest(new, too_large))
    stage.until("the.heard.noRoom.length === 1")
    assert kept(stage) == {new["sha256"]}


def test_what_was_kept_is_there_after_a_restart_without_a_network(stage: Staging) -> None:
    red = stage.shelf.put("red.png", picture("PNG"), "image", 5)
    stage.play(manifest(red))
    again = """
      const { Files } = await import("/player/src/play/files.js");
      const files = new Files({ hubUrl: "http://127.0.0.1:9", token: "" });
      await new Promise((resolve) => files.addEventListener("changed", resolve, { once: true }));
      const has = files.has(given);
      await files.clear();
      return [has, files.has(given)];
    """
    assert stage.run(again, red) == [True, False]
    assert stage.run(KEPT) == []
