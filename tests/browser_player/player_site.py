"""The player's files from a server without a hub, as the hub serves them; it can go away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from hub.api.player_pages import HEADERS, KINDS, PlayerFile, read_file, shell_of

_WEB = Path(__file__).parents[2] / "player" / "web"


class PlayerSite:
    """`asked`: what was asked for, and with which Authorization."""

    def __init__(self) -> None:
        self.files = {
            path.relative_to(_WEB).as_posix(): read_file(path)
            for path in _WEB.rglob("*")
            if path.suffix in KINDS
        }
        self.asked: list[tuple[str, str | None]] = []
        self.torn: set[str] = set()
        """Files that come without their last byte."""
        self.port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def change(self, name: str, content: bytes) -> None:
        """The hub has another version of this file."""
        self.files[name] = PlayerFile(content, self.files[name].kind, '"changed"')

    def start(self) -> None:
        """Be there, at the same address as before."""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                site.asked.append((path, self.headers.get("Authorization")))
                name = path.removeprefix("/player/") or "index.html"
                if name == "shell.json":
                    self._answer(shell_of(site.files), "application/json")
                elif name in site.files:
                    content = site.files[name].content
                    self._answer(content[:-1] if name in site.torn else content, site.files[name].kind)
                else:
                    self.send_error(404)

            def _answer(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                for header, value in {
                    **HEADERS,
                    "Content-Type": kind,
                    "Content-Length": str(len(content)),
                }.items():
                    self.send_header(header, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *said: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Be away: nobody listens there."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextmanager
    def glass(self, browser: Browser, width: int = 1280, height: int = 720, **options: Any) -> Iterator[Page]:
        """The page as it is, but for its program: nothing runs on it."""
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.route("**/src/main.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
        page = context.new_page()
        page.goto(f"{self.url}/player/")
        yield page
        context.close()


@contextmanager
def player_site() -> Iterator[PlayerSite]:
    """A running one."""
    site = PlayerSite()
    site.start()
    yield site
    site.stop()
