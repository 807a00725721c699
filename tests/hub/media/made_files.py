"""Files as people upload them, good and bad, made where they are needed: pictures, videos, packages."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
from PIL import Image


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 360), **more: object) -> bytes:
    """A picture with a gradient, so that it is not all one."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    file = io.BytesIO()
    image.save(file, kind, **more)
    return file.getvalue()


def lying_on_its_side() -> bytes:
    """A JPEG picture of 640 × 360 that is to be shown upright, as 360 × 640, by what EXIF says."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return picture("JPEG", exif=exif)


def animation(
    frames: int = 3, size: tuple[int, int] = (64, 32), kind: str = "GIF", *, noise: float = 0.0
) -> bytes:
    """`noise`: how rough the pictures are; rough ones do not pack."""
    pictures = [
        Image.effect_noise(size, noise).convert("RGB")
        if noise
        else Image.new("RGB", size, (40 * (n % 6), 0, 0))
        for n in range(frames)
    ]
    file = io.BytesIO()
    pictures[0].save(file, kind, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return file.getvalue()


def pixel_bomb(width: int, height: int) -> bytes:
    """A small PNG that says it has this size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def video(
    path: Path,
    codec: str = "libx264",
    *,
    seconds: float = 2.0,
    size: tuple[int, int] = (320, 180),
    container: str = "mp4",
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Colours that change, ten pictures a second."""
    frame_of: Any = av.VideoFrame.from_image
    with av.open(str(path), "w", format=container, options=dict(options or {})) as output:
        stream: Any = output.add_stream(codec, rate=10)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * 10)):
            image = Image.effect_noise(size, 20 + number % 50).convert("RGB")
            for packet in stream.encode(frame_of(image)):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    return path.read_bytes()


def sound(path: Path) -> bytes:
    """An MP4 file without pictures."""
    with av.open(str(path), "w", format="mp4") as output:
        stream: Any = output.add_stream("aac", rate=44_100)
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode()]:
            output.mux(packet)
    return path.read_bytes()


def package(files: Mapping[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def renamed(archive: bytes, before: str, after: bytes) -> bytes:
    """The archive with another name in it, of the same length, which no honest program would write."""
    assert len(before) == len(after)
    return archive.replace(before.encode(), after)
