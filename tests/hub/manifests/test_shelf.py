"""Manifests in memory: what is encoded, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from hub.manifests.shelf import FRAME_AT_MOST_BYTES, Shelf
from hub.media.signed_urls import MediaUrls
from tests.hub.manifests.test_building import built, device, entry, item, only, version

TENANT = "11111111-1111-4111-8111-111111111111"


def test_to_learn_that_a_manifest_is_too_large_for_a_frame_it_is_not_encoded() -> None:
    """64 screens with a large one each would be told on one turn, and alerts wait meanwhile."""
    shelf = Shelf(MediaUrls("secret"), lambda: datetime(2026, 3, 2, tzinfo=UTC), lambda frame: frame)
    frames = []
    for items in (1, 500):
        long = version("p", 1, *(item(f"m{number}") for number in range(items)))
        manifest = only(built([device()], [entry()], versions=[long]))
        size_bytes = len(msgspec.json.encode(manifest))
        assert (size_bytes > FRAME_AT_MOST_BYTES) == (items == 500)
        shelf.put(TENANT, manifest, size_bytes)
        frames.append(shelf.frame(TENANT, manifest.digest))
    assert frames[0] is not None and b'"type":"manifest"' in frames[0]
    assert frames[1] is None and "1 encoded" in repr(shelf)
    fetched = shelf.encoded(TENANT, manifest.digest)
    assert fetched is not None and fetched.frame is None
