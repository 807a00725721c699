"""What screens play, of the tenant that has a row in every table: files, contents, playlists, a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.types.json import Jsonb

from protocol.manifest import Manifest, ManifestItem, ManifestPlaylist, ManifestSegment
from protocol.vocabulary import MediaKind

if TYPE_CHECKING:
    from tests.isolation.occupied import Occupied


def fill_contents(put: Any, new: Any, digest: Any, it: Occupied) -> None:
    """`put`: a row into a table; `new`, `digest`: an id, a hash, that is kept by this name."""
    by = {"created_by": it.ids["user_id"], "created_by_name": it.tenant.admin.email}
    put("content_rules", approve_own=False)
    for upload_id in (new("upload_id"), new("unused_upload_id")):
        put("uploads", id=upload_id, file_name=f"{it.marker}.png", size_bytes=9, expires_at="tomorrow", **by)
    for sha256 in (digest("file"), digest("thumbnail"), digest("unused_file")):
        kept = {
            "md5": bytes(16),
            "size_bytes": 9,
            "mime_type": f"image/{it.marker}",
            "stored_at": "yesterday",
        }
        put("blobs", sha256=sha256, **kept)
    put(
        "uploads",
        id=new("complete_upload_id"),
        file_name=f"{it.marker} complete.png",
        size_bytes=9,
        expires_at="tomorrow",
        completed_at="now",
        **by,
    )
    content, tag = new("content_id"), f"tag-{it.marker}"
    put("contents", id=content, name=f"{it.marker} content", tags=[tag], category=it.marker, **by)
    put(
        "media",
        id=new("media_id"),
        content_id=content,
        number=1,
        kind="image",
        upload_id=it.ids["upload_id"],
        file_name=f"{it.marker}.png",
        sha256=it.hashes["file"],
        thumbnail_sha256=it.hashes["thumbnail"],
        processing="ready",
        status="approved",
        **by,
    )
    unused = new("unused_content_id")
    put("contents", id=unused, name=f"{it.marker} unused", **by)
    page = {"kind": "web", "url": f"https://{it.marker}.example/", "processing": "ready"}
    put("media", id=new("unused_media_id"), content_id=content, number=2, **page, **by)
    put(
        "media",
        id=new("submitted_media_id"),
        content_id=unused,
        number=1,
        status="submitted",
        submitted_at="now",
        **page,
        **by,
    )
    for number, processing in ((2, "waiting"), (3, "working")):
        put(
            "media",
            id=new(f"{processing}_media_id"),
            content_id=unused,
            number=number,
            upload_id=it.ids["upload_id"],
            file_name=f"{it.marker}.png",
            processing=processing,
            attempts=number - 2,
            working_until="tomorrow" if processing == "working" else None,
            **by,
        )


def fill_playlists(put: Any, new: Any, it: Occupied) -> None:
    """A playlist with a version of what `fill_contents` made, scheduled, in the manifest of a screen."""
    user, name = it.ids["user_id"], it.tenant.admin.email
    content, tag = it.ids["content_id"], f"tag-{it.marker}"
    playlist, item = new("playlist_id"), new("item_id")
    put("playlists", id=playlist, name=f"{it.marker} playlist", created_by=user, created_by_name=name)
    put("playlist_items", id=item, playlist_id=playlist, position=0, media_id=it.ids["media_id"])
    put("playlists", id=new("inner_playlist_id"), name=f"{it.marker} default", is_default=True)
    inner = it.ids["inner_playlist_id"]
    put("playlist_items", id=new("nested_item_id"), playlist_id=playlist, position=2, nested_id=inner)
    put("playlist_items", id=new("tag_item_id"), playlist_id=playlist, position=1, content_tag=tag)
    of_media = {"media_id": it.ids["media_id"], "name": it.marker}
    played = {"content_id": content, "number": 1, "kind": "image", "duration_s": 10.0, "transition": "cut"}
    put(
        "playlist_versions",
        playlist_id=playlist,
        number=1,
        shuffle=False,
        follows=True,
        draft=Jsonb([{"id": item, **of_media}]),
        items=Jsonb([{"id": item, **of_media, **played}]),
        item_count=1,
        total_s=10,
        published_by=user,
        published_by_name=name,
        published_at="now",
    )
    put("playlist_version_media", playlist_id=playlist, number=1, media_id=it.ids["media_id"])
    put("schedule_entries", id=new("entry_id"), playlist_id=playlist, name=it.marker)
    for of in ("device_id", "group_id"):
        named = {"name": f"{it.marker} {of}", of: it.ids[of]}
        put("schedule_entries", id=new(f"entry_of_{of}"), playlist_id=playlist, enabled=False, **named)
    hashed, media = f"digest-{it.marker}", it.ids["media_id"]
    shown = ManifestItem(media, media, content, it.marker, 1, MediaKind.WEB, f"https://{it.marker}", 10.0)
    playing = Manifest(hashed, [ManifestPlaylist(playlist, it.marker, 1, [shown])], [ManifestSegment(0)], 0)
    put("manifests", digest=hashed, body=msgspec.json.encode(playing).decode())
    put(
        "device_manifests",
        device_id=it.ids["device_id"],
        version=1,
        digest=hashed,
        since="now",
    )
