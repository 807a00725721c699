"""Videos: codec, size and length by FFmpeg's libraries; what is cut short or coded otherwise is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from hub.media.inspecting.findings import THUMBNAIL, FileType, Limits
from hub.media.inspecting.videos import NO_FFMPEG
from tests.hub.media.inspecting.test_pictures import found, look, why_not
from tests.hub.media.made_files import sound, video


def test_an_mp4_video_has_a_size_a_length_and_a_small_picture(tmp_path: Path) -> None:
    finding = found(look(tmp_path, video(tmp_path / "v", seconds=2, size=(640, 360)), FileType.MP4))
    assert (finding.width, finding.height, finding.codec) == (640, 360, "h264")
    assert finding.duration_s == pytest.approx(2.0, abs=0.15)
    with Image.open(tmp_path / THUMBNAIL) as small:
        assert (small.format, small.size) == ("WEBP", (320, 180))


@pytest.mark.parametrize(("encoder", "codec"), [("libvpx", "vp8"), ("libvpx-vp9", "vp9")])
def test_a_webm_video_too(tmp_path: Path, encoder: str, codec: str) -> None:
    content = video(tmp_path / "v", encoder, seconds=1, container="webm")
    finding = found(look(tmp_path, content, FileType.WEBM))
    assert (finding.width, finding.height, finding.codec) == (320, 180, codec)
    assert finding.duration_s == pytest.approx(1.0, abs=0.15)


def test_a_webm_video_that_does_not_say_how_long_it_is_is_measured(tmp_path: Path) -> None:
    content = video(tmp_path / "v", "libvpx", seconds=1, container="webm", options={"live": "1"})
    assert found(look(tmp_path, content, FileType.WEBM)).duration_s == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}])
def test_a_video_that_is_cut_short_is_unusable(tmp_path: Path, options: dict[str, str]) -> None:
    content = video(tmp_path / "v", seconds=3, options=options)
    why = why_not(look(tmp_path, content[: len(content) * 6 // 10], FileType.MP4))
    assert ("cut short" if options else "damaged") in why


@pytest.mark.parametrize(("encoder", "words"), [("mpeg4", "MPEG-4 part 2"), ("libx265", "H.265")])
def test_a_codec_that_not_every_screen_has_is_refused_by_name(
    tmp_path: Path, encoder: str, words: str
) -> None:
    why = why_not(look(tmp_path, video(tmp_path / "v", encoder, seconds=0.5), FileType.MP4))
    assert words in why
    assert "Convert it to H.264" in why


def test_sound_without_pictures_is_no_video(tmp_path: Path) -> None:
    assert "only sound" in why_not(look(tmp_path, sound(tmp_path / "s"), FileType.MP4))


def test_a_video_larger_than_the_limits_is_refused(tmp_path: Path) -> None:
    content = video(tmp_path / "v", seconds=0.3)
    assert "320 × 180" in why_not(look(tmp_path, content, FileType.MP4, Limits(side_px=300)))


def test_noise_behind_an_honest_beginning_is_unusable(tmp_path: Path) -> None:
    head = video(tmp_path / "v", seconds=0.3)[:64]
    assert "damaged" in why_not(look(tmp_path, head + bytes(range(256)) * 50, FileType.MP4))


def test_without_ffmpeg_a_video_can_be_used_and_says_that_nobody_looked_into_it(tmp_path: Path) -> None:
    (tmp_path / "video").write_bytes(video(tmp_path / "v", seconds=0.3))
    program = (
        "import sys; sys.modules['av'] = None\n"
        "from hub.media.inspecting.findings import FileType, Question\n"
        "from hub.media.inspecting.inspector import answer\n"
        f"asked = Question({str(tmp_path / 'video')!r}, FileType.MP4, {str(tmp_path)!r})\n"
        "print(answer(asked).finding.detail)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == NO_FFMPEG
