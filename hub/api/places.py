"""Sites, groups of screens, and tags."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.places import (
    Group,
    GroupDevices,
    GroupPatch,
    GroupRequest,
    Site,
    SitePatch,
    SitePeople,
    SiteRequest,
    TagInUse,
    TagQueryPreview,
    TagQueryRequest,
)

# ---- sites ----


async def list_sites(use_cases: UseCases, operator: Operator) -> Page[Site]:
    return await use_cases.sites.all(operator)


async def add_site(use_cases: UseCases, operator: Operator, body: SiteRequest) -> Site:
    return await use_cases.sites.add(operator, body)


async def get_site(use_cases: UseCases, operator: Operator, site_id: str) -> Site:
    return await use_cases.sites.get(operator, site_id)


async def change_site(use_cases: UseCases, operator: Operator, site_id: str, body: SitePatch) -> Site:
    return await use_cases.sites.change(operator, site_id, body)


async def delete_site(use_cases: UseCases, operator: Operator, site_id: str) -> None:
    await use_cases.sites.delete(operator, site_id)


async def people_of_site(use_cases: UseCases, operator: Operator, site_id: str) -> SitePeople:
    return await use_cases.sites.people(operator, site_id)


async def put_people_of_site(
    use_cases: UseCases, operator: Operator, site_id: str, body: SitePeople
) -> SitePeople:
    return await use_cases.sites.put_people(operator, site_id, body.user_ids)


# ---- groups ----


async def list_groups(use_cases: UseCases, operator: Operator) -> Page[Group]:
    return await use_cases.groups.all(operator)


async def add_group(use_cases: UseCases, operator: Operator, body: GroupRequest) -> Group:
    return await use_cases.groups.add(operator, body)


async def preview_group(use_cases: UseCases, operator: Operator, body: TagQueryRequest) -> TagQueryPreview:
    return await use_cases.groups.preview(operator, body.tag_query)


async def get_group(use_cases: UseCases, operator: Operator, group_id: str) -> Group:
    return await use_cases.groups.get(operator, group_id)


async def change_group(use_cases: UseCases, operator: Operator, group_id: str, body: GroupPatch) -> Group:
    return await use_cases.groups.change(operator, group_id, body)


async def delete_group(use_cases: UseCases, operator: Operator, group_id: str) -> None:
    await use_cases.groups.delete(operator, group_id)


async def devices_of_group(use_cases: UseCases, operator: Operator, group_id: str) -> GroupDevices:
    return await use_cases.groups.devices(operator, group_id)


async def put_devices_of_group(
    use_cases: UseCases, operator: Operator, group_id: str, body: GroupDevices
) -> GroupDevices:
    return await use_cases.groups.put_devices(operator, group_id, body.device_ids)


# ---- tags ----


async def list_tags(use_cases: UseCases, operator: Operator) -> Page[TagInUse]:
    return await use_cases.groups.tags(operator)


_NO_SITE: Final = {404: "Your tenant has no such site, or it is none of yours."}
_NO_GROUP: Final = {404: "Your tenant has no such group."}
_NAME: Final = {409: "The name is taken."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/sites",
        list_sites,
        tag="places",
        summary="All sites, with the number of approved devices in each",
        answers={200: (Page[Site], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/sites",
        add_site,
        tag="places",
        summary="A new site",
        answers={201: (Site, "The site.")},
        problems=_NAME,
    ),
    route(
        "GET",
        "/api/v1/sites/{site_id}",
        get_site,
        tag="places",
        summary="One site",
        answers={200: (Site, "The site.")},
        problems=_NO_SITE,
    ),
    route(
        "PATCH",
        "/api/v1/sites/{site_id}",
        change_site,
        tag="places",
        summary="Change what is said of a site; what is left out stays",
        answers={200: (Site, "The site as it is now.")},
        problems=_NO_SITE | _NAME,
    ),
    route(
        "DELETE",
        "/api/v1/sites/{site_id}",
        delete_site,
        tag="places",
        summary="Delete a site in which there are no screens",
        answers={204: (None, "It is gone.")},
        problems=_NO_SITE | {409: "There are screens in it."},
    ),
    route(
        "GET",
        "/api/v1/sites/{site_id}/people",
        people_of_site,
        tag="places",
        summary="Who is limited to sites, and has this one",
        answers={200: (SitePeople, "All of them.")},
        problems=_NO_SITE,
    ),
    route(
        "PUT",
        "/api/v1/sites/{site_id}/people",
        put_people_of_site,
        tag="places",
        summary="Give the site to these people who are limited to sites, and to no others",
        answers={200: (SitePeople, "All of them.")},
        problems=_NO_SITE,
    ),
    route(
        "GET",
        "/api/v1/groups",
        list_groups,
        tag="places",
        summary="All groups of screens, with the number of approved devices that each reaches",
        answers={200: (Page[Group], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/groups",
        add_group,
        tag="places",
        summary="A new group: of screens put into it, of groups below it, of those whose tags fit",
        answers={201: (Group, "The group.")},
        problems={409: "The name is taken, or there are too many groups with a tag query."},
    ),
    route(
        "POST",
        "/api/v1/groups/preview",
        preview_group,
        tag="places",
        summary="How many screens a tag query finds now",
        answers={200: (TagQueryPreview, "How many, and the first of them by name.")},
    ),
    route(
        "GET",
        "/api/v1/groups/{group_id}",
        get_group,
        tag="places",
        summary="One group",
        answers={200: (Group, "The group.")},
        problems=_NO_GROUP,
    ),
    route(
        "PATCH",
        "/api/v1/groups/{group_id}",
        change_group,
        tag="places",
        summary="Change name, place or tag query of a group; what is left out stays",
        answers={200: (Group, "The group as it is now.")},
        problems=_NO_GROUP | {409: "The name is taken, or there are too many groups with a tag query."},
    ),
    route(
        "DELETE",
        "/api/v1/groups/{group_id}",
        delete_group,
        tag="places",
        summary="Delete a group; those below it move up",
        answers={204: (None, "It is gone.")},
        problems=_NO_GROUP,
    ),
    route(
        "GET",
        "/api/v1/groups/{group_id}/devices",
        devices_of_group,
        tag="places",
        summary="The screens that were put into a group by hand",
        answers={200: (GroupDevices, "All of them, in the order of their names.")},
        problems=_NO_GROUP,
    ),
    route(
        "PUT",
        "/api/v1/groups/{group_id}/devices",
        put_devices_of_group,
        tag="places",
        summary="Put these screens into a group by hand, and no others",
        answers={200: (GroupDevices, "All of them, in the order of their names.")},
        problems=_NO_GROUP,
    ),
    route(
        "GET",
        "/api/v1/tags",
        list_tags,
        tag="places",
        summary="The tags of approved screens, the most frequent first",
        answers={200: (Page[TagInUse], "The first 200 keys, each with its first 100 values.")},
    ),
)
