"""Looks into a video, by FFmpeg's libraries (PyAV) if they are there: codec, size, length, that it is whole.

Rule: FFmpeg opens this file as what it is, and nothing else: no other file, no address that it names.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hub.media.inspecting.findings import FileType, Finding, Question, Unusable, check_size, write_thumbnail
from hub.media.inspecting.pictures import encoded_thumbnail

NO_FFMPEG: Final = (
    'It was not looked into, because FFmpeg is not installed with the hub (the extra "video"): how long it '
    "is is not known, and there is no small picture. Watch it before you approve it."
)
_DEMUXERS: Final = {FileType.MP4: "mov", FileType.WEBM: "matroska"}
_CODECS: Final[dict[FileType, tuple[str, ...]]] = {
    FileType.MP4: ("h264",),
    FileType.WEBM: ("vp8", "vp9", "av1"),
}
_INSTEAD: Final = {FileType.MP4: "H.264", FileType.WEBM: "VP8, VP9 or AV1"}
_SPOKEN: Final = {
    "hevc": "H.265 (HEVC)",
    "mpeg4": "MPEG-4 part 2",
    "av1": "AV1",
    "vp9": "VP9",
    "prores": "ProRes",
}
_OPTIONS: Final = {"protocol_whitelist": "file", "enable_drefs": "0", "use_absolute_path": "0"}
_DAMAGED: Final = "The video is damaged: it cannot be decoded. Export it again."
_CUT_SHORT: Final = "The video is cut short: the file ends before the video does. Export or upload it again."
_WHOLE: Final = 0.9
"""Of the length that it says it has, so much must be there: sound and pictures rarely end together."""
_POSTER_S: Final = 1.0
_CONTAINER_UNITS: Final = 1_000_000
"""FFmpeg counts a file's own time in microseconds."""


def look(question: Question) -> Finding:
    """Raises Unusable."""
    try:
        import av
    except ImportError:
        return Finding(detail=NO_FFMPEG)
    try:
        with av.open(question.path, format=_DEMUXERS[question.type], options=_OPTIONS) as container:
            finding, small = _look(question, container)
    except (av.FFmpegError, OSError, ValueError, ArithmeticError) as error:
        raise Unusable(_DAMAGED) from error
    write_thumbnail(question, small)
    return finding


def _look(question: Question, container: Any) -> tuple[Finding, bytes]:
    if not container.streams.video:
        raise Unusable("There are no moving pictures in this file, only sound.")
    stream = container.streams.video[0]
    codec = stream.codec_context.name
    if codec not in _CODECS[question.type]:
        raise Unusable(
            f"The video is coded as {_SPOKEN.get(codec, codec)}, which not every screen can show. Convert it "
            f"to {_INSTEAD[question.type]}."
        )
    check_size(stream.codec_context.width, stream.codec_context.height, question.limits)
    said_s = _said_s(container, stream)
    there_s = _there_s(container.demux(stream))
    if said_s is not None and there_s < said_s * _WHOLE:
        raise Unusable(_CUT_SHORT)
    duration_s = said_s or there_s
    if duration_s <= 0:
        raise Unusable(_DAMAGED)
    width, height, small = _poster(container, stream, duration_s)
    return Finding(width, height, round(duration_s, 3), codec, thumbnail=True), small


def _said_s(container: Any, stream: Any) -> float | None:
    """How long the pictures are, by what the file says of itself; what a camera streams says nothing."""
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    return float(container.duration / _CONTAINER_UNITS) if container.duration else None


def _there_s(packets: Iterable[Any]) -> float:
    """When the last picture that is there ends. Reads the file, decodes nothing."""
    ends = 0.0
    for packet in packets:
        if packet.pts is not None:
            ends = max(ends, float((packet.pts + (packet.duration or 0)) * packet.time_base))
    return ends


def _poster(container: Any, stream: Any, duration_s: float) -> tuple[int, int, bytes]:
    """Decodes one picture, not the first where there are many: films begin black. Its size as it is shown,
    and a small one."""
    container.seek(int(min(_POSTER_S, duration_s / 10) * _CONTAINER_UNITS))
    frame = next(container.decode(stream), None)
    if frame is None:
        raise Unusable(_DAMAGED)
    image = frame.to_image()
    if frame.rotation:
        image = image.rotate(frame.rotation, expand=True)
    return image.width, image.height, encoded_thumbnail(image)
