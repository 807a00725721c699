"""What a file is, by its first bytes and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.media.inspecting.findings import FileType, Unusable
from hub.media.inspecting.sniff import HEAD_BYTES, mislabelled, sniff
from tests.hub.media.made_files import animation, package, picture, video


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (picture("JPEG"), FileType.JPEG),
        (picture("PNG"), FileType.PNG),
        (picture("WEBP"), FileType.WEBP),
        (animation(), FileType.GIF),
        (package({"index.html": "x"}), FileType.PACKAGE),
    ],
)
def test_pictures_and_packages_are_known_by_their_first_bytes(content: bytes, found: FileType) -> None:
    assert sniff(content[:HEAD_BYTES]) is found


def test_videos_are_known_by_their_first_bytes(tmp_path: Path) -> None:
    assert sniff(video(tmp_path / "a", seconds=0.2)[:HEAD_BYTES]) is FileType.MP4
    webm = video(tmp_path / "b", "libvpx", seconds=0.2, container="webm")
    assert sniff(webm[:HEAD_BYTES]) is FileType.WEBM
    with pytest.raises(Unusable, match="Matroska"):
        sniff(video(tmp_path / "c", seconds=0.2, container="matroska")[:HEAD_BYTES])
    with pytest.raises(Unusable, match="QuickTime"):
        sniff(video(tmp_path / "d", seconds=0.2, container="mov")[:HEAD_BYTES])


@pytest.mark.parametrize(
    "svg",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xef\xbb\xbf  <?xml version='1.0'?>\n<!-- x --><svg onload='alert(1)'>",
        b"<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' ''><x/>",
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg'/>",
        "<svg xmlns='http://www.w3.org/2000/svg'/>".encode("utf-16"),
    ],
)
def test_an_svg_drawing_is_refused_and_why_is_said(svg: bytes) -> None:
    with pytest.raises(Unusable, match="SVG can carry programs"):
        sniff(svg)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><title>Hello</title>", "a web page: pack it as ZIP"),
        (b"%PDF-1.7", "PDF"),
        (b"MZ\x90\0", "a program"),
        (b"\x7fELF\x02", "a program"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"\0\0\0\x18ftypavif", "AVIF"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"\x1aE\xdf\xa3nothing", "Nothing is known"),
        (b"hello, this is text", "Nothing is known"),
    ],
)
def test_what_screens_do_not_show_is_refused_by_name_where_it_has_one(head: bytes, what: str) -> None:
    with pytest.raises(Unusable, match=what):
        sniff(head)


def test_a_name_that_says_something_else_is_told_and_does_not_matter() -> None:
    assert mislabelled("welcome.JPG", FileType.JPEG) is None
    assert mislabelled("welcome", FileType.JPEG) is None
    assert mislabelled("welcome.jpg", FileType.PNG) == (
        "Its name ends in .jpg, but it is a PNG picture, and is taken as that."
    )
    assert mislabelled("harmless.png", FileType.PACKAGE) is not None


@given(st.binary(max_size=200))
def test_anything_is_of_a_known_type_or_refused(head: bytes) -> None:
    try:
        assert sniff(head) in FileType
    except Unusable as error:
        assert error.reason.endswith(".")
