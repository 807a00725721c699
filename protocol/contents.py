"""Bodies of the HTTP API about contents, the versions of their media, and approval. As in `protocol.api`.

A *content* is what people name and find; its *media* are the versions of it, numbered from 1. What a screen
plays is always one version that was approved.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from protocol.api import Id, Name, Text
from protocol.vocabulary import MediaKind, MediaStatus, Processing

Tag = Annotated[str, Meta(min_length=1, max_length=60)]
ContentTags = Annotated[list[Tag], Meta(max_length=50)]
Category = Annotated[str, Meta(max_length=100)]
WebUrl = Annotated[str, Meta(min_length=1, max_length=2000)]
Reason = Annotated[str, Meta(min_length=1, max_length=2000)]


class ContentRequest(Struct, frozen=True):
    """A new content, without any version yet. Its name is its tenant's only one, whatever the case."""

    name: Name
    description: Text = ""
    category: Category = ""
    tags: ContentTags = field(default_factory=list)
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class ContentPatch(Struct, frozen=True):
    """What is left out stays."""

    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    tags: ContentTags | UnsetType = UNSET
    valid_from: datetime | UnsetType | None = UNSET
    valid_until: datetime | UnsetType | None = UNSET


class MediaRequest(Struct, frozen=True):
    """A new version: of a finished upload, or of an address (a web page, an HLS stream). One of the two."""

    upload_id: Id | None = None
    url: WebUrl | None = None
    duration_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    note: Text = ""


class MediaPatch(Struct, frozen=True):
    """The newest version, while it is a draft or rejected. What is left out stays."""

    note: Text | UnsetType = UNSET
    duration_s: Annotated[float, Meta(gt=0, le=86_400)] | UnsetType = UNSET
    url: WebUrl | UnsetType = UNSET


class Media(Struct, frozen=True):
    """One version. `url`: of a file, a signed path below the hub that is good until `url_expires_at`; of a
    page or a stream, its address. What is not known (yet) is None. `duration_s`: a video's own length."""

    id: str
    content_id: str
    content_name: str
    number: int
    kind: MediaKind | None
    status: MediaStatus
    processing: Processing
    processing_detail: str | None
    file_name: str | None
    mime_type: str | None
    size_bytes: int | None
    sha256: str | None
    md5: str | None
    width: int | None
    height: int | None
    duration_s: float | None
    codec: str | None
    url: str | None
    thumbnail_url: str | None
    url_expires_at: datetime | None
    note: str
    reason: str | None
    created_by: str
    created_by_id: str | None
    created_at: datetime
    submitted_by: str | None
    submitted_at: datetime | None
    decided_by: str | None
    decided_at: datetime | None
    retired_by: str | None
    retired_at: datetime | None


class Content(Struct, frozen=True):
    """`newest`: its newest version; `approved`: its newest approved one, the one a playlist would take."""

    id: str
    name: str
    description: str
    category: str
    tags: list[str]
    valid_from: datetime | None
    valid_until: datetime | None
    revision: int
    created_by: str
    created_at: datetime
    updated_at: datetime
    versions: int
    newest: Media | None
    approved: Media | None


class Use(Struct, frozen=True):
    """Where a version is used. `is_published`: in a version that screens play now (or play as a canary)."""

    playlist_id: str
    playlist_name: str
    is_published: bool
    number: int | None


class Usage(Struct, frozen=True):
    """`screens`: how many screens have it in their manifest of now."""

    media_id: str
    uses: list[Use]
    screens: int


class Rejection(Struct, frozen=True):
    reason: Reason


class Retirement(Struct, frozen=True):
    """Of something in use the answer is 409 that says where, unless `even_if_used`: it stops there too."""

    reason: Text = ""
    even_if_used: bool = False


class ContentRules(Struct, frozen=True):
    """What holds for the contents of a tenant. `approve_own`: whoever made a version may approve it too."""

    approve_own: bool = False


class ContentFacets(Struct, frozen=True):
    """Tags and categories in use, with how many contents have them."""

    tags: dict[str, int]
    categories: dict[str, int]
