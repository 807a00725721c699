"""Whatever changes something leaves an entry in the audit log: every route, each in a tenant of its own.

What is compared is the tables, not the answer: a row that is another one afterwards needs an entry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, LiteralString

import pytest

from hub.api.app import ROUTES
from hub.api.route import Route
from protocol.vocabulary import RoleName
from tests.hub.api.conftest import Api, running_api
from tests.hub.tenants import PASSWORD, Tenant, add_person, make_system_tenant
from tests.isolation.occupied import Occupied, occupy, rows_of
from tests.isolation.test_routes import Ids, body_of, headers_of, path_of

_BODIES: Final[dict[str, dict[str, Any]]] = {
    "PATCH /api/v1/groups/{group_id}": {"name": "Another name"},
    "PATCH /api/v1/tenants/{tenant_id}": {"name": "Another name"},
    "POST /api/v1/users": {"email": "new@nobody.example"},
    "PUT /api/v1/users/{user_id}/roles": {"roles": ["VIEWER"]},
    "PUT /api/v1/groups/{group_id}/devices": {"device_ids": []},
    "PUT /api/v1/user-groups/{group_id}/members": {"user_ids": []},
    "PUT /api/v1/user-groups/{group_id}/features": {"features": []},
    "PUT /api/v1/sites/{site_id}/people": {"user_ids": []},
    "POST /api/v1/contents/{content_id}/media": {"url": "https://signs.example/"},
    "PATCH /api/v1/contents/{content_id}/media": {"note": "Another one"},
    "PATCH /api/v1/users/me": {"full_name": "Another name"},
    "POST /api/v1/users/me/password": {"old_password": PASSWORD, "new_password": "four words of my own"},
    "POST /api/v1/users/me/second-factor": {"password": PASSWORD},
    "POST /api/v1/users/me/recovery-codes": {"password": PASSWORD},
}
_STATUS_BEFORE: Final[dict[LiteralString, LiteralString]] = {
    "submit": "draft",
    "withdraw": "submitted",
    "approve": "submitted",
    "reject": "submitted",
}
# What must be so before there is something to change, of the user that all ask about.
_BEFORE: Final[dict[str, LiteralString]] = {
    "PUT /api/v1/sites/{site_id}/people": "UPDATE users SET all_sites = false WHERE id = %s",
    "DELETE /api/v1/sites/{site_id}": (
        "UPDATE devices SET site_id = NULL WHERE tenant_id = (SELECT tenant_id FROM users WHERE id = %s)"
    ),
    "POST /api/v1/tenants/{tenant_id}/resume": (
        "UPDATE tenants SET status = 'SUSPENDED' WHERE id = (SELECT tenant_id FROM users WHERE id = %s)"
    ),
    **{
        f"POST /api/v1/media/{{media_id}}/{step}": (
            f"UPDATE media SET status = '{status}'"
            " WHERE status = 'approved' AND tenant_id = (SELECT tenant_id FROM users WHERE id = %s)"
        )
        for step, status in _STATUS_BEFORE.items()
    },
    "POST /api/v1/users/{user_id}/activate": "UPDATE users SET is_active = false WHERE id = %s",
    "DELETE /api/v1/playlists/{playlist_id}": (
        "DELETE FROM schedule_entries WHERE tenant_id = (SELECT tenant_id FROM users WHERE id = %s)"
    ),
    # The other playlist in it was never published.
    "POST /api/v1/playlists/{playlist_id}/publish": (
        "DELETE FROM playlist_items WHERE nested_id IS NOT NULL"
        " AND tenant_id = (SELECT tenant_id FROM users WHERE id = %s)"
    ),
    **{
        f"POST /api/v1/playlists/{{playlist_id}}/canary/{what}": (
            "UPDATE playlists SET canary_number = 1, canary = '{\"fraction\": 0.5}'"
            " WHERE active_number = 1 AND tenant_id = (SELECT tenant_id FROM users WHERE id = %s)"
        )
        for what in ("promote", "withdraw")
    },
    "DELETE /api/v1/users/{user_id}/second-factor": (
        "UPDATE users SET totp_secret = 'sealed', totp_since = now() WHERE id = %s"
    ),
}
_CHANGE_NOTHING: Final = {
    "POST /api/v1/groups/preview",
    "POST /api/v1/emergencies/preview",
    "HEAD /api/v1/uploads/{upload_id}",
}
# What they need first is not there. Each has tests of its own.
_ELSEWHERE: Final = {
    "DELETE /api/v1/auth/sessions/{session_id}",
    "DELETE /api/v1/contents/{content_id}",
    "POST /api/v1/devices/{device_id}/approve",
    "POST /api/v1/emergencies/{emergency_id}/sign-off",
    "POST /api/v1/users/me/second-factor/confirm",
    "POST /api/v1/users/me/recovery-codes",
    "PATCH /api/v1/uploads/{upload_id}",
    "PUT /api/v1/playlists/{playlist_id}/items/order",
    "DELETE /api/v1/uploads/{upload_id}",
}


@pytest.fixture
def system(database_url: str) -> Tenant:
    return make_system_tenant(database_url)


@pytest.fixture
async def api(database_url: str, tmp_path: Path, system: Tenant) -> AsyncIterator[Api]:
    """The application, after the tenant SYSTEM was made."""
    async with running_api(database_url, tmp_path) as api:
        yield api


async def asked(api: Api, route: Route, it: Occupied, system: Tenant) -> list[str]:
    """The tables of the tenant in which something is not what it was."""
    name = f"{route.method} {route.path}"
    home, role = it.tenant, RoleName.TENANT_ADMIN
    if route.path.startswith("/api/v1/tenants"):
        home, role = system, RoleName.ROOT
    by = add_person(api.database_url, home, role)
    ids = Ids(it.ids | {"tenant_id": it.tenant.id})
    if name in _BEFORE:
        api.rows(_BEFORE[name], it.ids["user_id"])
    before = rows_of(api.database_url, home.id), rows_of(api.database_url, it.tenant.id)
    body = _BODIES.get(name, body_of(route, ids))
    await api.call(route.method, path_of(route, ids), body, by, **headers_of(route))
    after = rows_of(api.database_url, home.id), rows_of(api.database_url, it.tenant.id)
    return [
        table for was, now in zip(before, after, strict=True) for table in now if was[table] != now[table]
    ]


async def test_every_route_that_changes_something_leaves_an_entry(api: Api, system: Tenant) -> None:
    silent, unchanged = [], set()
    for number, route in enumerate(route for route in ROUTES if route.signed_in and route.method != "GET"):
        changed = await asked(api, route, occupy(api.database_url, f"House{number}"), system)
        if not changed:
            unchanged.add(f"{route.method} {route.path}")
        elif "audit_log" not in changed:
            silent.append(f"{route.method} {route.path} changes {', '.join(changed)}")
    assert silent == [], "\n".join(silent)
    assert unchanged == _CHANGE_NOTHING | _ELSEWHERE
