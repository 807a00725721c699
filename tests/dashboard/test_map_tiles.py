"""Tiles below the map of sites: those of a server that answers, and of one that does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, expect

from persistence.embedded import EmbeddedPostgres
from tests.dashboard.browsing import Visit
from tests.dashboard.conftest import new_context
from tests.dashboard.houses import add, api_of
from tests.end_to_end.companions import dashboard
from tests.hub.hub_process import HubProcess
from tests.hub.tenants import make_tenant

# One white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffffff7f0009fb03fd"
    "05c8f7e60000000049454e44ae426082"
)


class _Tiles(ThreadingHTTPServer):
    """Map tiles, as long as `reachable`."""

    reachable = False
    asked: list[str]


class _Tile(BaseHTTPRequestHandler):
    server: _Tiles

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200 if self.server.reachable else 503)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(PNG if self.server.reachable else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def tiles() -> Iterator[_Tiles]:
    server = _Tiles(("127.0.0.1", 0), _Tile)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_tiles_lie_on_the_map_if_they_can_be_reached_and_a_sentence_if_not(
    browser: Browser, hub: HubProcess, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    house = make_tenant(postgres.url("dashboard"), "Map tiles")
    with api_of(hub, house.admin.email) as api:
        add(api, "/sites", name="Berlin", latitude=52.52, longitude=13.405)
    with tiles() as server:
        host = f"http://127.0.0.1:{server.server_port}"
        more = {
            "CLARION_MAP_TILES_URL": host + "/{z}/{x}/{y}.png",
            "CLARION_MAP_TILES_ATTRIBUTION": "© Tiles <b>& Sons",
        }
        with dashboard(hub, tmp_path, more) as url:
            context = new_context(browser)
            visitor = Visit(context.new_page(), url)
            page = visitor.page
            visitor.enter(house.admin.email, "/places")
            note, shown = page.get_by_test_id("map-note"), page.locator("img.leaflet-tile-loaded")
            expect(note).to_have_text("No map tiles reachable: positions only")
            expect(page.get_by_test_id("site-mark")).to_be_visible()
            expect(page.locator(".map-lines line")).not_to_have_count(0)
            expect(shown).to_have_count(0)
            server.reachable = True
            page.reload()
            expect(shown).not_to_have_count(0)
            expect(note).to_be_hidden()
            expect(page.locator(".leaflet-control-attribution")).to_have_text("© Tiles <b>& Sons")
            assert server.asked and all(address.startswith(host) for address in visitor.foreign)
            context.close()
