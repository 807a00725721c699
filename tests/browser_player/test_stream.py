"""A live stream on the glass, where the browser plays it by itself; elsewhere it is skipped, and said so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from tests.browser_player.staging import Staging, manifest
from tests.media_files import picture


def put_stream(stage: Staging, folder: Path) -> dict[str, Any]:
    """A stream of six seconds at the shelf, in pieces of one."""
    options = {"hls_time": "1", "hls_list_size": "0", "hls_segment_filename": f"{folder}/piece%d.ts"}
    with av.open(f"{folder}/live.m3u8", "w", format="hls", options=options) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        stream.codec_context.gop_size = 10
        for number in range(60):
            still = Image.new("RGB", (320, 180), (0, 120, 40 + number))
            container.mux(stream.encode(av.VideoFrame.from_image(still)))  # type: ignore[no-untyped-call]
        container.mux(stream.encode(None))
    item = stage.shelf.put("live.m3u8", b"", "stream", 2.0, sha256=None, size_bytes=None)
    for path in folder.iterdir():
        stage.shelf.files[f"/live/{path.name}"] = path.read_bytes()
    return {**item, "url": f"{stage.shelf.url}/live/live.m3u8"}


@pytest.mark.alone
def test_a_stream_plays_where_the_browser_plays_streams(stage: Staging, tmp_path: Path) -> None:
    live = put_stream(stage, tmp_path)
    after = stage.shelf.put("after.png", picture("PNG"), "image", 60)
    stage.play(manifest(live, after))
    plays = stage.run(
        "return document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''"
    )
    stage.until("the.stage.item?.name === 'after.png'")
    heard = stage.heard
    if plays:
        assert heard["skipped"] == []
        [play] = heard["plays"]
        assert play["name"] == "live.m3u8" and abs(play["shown_ms"] - 2000) < 100
    else:
        assert heard["skipped"] == [
            {"name": "live.m3u8", "reason": "This browser does not play HLS streams."}
        ]


def test_a_stream_that_is_not_there_is_skipped(stage: Staging) -> None:
    away = stage.shelf.put("away", b"", "stream", 60, sha256=None)
    away["url"] = f"{stage.shelf.url}/nowhere.m3u8"
    after = stage.shelf.put("after.png", picture("PNG"), "image", 60)
    stage.play(manifest(away, after))
    stage.until("the.stage.item?.name === 'after.png'")
    [skipped] = stage.heard["skipped"]
    assert skipped["name"] == "away" and skipped["reason"]
