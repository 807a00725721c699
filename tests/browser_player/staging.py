"""A stage by itself, in a real Chromium: media from a server of this machine, and a manifest made by hand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import Browser, Page

from hub.media.packages import mime_type_of
from tests.browser_player.player_site import PlayerSite

SETUP = """
async ({ hubUrl, limitBytes }) => {
  const sheet = document.createElement("link");
  const root = document.createElement("main");
  Object.assign(sheet, { rel: "stylesheet", href: "/player/player.css" });
  root.id = "stage";
  root.style.setProperty("position", "fixed");
  root.style.setProperty("inset", "0");
  document.body.replaceChildren(root);
  document.head.append(sheet);
  await new Promise((resolve) => { sheet.onload = resolve; });
  const { Stage } = await import("/player/src/play/stage.js");
  const { Files } = await import("/player/src/play/files.js");
  const { HubClock } = await import("/player/src/session/hub_clock.js");
  const clock = new HubClock();
  const nowS = () => performance.now() / 1000;
  clock.set(Date.now(), nowS());
  const heard = { plays: [], skipped: [], programmes: [], events: [], playback: null, over: 0, noRoom: [] };
  const files = new Files({
    hubUrl, limitBytes, token: "", onAddressesOver: () => { heard.over += 1; },
    onNoRoom: (item) => heard.noRoom.push(item.name),
  });
  const stage = new Stage({
    root, files, clock,
    onPlayed: (play) => heard.plays.push(play),
    onProgramme: (playlist) => heard.programmes.push(playlist?.name ?? null),
    onSkipped: ({ item, reason }) => heard.skipped.push({ name: item.name, reason }),
    onEvent: (event) => heard.events.push({ ...event, at: nowS() }),
    onPlayback: (playback) => { heard.playback = playback; },
  });
  window.the = { stage, files, clock, heard, root, nowS };
}
"""


class Shelf:
    """Files at a server: `put` gives an item of a manifest for each. It counts what is asked for."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    def put(self, name: str, content: bytes, kind: str, duration_s: float, **facts: Any) -> dict[str, Any]:
        """Put it there. `facts`: of the item, instead of what it would be."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.files[f"/media/{sha256}/{name}"] = content
        return {
            "id": f"item-{name}",
            "media_id": f"media-{sha256[:8]}",
            "content_id": f"content-{name}",
            "name": name,
            "number": 1,
            "kind": kind,
            "url": f"/media/{sha256}/{name}",
            "duration_s": duration_s,
            "mime_type": mime_type_of(name),
            "sha256": sha256,
            "size_bytes": len(content),
            **facts,
        }

    def put_package(self, name: str, files: Mapping[str, bytes], duration_s: float) -> dict[str, Any]:
        """An HTML package, as the hub unpacks it."""
        sha256 = hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()
        listing = []
        for path, content in files.items():
            self.files[f"/media/{sha256}/{path}"] = content
            own = hashlib.sha256(content).hexdigest()
            listing.append(
                {"path": path, "sha256": own, "size_bytes": len(content), "mime_type": mime_type_of(path)}
            )
        item = self.put(name, json.dumps(listing).encode(), "html", duration_s)
        self.files[f"/media/{sha256}/clarion-files.json"] = json.dumps(listing).encode()
        files_url = f"/media/{sha256}/clarion-files.json"
        return {**item, "sha256": sha256, "files_url": files_url, "mime_type": None}


@contextmanager
def shelf() -> Iterator[Shelf]:
    """A server of files, as a hub is one, to any page."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            content = found.files.get(unquote(self.path))
            self.send_response(404 if content is None else 200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", mime_type_of(self.path))
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    found = Shelf(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def manifest(*items: dict[str, Any], shuffle: bool = False, **more: Any) -> dict[str, Any]:
    """One playlist, for ever."""
    playlist = {"playlist_id": "lobby", "name": "Lobby", "number": 3, "items": items, "shuffle": shuffle}
    schedule = [{"playlist": 0}]
    return {
        "digest": "d",
        "playlists": [playlist],
        "schedule": schedule,
        "urls_good_until_ms": 2**52,
        "format": "clarion.manifest.1",
        **more,
    }


class Staging:
    """The page. `the` in what it runs: stage, files, clock, heard, root."""

    def __init__(self, page: Page, shelf: Shelf) -> None:
        self.page = page
        self.shelf = shelf
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def play(self, manifest: dict[str, Any]) -> None:
        """Have all of it, then play it."""
        self.run("await the.files.want(given);", manifest)
        self.until("the.files.missing === 0")
        self.run("the.stage.load(given);", manifest)

    def run(self, body: str, given: Any = None) -> Any:
        """What the inside of an async function of `given` returns."""
        return self.page.evaluate(f"async (given) => {{ {body} }}", given)

    def until(self, condition: str, within_s: float = 15.0) -> None:
        """Wait for what this says of `the`."""
        # Not wait_for_function: it evaluates text in the page, which the player's policy forbids.
        self.run(
            f"""const end = performance.now() + given * 1000;
            while (!({condition})) {{
              if (performance.now() > end) throw new Error("not yet: " + JSON.stringify(the.heard));
              await new Promise((resolve) => setTimeout(resolve, 20));
            }}""",
            within_s,
        )

    @property
    def heard(self) -> dict[str, Any]:
        """What the stage has told."""
        found: dict[str, Any] = self.run("return the.heard")
        return found


@contextmanager
def staging(site: PlayerSite, browser: Browser, limit_bytes: int | None = None) -> Iterator[Staging]:
    """A page of the player's origin and policy, with a stage on it and nothing else of the player."""
    context = browser.new_context(viewport={"width": 640, "height": 360})
    with shelf() as files:
        page = context.new_page()
        page.goto(f"{site.url}/player/player.css")
        made = Staging(page, files)
        page.evaluate(SETUP, {"hubUrl": files.url, "limitBytes": limit_bytes})
        yield made
        context.close()
    assert made.complaints == []
