"""Sites and groups."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.api import Page
from protocol.places import Place, PlaceRequest


async def list_sites(use_cases: UseCases, operator: Operator) -> Page[Place]:
    return await use_cases.sites.all(operator)


async def add_site(use_cases: UseCases, operator: Operator, body: PlaceRequest) -> Place:
    return await use_cases.sites.add(operator, body.name)


async def list_groups(use_cases: UseCases, operator: Operator) -> Page[Place]:
    return await use_cases.groups.all(operator)


async def add_group(use_cases: UseCases, operator: Operator, body: PlaceRequest) -> Place:
    return await use_cases.groups.add(operator, body.name)


ROUTES: Final = (
    route(
        "GET",
        "/api/v1/sites",
        list_sites,
        tag="places",
        summary="All sites, with the number of approved devices in each",
        answers={200: (Page[Place], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/sites",
        add_site,
        tag="places",
        summary="A new site",
        answers={201: (Place, "The site.")},
        problems={409: "The name is taken."},
    ),
    route(
        "GET",
        "/api/v1/groups",
        list_groups,
        tag="places",
        summary="All groups, with the number of approved devices in each",
        answers={200: (Page[Place], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/groups",
        add_group,
        tag="places",
        summary="A new group",
        answers={201: (Place, "The group.")},
        problems={409: "The name is taken."},
    ),
)
