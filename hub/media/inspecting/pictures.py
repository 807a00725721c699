"""Looks into a picture, by Pillow: that all of it can be decoded, how large it is; makes a small one.

Rule: the size is known from the header, and judged, before a pixel is decoded.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageOps, ImageSequence

from hub.media.inspecting.findings import (
    THUMBNAIL_WIDTH_PX,
    FileType,
    Finding,
    Question,
    Unusable,
    check_size,
    write_thumbnail,
)

_FORMATS: Final[dict[FileType, str]] = {
    FileType.JPEG: "JPEG",
    FileType.PNG: "PNG",
    FileType.WEBP: "WEBP",
    FileType.GIF: "GIF",
}
_ORIENTATION: Final = 0x0112
"""EXIF: from 5 on the picture is shown lying on its side."""
_QUALITY: Final = 80
_TALL: Final = 4
"""A small picture is at most so many times as high as it is wide."""


def look(question: Question) -> Finding:
    """Raises Unusable."""
    # We judge the size ourselves, and refuse; Pillow would only warn.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    try:
        with Image.open(question.path, formats=[_FORMATS[question.type]]) as image:
            check_size(*image.size, question.limits)
            width, height = image.size
            if image.getexif().get(_ORIENTATION, 1) in range(5, 9):
                width, height = height, width
            image.load()
            small = encoded_thumbnail(image)
            frames = _decode_the_others(image, question)
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        # Pillow raises whatever its decoders trip over.
        raise Unusable("The picture is damaged: it cannot be decoded to its end. Export it again.") from error
    write_thumbnail(question, small)
    detail = f"It is animated, with {frames} pictures." if frames > 1 else None
    return Finding(width, height, codec=_FORMATS[question.type].lower(), thumbnail=True, detail=detail)


def encoded_thumbnail(image: Image.Image) -> bytes:
    """The small picture, upright. `image` is not changed."""
    small = image.copy() if image.width * image.height <= THUMBNAIL_WIDTH_PX**2 else _smaller(image)
    upright = ImageOps.exif_transpose(small)
    upright.thumbnail((THUMBNAIL_WIDTH_PX, THUMBNAIL_WIDTH_PX * _TALL))
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    encoded = io.BytesIO()
    upright.convert("RGBA" if has_alpha else "RGB").save(encoded, "WEBP", quality=_QUALITY)
    return encoded.getvalue()


def _smaller(image: Image.Image) -> Image.Image:
    """A copy by whole steps, which needs no second picture of the same size in memory, and is still large
    enough to be made small with care."""
    by = max(1, min(image.size) // (2 * THUMBNAIL_WIDTH_PX))
    if by == 1 or image.mode not in ("RGB", "RGBA", "L", "LA", "CMYK", "YCbCr"):
        return image.copy()
    small = image.reduce(by)
    small.info = dict(image.info)
    return small


def _decode_the_others(image: Image.Image, question: Question) -> int:
    """Every picture of an animation; how many there are."""
    frames, left = 0, question.limits.decoded_pixels
    for frame in ImageSequence.Iterator(image):
        frames += 1
        left -= image.width * image.height
        if left < 0:
            raise Unusable(
                "The animation is too long for its size. Make it smaller or shorter, or upload a video."
            )
        frame.load()
    return frames
