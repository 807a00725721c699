"""The people of a tenant, their roles, groups and features, as the hub's API has them."""

from __future__ import annotations

from dashboard.hub_http import HubHttp, Ignored
from protocol.access import (
    Feature,
    FeatureRequest,
    GroupFeatureUpdate,
    GroupMembers,
    OneTimeLink,
    RoleRequest,
    RoleRow,
    RolesOfUser,
    SessionRow,
    UserCreate,
    UserCreated,
    UserGroup,
    UserGroupRequest,
    UserPatch,
    UserRow,
)
from protocol.api import Page


class HubPeople:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def everybody(self) -> list[UserRow]:
        return await self._http.every("/users", UserRow)

    async def person(self, user_id: str) -> UserRow:
        return await self._http.get(f"/users/{user_id}", UserRow)

    async def add(self, request: UserCreate) -> UserCreated:
        return await self._http.post("/users", UserCreated, request)

    async def change(self, user_id: str, patch: UserPatch) -> UserRow:
        return await self._http.ask("PATCH", f"/users/{user_id}", UserRow, patch)

    async def give_roles(self, user_id: str, roles: list[str]) -> UserRow:
        return await self._http.ask("PUT", f"/users/{user_id}/roles", UserRow, RolesOfUser(roles))

    async def activate(self, user_id: str) -> None:
        await self._http.post(f"/users/{user_id}/activate", Ignored)

    async def deactivate(self, user_id: str) -> None:
        """Ends their sessions at once."""
        await self._http.post(f"/users/{user_id}/deactivate", Ignored)

    async def remove(self, user_id: str) -> None:
        await self._http.ask("DELETE", f"/users/{user_id}", Ignored)

    async def reset_link(self, user_id: str) -> OneTimeLink:
        return await self._http.post(f"/users/{user_id}/reset-link", OneTimeLink)

    async def drop_second_factor(self, user_id: str) -> None:
        await self._http.ask("DELETE", f"/users/{user_id}/second-factor", Ignored)

    async def sessions(self, user_id: str) -> list[SessionRow]:
        return (await self._http.get(f"/users/{user_id}/sessions", Page[SessionRow])).items

    async def end_sessions(self, user_id: str) -> None:
        await self._http.ask("DELETE", f"/users/{user_id}/sessions", Ignored)

    # ---- roles ----

    async def roles(self) -> list[RoleRow]:
        return (await self._http.get("/roles", Page[RoleRow])).items

    async def add_role(self, request: RoleRequest) -> RoleRow:
        return await self._http.post("/roles", RoleRow, request)

    async def change_role(self, role_id: str, request: RoleRequest) -> RoleRow:
        return await self._http.ask("PUT", f"/roles/{role_id}", RoleRow, request)

    async def remove_role(self, role_id: str) -> None:
        await self._http.ask("DELETE", f"/roles/{role_id}", Ignored)

    # ---- groups of people, and the features they have ----

    async def groups(self) -> list[UserGroup]:
        return (await self._http.get("/user-groups", Page[UserGroup])).items

    async def add_group(self, name: str) -> UserGroup:
        return await self._http.post("/user-groups", UserGroup, UserGroupRequest(name))

    async def rename_group(self, group_id: str, name: str) -> UserGroup:
        return await self._http.ask("PUT", f"/user-groups/{group_id}", UserGroup, UserGroupRequest(name))

    async def remove_group(self, group_id: str) -> None:
        await self._http.ask("DELETE", f"/user-groups/{group_id}", Ignored)

    async def set_members(self, group_id: str, user_ids: list[str]) -> UserGroup:
        return await self._http.ask(
            "PUT", f"/user-groups/{group_id}/members", UserGroup, GroupMembers(user_ids)
        )

    async def set_group_features(self, group_id: str, features: list[str]) -> UserGroup:
        return await self._http.ask(
            "PUT", f"/user-groups/{group_id}/features", UserGroup, GroupFeatureUpdate(features)
        )

    async def features(self) -> list[Feature]:
        return (await self._http.get("/features", Page[Feature])).items

    async def add_feature(self, request: FeatureRequest) -> Feature:
        return await self._http.post("/features", Feature, request)

    async def change_feature(self, feature_id: str, request: FeatureRequest) -> Feature:
        return await self._http.ask("PUT", f"/features/{feature_id}", Feature, request)

    async def remove_feature(self, feature_id: str) -> None:
        await self._http.ask("DELETE", f"/features/{feature_id}", Ignored)
