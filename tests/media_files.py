"""Files as people upload them: small, and really what they say they are."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import av
from PIL import Image

INDEX = "<!doctype html><title>Menu</title><link rel=stylesheet href=style/menu.css><h1>Menu of today</h1>"


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (640, 360), colour: tuple[int, int, int] = (20, 90, 160)
) -> bytes:
    """A picture of one colour. `kind`: as Pillow calls it."""
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def video(kind: str = "mp4", seconds: float = 1.0, size: tuple[int, int] = (320, 180)) -> bytes:
    """A video that gets brighter: MP4 with H.264, or WebM with VP8."""
    out = io.BytesIO()
    rate = 10
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream("libvpx" if kind == "webm" else "libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        frames = round(seconds * rate)
        for number in range(frames):
            shade = 40 + 180 * number // max(1, frames)
            still = Image.new("RGB", size, (shade, shade // 2, 30))
            frame = av.VideoFrame.from_image(still)  # type: ignore[no-untyped-call]
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def package(files: Mapping[str, bytes | str] | None = None) -> bytes:
    """An HTML package: a page and its style, or what is given, by path."""
    given = files or {"index.html": INDEX, "style/menu.css": "h1 { color: teal }"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in given.items():
            archive.writestr(path, content)
    return out.getvalue()
