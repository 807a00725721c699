"""People as the hub tells of them, for tests without a hub."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from protocol.access import Me, RoleRow, TokenPair, UserRow
from protocol.vocabulary import Permission


def me(
    *permissions: Permission,
    roles: Iterable[str] = ("VIEWER",),
    sites: list[str] | None = None,
    features_off: Iterable[str] = (),
) -> Me:
    return Me(
        user_id="u",
        tenant_id="t",
        tenant_name="Hospital",
        email="a@b.c",
        full_name="",
        roles=list(roles),
        permissions=list(permissions),
        sites=sites,
        features_off=list(features_off),
        second_factor=False,
        weak_password=False,
        acts_from=None,
        session_id="s",
    )


def person(email: str = "a@b.c", *, roles: Iterable[str] = (), **more: object) -> UserRow:
    fields: dict[str, object] = {
        "id": email,
        "email": email,
        "full_name": "",
        "is_active": True,
        "roles": list(roles),
        "sites": None,
        "groups": [],
        "second_factor": False,
        "invited": False,
        "last_login_at": None,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return UserRow(**(fields | more))  # type: ignore[arg-type]


def role(name: str, *permissions: Permission, custom: bool = False) -> RoleRow:
    return RoleRow(name, name, "", custom, list(permissions), 1)


def pair(number: int = 1, *, expires_in: int = 600, refresh_expires_in: int = 3600) -> TokenPair:
    """The tokens that came `number`th."""
    return TokenPair(
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        token_type="Bearer",
        expires_in=expires_in,
        refresh_expires_in=refresh_expires_in,
        session_id="s",
        user_id="u",
        tenant_id="t",
        tenant_name="Hospital",
        email="a@b.c",
        roles=["VIEWER"],
    )
