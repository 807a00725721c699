"""Where files are dropped or chosen, and how far each has come; the browser does it by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from nicegui.element import Element

CHOOSE: Final = "() => document.querySelector('[data-testid=upload-input]').click()"
"""Opens the choice of files, in the browser: it lets nobody else open it than who has just clicked there."""

OUTAGE_S: Final = 120.0
"""So long the network may be away and a page with uploads comes back as it was: one that is loaded anew has
lost its files, and they have to be chosen again."""

_UPLOADS: Final = Path(__file__).parent / "uploads"
_TAKEN: Final = "image/jpeg,image/png,image/webp,image/gif,video/mp4,video/webm,.zip,application/zip"
_HINT: Final = "JPEG, PNG, WebP, GIF, MP4, WebM, or a ZIP with index.html"


class Uploader(Element, component="uploader.js", esm={"clarion-uploads": str(_UPLOADS)}):
    """`on_made` hears whenever a file has become a content. `content_id`: it becomes a version of it."""

    def __init__(self, tenant_id: str, on_made: Callable[[], Any], *, content_id: str | None = None) -> None:
        super().__init__()
        self.props["scope"] = f"{tenant_id}/{content_id or ''}"
        self.props["label"] = "Drop a new version here" if content_id else "Drop files here"
        self.props["hint"] = f"or choose them. {_HINT}." if content_id is None else f"or choose it. {_HINT}."
        self.props["accept"] = _TAKEN
        if content_id is not None:
            self.props["content-id"] = content_id
        self.on("made", lambda: on_made(), [])
