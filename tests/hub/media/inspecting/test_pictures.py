"""Pictures: their size as it is shown, a small one of each; damaged ones and bombs are refused in words."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from PIL import Image

from hub.media.inspecting.findings import THUMBNAIL, Answer, FileType, Finding, Limits, Question
from hub.media.inspecting.inspector import answer
from tests.hub.media.made_files import animation, lying_on_its_side, picture, pixel_bomb


def look(tmp_path: Path, content: bytes, kind: FileType, limits: Limits = Limits()) -> Answer:  # noqa: B008
    path = tmp_path / "file"
    path.write_bytes(content)
    return answer(Question(str(path), kind, str(tmp_path), limits))


def found(told: Answer) -> Finding:
    assert told.finding is not None, told.unusable
    return told.finding


def why_not(told: Answer) -> str:
    assert told.unusable is not None, told.finding
    return told.unusable


@pytest.mark.parametrize("kind", [FileType.PNG, FileType.JPEG, FileType.WEBP, FileType.GIF])
def test_a_picture_has_a_size_and_a_small_one_of_it(tmp_path: Path, kind: FileType) -> None:
    finding = found(look(tmp_path, picture(kind.name, (1280, 720)), kind))
    assert (finding.width, finding.height, finding.codec) == (1280, 720, kind.name.lower())
    assert (finding.duration_s, finding.detail) == (None, None)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert (small.format, small.size) == ("WEBP", (320, 180))


def test_a_small_picture_is_not_made_larger_and_a_tall_one_not_endless(tmp_path: Path) -> None:
    look(tmp_path, picture("PNG", (20, 10)), FileType.PNG)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert small.size == (20, 10)
    look(tmp_path, picture("PNG", (100, 9000)), FileType.PNG)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert small.height == 1280


def test_a_picture_that_lies_on_its_side_is_measured_and_shown_upright(tmp_path: Path) -> None:
    finding = found(look(tmp_path, lying_on_its_side(), FileType.JPEG))
    assert (finding.width, finding.height) == (360, 640)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert small.size == (320, 569)


def test_what_is_transparent_stays_so_in_small(tmp_path: Path) -> None:
    Image.new("RGBA", (800, 400), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    look(tmp_path, (tmp_path / "clear.png").read_bytes(), FileType.PNG)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert small.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("kind", [FileType.GIF, FileType.WEBP])
def test_an_animation_is_told_from_a_still(tmp_path: Path, kind: FileType) -> None:
    finding = found(look(tmp_path, animation(3, kind=kind.name), kind))
    assert finding.detail == "It is animated, with 3 pictures."


@pytest.mark.parametrize("kind", [FileType.PNG, FileType.JPEG, FileType.WEBP, FileType.GIF])
def test_a_picture_that_is_cut_short_is_unusable(tmp_path: Path, kind: FileType) -> None:
    content = picture(kind.name, (800, 600))
    for share in (0.9, 0.5, 0.05):
        assert "damaged" in why_not(look(tmp_path, content[: int(len(content) * share)], kind))


@pytest.mark.parametrize("kind", [FileType.GIF, FileType.PNG, FileType.WEBP])
def test_an_animation_whose_last_picture_is_damaged_is_unusable(tmp_path: Path, kind: FileType) -> None:
    content = animation(6, (400, 300), kind.name, noise=60.0)
    assert "damaged" in why_not(look(tmp_path, content[:-400], kind))


def test_noise_behind_an_honest_beginning_is_unusable(tmp_path: Path) -> None:
    for kind in (FileType.PNG, FileType.JPEG, FileType.WEBP, FileType.GIF):
        head = picture(kind.name)[:30]
        assert "damaged" in why_not(look(tmp_path, head + bytes(range(256)) * 50, kind))


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (16_385, 10), (12_000, 12_000)])
def test_a_pixel_bomb_is_refused_before_a_pixel_is_decoded(tmp_path: Path, width: int, height: int) -> None:
    tracemalloc.start()
    try:
        why = why_not(look(tmp_path, pixel_bomb(width, height), FileType.PNG))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert f"{width} × {height} pixels" in why


def test_an_animation_that_is_larger_than_it_looks_is_refused(tmp_path: Path) -> None:
    content = animation(20, (100, 100))
    assert "too long" in why_not(look(tmp_path, content, FileType.GIF, Limits(decoded_pixels=100_000)))


def test_a_picture_is_opened_as_what_it_is_and_as_nothing_else(tmp_path: Path) -> None:
    assert "damaged" in why_not(look(tmp_path, picture("PNG"), FileType.JPEG))
