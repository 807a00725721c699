"""Contents, and the rules that hold for them."""

from __future__ import annotations

from typing import Final

from hub.api.queries import ContentsQuery
from hub.api.route import Answer, route
from hub.operator import Operator
from hub.use_cases.content_ports import ContentFilter
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.contents import Content, ContentFacets, ContentPatch, ContentRequest, ContentRules


async def list_contents(use_cases: UseCases, operator: Operator, query: ContentsQuery) -> Page[Content]:
    wanted = ContentFilter(query.q, query.tag, query.category, query.kind, query.status)
    return await use_cases.contents.find(
        operator, wanted, order=query.order, cursor=query.cursor, limit=query.limit
    )


async def add_content(use_cases: UseCases, operator: Operator, body: ContentRequest) -> Answer:
    return _tagged(await use_cases.contents.add(operator, body), 201)


async def facets_of_contents(use_cases: UseCases, operator: Operator) -> ContentFacets:
    return await use_cases.contents.facets(operator)


async def get_content(use_cases: UseCases, operator: Operator, content_id: str) -> Answer:
    return _tagged(await use_cases.contents.get(operator, content_id))


async def change_content(
    use_cases: UseCases, operator: Operator, content_id: str, body: ContentPatch, if_match: int | None
) -> Answer:
    return _tagged(await use_cases.contents.change(operator, content_id, body, if_match))


async def delete_content(use_cases: UseCases, operator: Operator, content_id: str) -> None:
    await use_cases.contents.delete(operator, content_id)


async def get_content_rules(use_cases: UseCases, operator: Operator) -> ContentRules:
    return await use_cases.contents.rules(operator)


async def put_content_rules(use_cases: UseCases, operator: Operator, body: ContentRules) -> ContentRules:
    return await use_cases.contents.put_rules(operator, body)


def _tagged(content: Content, status: int = 200) -> Answer:
    return Answer(content, status, {"ETag": f'"{content.revision}"'})


_NO_CONTENT: Final = {404: "Your tenant has no such content."}
_NAME: Final = {409: "The name is taken."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/contents",
        list_contents,
        tag="contents",
        summary="Contents that fit, each with its newest and its newest approved version",
        answers={200: (Page[Content], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/contents",
        add_content,
        tag="contents",
        summary="A new content, without a version yet",
        answers={201: (Content, "The content; its revision is the ETag.")},
        problems=_NAME,
    ),
    route(
        "GET",
        "/api/v1/contents/facets",
        facets_of_contents,
        tag="contents",
        summary="Tags and categories in use, the most frequent first",
        answers={200: (ContentFacets, "The first 200 of each.")},
    ),
    route(
        "GET",
        "/api/v1/contents/{content_id}",
        get_content,
        tag="contents",
        summary="One content",
        answers={200: (Content, "The content; its revision is the ETag.")},
        problems=_NO_CONTENT,
    ),
    route(
        "PATCH",
        "/api/v1/contents/{content_id}",
        change_content,
        tag="contents",
        summary="Change what is said of a content; what is left out stays",
        answers={200: (Content, "The content as it is now; its revision is the ETag.")},
        problems=_NO_CONTENT | _NAME | {412: "It was changed since the revision that If-Match names."},
    ),
    route(
        "DELETE",
        "/api/v1/contents/{content_id}",
        delete_content,
        tag="contents",
        summary="Delete a content that no playlist has, with all of its versions",
        answers={204: (None, "It is gone.")},
        problems=_NO_CONTENT | {409: "A playlist has one of its versions; the detail says which."},
    ),
    route(
        "GET",
        "/api/v1/content-rules",
        get_content_rules,
        tag="contents",
        summary="What holds for the contents of your tenant",
        answers={200: (ContentRules, "The rules.")},
    ),
    route(
        "PUT",
        "/api/v1/content-rules",
        put_content_rules,
        tag="contents",
        summary="Change what holds for the contents of your tenant",
        answers={200: (ContentRules, "The rules as they are now.")},
    ),
)
