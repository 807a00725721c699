"""The people of a tenant: find, invite, change, let go; and their sessions, as administrators see them."""

from __future__ import annotations

from typing import Final

from hub.api.queries import UsersQuery
from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import RolesOfUser, SessionRow, UserCreate, UserCreated, UserPatch, UserRow
from protocol.api import Page


async def list_users(use_cases: UseCases, operator: Operator, query: UsersQuery) -> Page[UserRow]:
    return await use_cases.people.find(operator, query.q, query.cursor, query.limit)


async def add_user(use_cases: UseCases, operator: Operator, body: UserCreate) -> UserCreated:
    return await use_cases.people.create(operator, body)


async def get_user(use_cases: UseCases, operator: Operator, user_id: str) -> UserRow:
    return await use_cases.people.get(operator, user_id)


async def change_user(use_cases: UseCases, operator: Operator, user_id: str, body: UserPatch) -> UserRow:
    return await use_cases.people.change(operator, user_id, body)


async def delete_user(use_cases: UseCases, operator: Operator, user_id: str) -> None:
    await use_cases.people.delete(operator, user_id)


async def put_roles_of_user(
    use_cases: UseCases, operator: Operator, user_id: str, body: RolesOfUser
) -> UserRow:
    return await use_cases.people.put_roles(operator, user_id, body.roles)


async def activate_user(use_cases: UseCases, operator: Operator, user_id: str) -> UserRow:
    return await use_cases.people.change(operator, user_id, UserPatch(is_active=True))


async def deactivate_user(use_cases: UseCases, operator: Operator, user_id: str) -> UserRow:
    return await use_cases.people.change(operator, user_id, UserPatch(is_active=False))


async def list_sessions_of_user(use_cases: UseCases, operator: Operator, user_id: str) -> Page[SessionRow]:
    return await use_cases.people.sessions(operator, user_id)


async def end_sessions_of_user(use_cases: UseCases, operator: Operator, user_id: str) -> None:
    await use_cases.people.end_sessions(operator, user_id)


_NONE: Final = {404: "Your tenant has no such person."}
_LAST: Final = "It is the last person who can administer the tenant."

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/users",
        list_users,
        tag="people",
        summary="The people of your tenant, in the order of their addresses",
        answers={200: (Page[UserRow], "One page.")},
    ),
    route(
        "POST",
        "/api/v1/users",
        add_user,
        tag="people",
        summary="A new person; without a password they are invited by a one-time link",
        answers={201: (UserCreated, "The person, and the link if it was not mailed.")},
        problems={409: "The address is taken."},
    ),
    route(
        "GET",
        "/api/v1/users/{user_id}",
        get_user,
        tag="people",
        summary="One person",
        answers={200: (UserRow, "The person.")},
        problems=_NONE,
    ),
    route(
        "PATCH",
        "/api/v1/users/{user_id}",
        change_user,
        tag="people",
        summary="Change address, name, sites, or whether they may sign in; what is left out stays",
        answers={200: (UserRow, "The person as they are now.")},
        problems={**_NONE, 409: f"The address is taken. {_LAST}"},
    ),
    route(
        "DELETE",
        "/api/v1/users/{user_id}",
        delete_user,
        tag="people",
        summary="Delete a person; what they did keeps their name",
        answers={204: (None, "Deleted.")},
        problems={**_NONE, 409: _LAST},
    ),
    route(
        "PUT",
        "/api/v1/users/{user_id}/roles",
        put_roles_of_user,
        tag="people",
        summary="Give a person these roles, and no others",
        answers={200: (UserRow, "The person as they are now.")},
        problems={**_NONE, 409: _LAST},
    ),
    route(
        "POST",
        "/api/v1/users/{user_id}/activate",
        activate_user,
        tag="people",
        summary="Let a person sign in again",
        answers={200: (UserRow, "The person as they are now.")},
        problems=_NONE,
    ),
    route(
        "POST",
        "/api/v1/users/{user_id}/deactivate",
        deactivate_user,
        tag="people",
        summary="Sign a person out everywhere, and let them in no more",
        answers={200: (UserRow, "The person as they are now.")},
        problems={**_NONE, 409: _LAST},
    ),
    route(
        "GET",
        "/api/v1/users/{user_id}/sessions",
        list_sessions_of_user,
        tag="people",
        summary="Where a person is signed in",
        answers={200: (Page[SessionRow], "All of them, on one page.")},
        problems=_NONE,
    ),
    route(
        "DELETE",
        "/api/v1/users/{user_id}/sessions",
        end_sessions_of_user,
        tag="people",
        summary="Sign a person out everywhere",
        answers={204: (None, "None of their sessions is good any more.")},
        problems=_NONE,
    ),
)
