"""What a file is, by its first bytes (WHATWG MIME Sniffing, ISO 14496-12, RFC 9559, APPNOTE.TXT). Pure.

Rule: what is not known to be good is refused, and what is known by sight is refused by its name.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final

from hub.media.inspecting.findings import FileType, Unusable

HEAD_BYTES: Final = 4096
ACCEPTED: Final = (
    "JPEG, PNG, WebP and GIF pictures, MP4 (H.264) and WebM videos, and ZIP packages with an index.html"
)
NAMES: Final[dict[FileType, str]] = {
    FileType.JPEG: "a JPEG picture",
    FileType.PNG: "a PNG picture",
    FileType.WEBP: "a WebP picture",
    FileType.GIF: "a GIF picture",
    FileType.MP4: "an MP4 video",
    FileType.WEBM: "a WebM video",
    FileType.PACKAGE: "a ZIP package",
}
_SUFFIXES: Final[dict[FileType, tuple[str, ...]]] = {
    FileType.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"),
    FileType.PNG: (".png",),
    FileType.WEBP: (".webp",),
    FileType.GIF: (".gif",),
    FileType.MP4: (".mp4", ".m4v"),
    FileType.WEBM: (".webm",),
    FileType.PACKAGE: (".zip",),
}
# What comes often and cannot be shown: by its first bytes, and what it is.
_STRANGERS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "a PDF document: save its pages as pictures"),
    (b"BM", "a BMP picture: save it as PNG"),
    (b"II*\0", "a TIFF picture: save it as PNG or JPEG"),
    (b"MM\0*", "a TIFF picture: save it as PNG or JPEG"),
    (b"8BPS", "a Photoshop file: export it as PNG"),
    (b"FLV", "a Flash video: convert it to MP4 (H.264)"),
    (b"OggS", "an Ogg file: convert it to WebM or MP4 (H.264)"),
    (b"\x00\x00\x01\xba", "an MPEG video: convert it to MP4 (H.264)"),
    (b"\x00\x00\x01\xb3", "an MPEG video: convert it to MP4 (H.264)"),
    (b"0&\xb2u", "a Windows Media file: convert it to MP4 (H.264)"),
    (b"ID3", "a sound without pictures"),
    (b"7z\xbc\xaf", "a 7-Zip archive: pack it as ZIP"),
    (b"Rar!", "a RAR archive: pack it as ZIP"),
    (b"\x1f\x8b", "a gzip archive: pack it as ZIP"),
    (b"MZ", "a program for Windows"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old Office document: save its pages as pictures"),
)
_BRANDS: Final = {
    b"heic": "a HEIC picture: save it as JPEG",
    b"heix": "a HEIC picture: save it as JPEG",
    b"mif1": "a HEIF picture: save it as JPEG",
    b"avif": "an AVIF picture: save it as WebP or PNG",
    b"avis": "an AVIF picture: save it as WebP or PNG",
    b"qt  ": "a QuickTime movie: convert it to MP4 (H.264)",
    b"crx ": "a raw picture of a camera: save it as JPEG",
    b"M4A ": "a sound without pictures",
}
_SVG: Final = re.compile(rb"<svg[\s>:]|<[a-z]+:svg[\s>]|<!DOCTYPE\s+svg", re.IGNORECASE)
_MARKUP: Final = re.compile(
    rb"^\s*(<!--.*?-->\s*)*<(!DOCTYPE|html|head|body|script|\?xml)", re.IGNORECASE | re.DOTALL
)
_SVG_REFUSED: Final = (
    "This is an SVG drawing. SVG can carry programs and fetch things from elsewhere, so screens do not show "
    "it. Export it as PNG or WebP; inside a ZIP package, beside an index.html, it can be used."
)


def sniff(head: bytes) -> FileType:
    """What the file is that begins with these bytes, at most `HEAD_BYTES`. Raises Unusable."""
    if not head:
        raise Unusable("The file is empty.")
    if head.startswith(b"\xff\xd8\xff"):
        return FileType.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileType.PNG
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return FileType.GIF
    if head[:4] == b"RIFF":
        return _riff(head)
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _ebml(head)
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return FileType.PACKAGE
    raise _stranger(head)


def mislabelled(file_name: str, found: FileType) -> str | None:
    """A sentence, where the name of the file says something else than what it is."""
    suffix = PurePath(file_name).suffix.lower()
    if not suffix or suffix in _SUFFIXES[found]:
        return None
    return f"Its name ends in {suffix[:20]}, but it is {NAMES[found]}, and is taken as that."


def _riff(head: bytes) -> FileType:
    match head[8:12]:
        case b"WEBP":
            return FileType.WEBP
        case b"AVI ":
            raise _known("an AVI video: convert it to MP4 (H.264)")
        case b"WAVE":
            raise _known("a sound without pictures")
        case _:
            raise _unknown()


def _iso_media(brand: bytes) -> FileType:
    if brand in _BRANDS:
        raise _known(_BRANDS[brand])
    return FileType.MP4


def _ebml(head: bytes) -> FileType:
    # The DocType is in the first element, which no writer makes longer than this.
    if b"\x42\x82\x84webm" in head[:128]:
        return FileType.WEBM
    if b"matroska" in head[:128]:
        raise _known("a Matroska video (MKV): convert it to WebM or MP4 (H.264)")
    raise _unknown()


def _stranger(head: bytes) -> Unusable:
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.replace(b"\0", b"")
    if _SVG.search(text):
        return Unusable(_SVG_REFUSED)
    if _MARKUP.match(text):
        return _known("a web page: pack it as ZIP, as index.html, together with everything that it uses")
    for magic, what in _STRANGERS:
        if head.startswith(magic):
            return _known(what)
    return _unknown()


def _known(what: str) -> Unusable:
    return Unusable(f"This is {what}. Screens show {ACCEPTED}.")


def _unknown() -> Unusable:
    return Unusable(f"Nothing is known that begins as this file does. Screens show {ACCEPTED}.")
