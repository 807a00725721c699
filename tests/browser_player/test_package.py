"""An HTML package on the glass: whole, without a network, and without anything of the player's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser_player.player_site import PlayerSite
from tests.browser_player.staging import Staging, manifest, staging
from tests.media_files import picture

INDEX = """<!doctype html><html><head><title>Menu</title><base href="elsewhere/">
<link rel=stylesheet href="style/menu.css">
<script type=importmap>{"imports": {"soup": "./js/soup.js", "lib/": "./js/"}}</script>
<script type=module src="js/main.js"></script>
<script type=module>import { name } from "./js/soup.js"; window.inline = name;</script>
</head><body><h1>Menu of today</h1><img id=still src="pictures/red%20one.png"><p id=said></p>
<div id=styled style="background-image: url(pictures/red%20one.png)"></div>
<script src="js/classic.js"></script></body></html>"""

FILES = {
    "index.html": INDEX.encode(),
    "style/menu.css": b'@import "colours.css"; h1 { background: url("../pictures/red one.png") }',
    "style/colours.css": b"h1 { color: rgb(0, 128, 0) }",
    "pictures/red one.png": picture("PNG", (8, 8), (200, 0, 0)),
    "menu.json": b'{"soup": "leek </script>"}',
    "js/soup.js": b'import { salt } from "./deep/salt.js"; export const name = "soup with " + salt;',
    "js/deep/salt.js": b'import { far } from "../far.js"; export const salt = "salt" + far;',
    "js/far.js": b'export const far = ", from afar";',
    "js/classic.js": b"window.classic = true; localStorage.setItem('a', 1);",
    "js/main.js": b"""
import { name } from "soup";
import { far } from "lib/far.js";
const late = await import("./deep/salt.js");
const menu = await (await fetch("menu.json")).json();
const asked = new XMLHttpRequest();
asked.open("GET", new URL("../menu.json", import.meta.url));
const asking = new Promise((resolve) => { asked.onload = resolve; });
asked.send();
await asking;
const drawn = new Image();
drawn.src = "pictures/red one.png";
await drawn.decode();
document.body.insertAdjacentHTML("beforeend", '<img id=added src="pictures/red one.png">');
const added = document.getElementById("added");
while (added.naturalWidth === 0) await new Promise((resolve) => setTimeout(resolve, 5));
let reached = [];
for (const reach of [() => parent.document.title, () => document.cookie, () => indexedDB.open("clarion"),
  () => caches.open("clarion-files")]) {
  try { await reach(); reached.push(String(reach)); } catch { /* as it must be */ }
}
const still = document.getElementById("still");
document.getElementById("said").textContent = JSON.stringify({
  name, far, late: late.salt, soup: menu.soup, xhr: JSON.parse(asked.responseText).soup,
  drawn: drawn.naturalWidth, still: still.naturalWidth,
  colour: getComputedStyle(document.querySelector("h1")).color,
  ground: getComputedStyle(document.querySelector("h1")).backgroundImage.slice(0, 20),
  styled: getComputedStyle(document.getElementById("styled")).backgroundImage.slice(0, 20),
  inline: window.inline, classic: window.classic, origin: self.origin, reached,
});
""",
}


@pytest.fixture
def stage(site: PlayerSite, browser: Browser) -> Iterator[Staging]:
    with staging(site, browser) as made:
        made.run(
            """
            await navigator.serviceWorker.register("/player/sw.js");
            await navigator.serviceWorker.ready;
            if (navigator.serviceWorker.controller) return;
            await new Promise((resolve) => {
              navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true });
            });
            """
        )
        yield made


def test_a_package_has_everything_with_it_and_reaches_nothing(stage: Staging) -> None:
    item = stage.shelf.put_package("menu.zip", FILES, 60)
    stage.play(manifest(item))
    stage.until("the.stage.item?.name === 'menu.zip'")
    assert stage.heard["skipped"] == []
    asked = len(stage.shelf.asked)
    frame = stage.page.frames[1]
    frame.wait_for_selector("#said:not(:empty)")
    said = frame.evaluate("() => JSON.parse(document.getElementById('said').textContent)")
    assert said == {
        "name": "soup with salt, from afar",
        "far": ", from afar",
        "late": "salt, from afar",
        "soup": "leek </script>",
        "xhr": "leek </script>",
        "drawn": 8,
        "still": 8,
        "colour": "rgb(0, 128, 0)",
        "ground": 'url("data:image/png;',
        "styled": 'url("data:image/png;',
        "inline": "soup with salt, from afar",
        "classic": True,
        "origin": "null",
        "reached": [],
    }
    assert len(stage.shelf.asked) == asked


def test_a_package_with_a_wrong_file_is_not_kept(stage: Staging) -> None:
    item = stage.shelf.put_package("menu.zip", FILES, 60)
    folder = item["files_url"].rpartition("/")[0]
    stage.shelf.files[f"{folder}/js/far.js"] = b"export const far = 'evil';"
    good = stage.shelf.put("red.png", picture("PNG"), "image", 5)
    stage.run("await the.files.want(given)", manifest(item, good))
    stage.until("the.files.missing === 1")
    assert stage.run("return the.files.has(given)", item) is False


def test_a_page_of_the_network_is_shown_and_one_that_cannot_be_reached_is_skipped(stage: Staging) -> None:
    page = stage.shelf.put("page.html", b"<!doctype html><body>Hello", "web", 60)
    page["url"] = stage.shelf.url + page["url"]
    away = {**page, "id": "away", "media_id": "away", "name": "away", "url": "http://127.0.0.1:9/"}
    stage.play(manifest(away, page))
    stage.until("the.stage.item?.name === 'page.html'")
    assert stage.heard["skipped"] == [{"name": "away", "reason": "The page cannot be reached."}]
    sandbox = stage.run("return the.root.querySelector('iframe').getAttribute('sandbox')")
    assert sandbox == "allow-scripts allow-forms allow-same-origin"
    picture_of = stage.run(
        "const { blob, note } = await the.stage.snapshot(); return [blob.size > 500, note]"
    )
    assert picture_of[0] and "cannot be captured" in picture_of[1]


def test_a_page_of_the_players_own_origin_is_not_given_it(stage: Staging) -> None:
    own = {**stage.shelf.put("own", b"", "web", 60), "url": stage.run("return location.href")}
    stage.play(manifest(own))
    stage.until("the.stage.item !== null || the.heard.skipped.length > 0")
    sandbox = stage.run("return the.root.querySelector('iframe')?.getAttribute('sandbox')")
    assert sandbox in ("allow-scripts allow-forms", None)
