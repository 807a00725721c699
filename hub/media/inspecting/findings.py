"""What is asked about a file, what is found, and what makes it unusable."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from protocol.vocabulary import MediaKind


class Unusable(Exception):
    """The file cannot be used. `reason`: a sentence for people that says why, and what to do where there is
    something."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileType(StrEnum):
    """What a file can be, by its MIME type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    GIF = "image/gif"
    MP4 = "video/mp4"
    WEBM = "video/webm"
    PACKAGE = "application/zip"


KINDS: dict[FileType, MediaKind] = {
    FileType.JPEG: MediaKind.IMAGE,
    FileType.PNG: MediaKind.IMAGE,
    FileType.WEBP: MediaKind.IMAGE,
    FileType.GIF: MediaKind.IMAGE,
    FileType.MP4: MediaKind.VIDEO,
    FileType.WEBM: MediaKind.VIDEO,
    FileType.PACKAGE: MediaKind.HTML,
}


class Limits(Struct, frozen=True):
    """What a file may be at most. `side_px`: of the longer side; `decoded_pixels`: of all pictures of an
    animation; `unpacked_ratio`: of what is in an archive to the archive itself."""

    pixels: int = 100_000_000
    side_px: int = 16_384
    decoded_pixels: int = 400_000_000
    entries: int = 5_000
    unpacked_bytes: int = 500_000_000
    unpacked_ratio: int = 200


class Question(Struct, frozen=True):
    """`folder`: where a small picture or the files of a package may be written; it is there and is empty."""

    path: str
    type: FileType
    folder: str
    limits: Limits = Limits()


class Finding(Struct, frozen=True):
    """`width`, `height`: as it is shown. `thumbnail`, `package`: whether they were written. `unpacked_bytes`:
    of a package. `detail`: what people should know although the file can be used."""

    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    codec: str | None = None
    thumbnail: bool = False
    unpacked_bytes: int | None = None
    detail: str | None = None


class Answer(Struct, frozen=True):
    """One of the three. `no_room`: nothing is wrong with the file, but the disk is full."""

    finding: Finding | None = None
    unusable: str | None = None
    no_room: bool = False


THUMBNAIL = "thumbnail.webp"
THUMBNAIL_WIDTH_PX = 320
PACKAGE = "package"


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raises Unusable for a picture or a video that is too large to be shown, or is none at all."""
    if width < 1 or height < 1:
        raise Unusable("The file says that it has no width or no height: it is damaged.")
    if max(width, height) > limits.side_px or width * height > limits.pixels:
        raise Unusable(
            f"It is {width} × {height} pixels. No side may be longer than {limits.side_px} pixels, and all "
            f"of it no more than {limits.pixels // 1_000_000} megapixels. Make it smaller."
        )


def write_thumbnail(question: Question, encoded: bytes) -> None:
    """Where the small picture goes. Raises OSError."""
    (Path(question.folder) / THUMBNAIL).write_bytes(encoded)
