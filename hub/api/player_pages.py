"""The browser player, from files on this machine: `/player/` and everything below it.

What is public is what lies in player/web; it is read once. The page's policy lets it run its own scripts
only; what it *shows* may come from anywhere, as pictures, films and frames without rights.
"""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from quart import Response, request
from quart_trio import QuartTrio

from hub.api.problems import ProblemResponse
from hub.media.ranges import has_already

_PAGE: Final = "/player/"
_WORKER: Final = "sw.js"
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob: http: https:",
        "connect-src 'self' ws: wss: http: https:",
        "frame-src 'self' http: https:",
        "font-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nobody stands there who could be asked; nor may the pages ask that it shows. None of them may lay a
    # window over an alert either, on a screen that can be touched.
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
    "picture-in-picture=(), fullscreen=(self)",
    # Asked for each time, answered with 304: a new version of the hub brings its player with it.
    "Cache-Control": "no-cache",
}


class PlayerFile(NamedTuple):
    content: bytes
    kind: str
    etag: str


def add_to(app: QuartTrio) -> None:
    """GET /player/ and its files."""
    folder = Path(str(files("player"))) / "web"
    found = {
        path.relative_to(folder).as_posix(): read_file(path)
        for path in folder.rglob("*")
        if path.suffix in KINDS
    }

    shell = shell_of(found)

    def answer(name: str) -> Response:
        file = found.get(name)
        if file is None:
            raise ProblemResponse(404, "There is no such file. The player is at /player/.")
        headers = {**HEADERS, "ETag": file.etag}
        if name == _WORKER:
            headers["Service-Worker-Allowed"] = _PAGE
        if has_already(request.headers.get("If-None-Match"), file.etag):
            return Response(b"", status=304, headers=headers)
        return Response(file.content, content_type=file.kind, headers=headers)

    @app.get("/player", strict_slashes=True)
    async def player_without_a_slash() -> Response:
        # The page names its files beside itself: it must be opened as a folder.
        return Response(b"", status=308, headers={"Location": _PAGE})

    @app.get("/player/", strict_slashes=True)
    async def player() -> Response:
        return answer("index.html")

    @app.get("/player/shell.json")
    async def player_shell() -> Response:
        return Response(shell, content_type="application/json", headers={**HEADERS})

    @app.get("/player/<path:name>")
    async def player_file(name: str) -> Response:
        return answer(name)


def shell_of(found: dict[str, PlayerFile]) -> bytes:
    """What the service worker keeps, so that the player starts without a network: every file but itself, with
    its SHA-256; `version` changes when any of them does."""
    hashes = {
        name: hashlib.sha256(file.content).hexdigest()
        for name, file in sorted(found.items())
        if name != "sw.js"
    }
    version = hashlib.sha256(json.dumps(hashes).encode()).hexdigest()[:32]
    return json.dumps({"version": version, "files": hashes}).encode()


def read_file(path: Path) -> PlayerFile:
    content = path.read_bytes()
    return PlayerFile(content, KINDS[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
