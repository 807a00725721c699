"""Versions of contents, and whether they may be shown."""

from __future__ import annotations

from typing import Final

from hub.api.queries import PageQuery
from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.contents import Media, MediaPatch, MediaRequest, Rejection, Retirement, Usage

# ---- the versions of a content ----


async def list_media(use_cases: UseCases, operator: Operator, content_id: str) -> Page[Media]:
    return await use_cases.media.of_content(operator, content_id)


async def add_media(use_cases: UseCases, operator: Operator, content_id: str, body: MediaRequest) -> Media:
    return await use_cases.media.add(operator, content_id, body)


async def change_newest_media(
    use_cases: UseCases, operator: Operator, content_id: str, body: MediaPatch
) -> Media:
    return await use_cases.media.change(operator, content_id, body)


async def delete_newest_media(use_cases: UseCases, operator: Operator, content_id: str) -> None:
    await use_cases.media.delete(operator, content_id)


async def get_media(use_cases: UseCases, operator: Operator, media_id: str) -> Media:
    return await use_cases.media.get(operator, media_id)


async def usage_of_media(use_cases: UseCases, operator: Operator, media_id: str) -> Usage:
    return await use_cases.approval.usage(operator, media_id)


# ---- approval ----


async def list_approvals(use_cases: UseCases, operator: Operator, query: PageQuery) -> Page[Media]:
    return await use_cases.approval.waiting(operator, cursor=query.cursor, limit=query.limit)


async def submit_media(use_cases: UseCases, operator: Operator, media_id: str) -> Media:
    return await use_cases.approval.submit(operator, media_id)


async def withdraw_media(use_cases: UseCases, operator: Operator, media_id: str) -> Media:
    return await use_cases.approval.withdraw(operator, media_id)


async def approve_media(use_cases: UseCases, operator: Operator, media_id: str) -> Media:
    return await use_cases.approval.approve(operator, media_id)


async def reject_media(use_cases: UseCases, operator: Operator, media_id: str, body: Rejection) -> Media:
    return await use_cases.approval.reject(operator, media_id, body.reason)


async def retire_media(
    use_cases: UseCases, operator: Operator, media_id: str, body: Retirement | None
) -> Media:
    return await use_cases.approval.retire(operator, media_id, body or Retirement())


_NO_CONTENT: Final = {404: "Your tenant has no such content."}
_NO_NEWEST: Final = {404: "Your tenant has no such content, or it has no version yet."}
_NO_VERSION: Final = {404: "Your tenant has no such version."}
_DECIDED: Final = {409: "The newest version is submitted, or was decided about."}
_NOT_FROM_HERE: Final = {409: "Its status does not allow this step; the detail says what does."}
_STEP: Final = {200: (Media, "The version as it is now.")}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/contents/{content_id}/media",
        list_media,
        tag="contents",
        summary="All versions of a content, the newest first",
        answers={200: (Page[Media], "All of them, on one page.")},
        problems=_NO_CONTENT,
    ),
    route(
        "POST",
        "/api/v1/contents/{content_id}/media",
        add_media,
        tag="contents",
        summary="A new version: of a finished upload, or of the address of a web page or an HLS stream",
        answers={201: (Media, "The version. The hub looks at a file by itself: see `processing`.")},
        problems=_NO_CONTENT,
    ),
    route(
        "PATCH",
        "/api/v1/contents/{content_id}/media",
        change_newest_media,
        tag="contents",
        summary="Change the newest version while it is a draft or rejected; what is left out stays",
        answers={200: (Media, "The version as it is now.")},
        problems=_NO_NEWEST | _DECIDED,
    ),
    route(
        "DELETE",
        "/api/v1/contents/{content_id}/media",
        delete_newest_media,
        tag="contents",
        summary="Delete the newest version while it is a draft or rejected",
        answers={204: (None, "It is gone.")},
        problems=_NO_NEWEST | _DECIDED,
    ),
    route(
        "GET",
        "/api/v1/media/{media_id}",
        get_media,
        tag="contents",
        summary="One version",
        answers={200: (Media, "The version.")},
        problems=_NO_VERSION,
    ),
    route(
        "GET",
        "/api/v1/media/{media_id}/usage",
        usage_of_media,
        tag="contents",
        summary="Which playlists have a version, and on how many of your screens it is",
        answers={200: (Usage, "Where it is.")},
        problems=_NO_VERSION,
    ),
    route(
        "GET",
        "/api/v1/approvals",
        list_approvals,
        tag="contents",
        summary="Versions that wait for a decision, the longest waiting first",
        answers={200: (Page[Media], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/media/{media_id}/submit",
        submit_media,
        tag="contents",
        summary="Ask for a version to be approved",
        answers=_STEP,
        problems=_NO_VERSION | _NOT_FROM_HERE,
    ),
    route(
        "POST",
        "/api/v1/media/{media_id}/withdraw",
        withdraw_media,
        tag="contents",
        summary="Take back what was submitted: it is a draft again",
        answers=_STEP,
        problems=_NO_VERSION | _NOT_FROM_HERE,
    ),
    route(
        "POST",
        "/api/v1/media/{media_id}/approve",
        approve_media,
        tag="contents",
        summary="Approve a version that somebody else made: playlists may have it",
        answers=_STEP,
        problems=_NO_VERSION | _NOT_FROM_HERE,
    ),
    route(
        "POST",
        "/api/v1/media/{media_id}/reject",
        reject_media,
        tag="contents",
        summary="Reject a version, and say why",
        answers=_STEP,
        problems=_NO_VERSION | _NOT_FROM_HERE,
    ),
    route(
        "POST",
        "/api/v1/media/{media_id}/retire",
        retire_media,
        tag="contents",
        summary="Retire an approved version: no screen shows it any more",
        answers=_STEP,
        problems=_NO_VERSION
        | {409: "It is not approved, or it is in use: the detail says where, even_if_used stops it there."},
    ),
)
