"""Every frame that the browser puts on the glass, as it comes: to see that none of them is black."""

from __future__ import annotations

import base64
import io
from typing import Any, NamedTuple

from PIL import Image
from playwright.sync_api import CDPSession, Page


class Frame(NamedTuple):
    """One picture: when (seconds since the epoch), and the colour in its middle."""

    at_s: float
    colour: tuple[int, int, int]

    @property
    def is_black(self) -> bool:
        return max(self.colour) < 16


class Filming:
    """`with Filming(page) as film`: then `film.frames`."""

    def __init__(self, page: Page) -> None:
        self.frames: list[Frame] = []
        self._page = page
        self._session: CDPSession

    def __enter__(self) -> Filming:
        self._session = self._page.context.new_cdp_session(self._page)
        self._session.on("Page.screencastFrame", self._came)
        wanted = {"format": "png", "maxWidth": 64, "maxHeight": 36, "everyNthFrame": 1}
        self._session.send("Page.startScreencast", wanted)
        return self

    def __exit__(self, *_: object) -> None:
        self._session.detach()

    def _came(self, frame: dict[str, Any]) -> None:
        picture = Image.open(io.BytesIO(base64.b64decode(frame["data"]))).convert("RGB")
        pixel = picture.getpixel((picture.width // 2, picture.height // 2))
        assert isinstance(pixel, tuple)
        self.frames.append(Frame(frame["metadata"]["timestamp"], (pixel[0], pixel[1], pixel[2])))
        self._session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})
