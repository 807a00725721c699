"""Which features are offered to whom: features, and groups of users."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import (
    Feature,
    FeatureRequest,
    GroupFeatureUpdate,
    GroupMembers,
    UserGroup,
    UserGroupRequest,
)
from protocol.api import Page


async def list_features(use_cases: UseCases, operator: Operator) -> Page[Feature]:
    return await use_cases.features.all(operator)


async def add_feature(use_cases: UseCases, operator: Operator, body: FeatureRequest) -> Feature:
    return await use_cases.features.create(operator, body)


async def change_feature(
    use_cases: UseCases, operator: Operator, feature_id: str, body: FeatureRequest
) -> Feature:
    return await use_cases.features.change(operator, feature_id, body)


async def delete_feature(use_cases: UseCases, operator: Operator, feature_id: str) -> None:
    await use_cases.features.delete(operator, feature_id)


async def list_user_groups(use_cases: UseCases, operator: Operator) -> Page[UserGroup]:
    return await use_cases.user_groups.all(operator)


async def add_user_group(use_cases: UseCases, operator: Operator, body: UserGroupRequest) -> UserGroup:
    return await use_cases.user_groups.create(operator, body.name)


async def rename_user_group(
    use_cases: UseCases, operator: Operator, group_id: str, body: UserGroupRequest
) -> UserGroup:
    return await use_cases.user_groups.rename(operator, group_id, body.name)


async def delete_user_group(use_cases: UseCases, operator: Operator, group_id: str) -> None:
    await use_cases.user_groups.delete(operator, group_id)


async def put_members_of_user_group(
    use_cases: UseCases, operator: Operator, group_id: str, body: GroupMembers
) -> UserGroup:
    return await use_cases.user_groups.put_members(operator, group_id, body.user_ids)


async def put_features_of_user_group(
    use_cases: UseCases, operator: Operator, group_id: str, body: GroupFeatureUpdate
) -> UserGroup:
    return await use_cases.user_groups.put_features(operator, group_id, body.features)


_NO_GROUP: Final = {404: "Your tenant has no such group of users."}
_NO_FEATURE: Final = {404: "Your tenant has named no such feature."}
_TAKEN: Final = "The name is taken."
_KEY_TAKEN: Final = "There is a feature of this key already."

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/features",
        list_features,
        tag="features",
        summary="The features that your tenant decides about; every other one is on for everybody",
        answers={200: (Page[Feature], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/features",
        add_feature,
        tag="features",
        summary="Decide about a feature: for everybody, or for the groups that are given it",
        answers={201: (Feature, "The feature.")},
        problems={409: _KEY_TAKEN},
    ),
    route(
        "PUT",
        "/api/v1/features/{feature_id}",
        change_feature,
        tag="features",
        summary="Change a feature",
        answers={200: (Feature, "The feature as it is now.")},
        problems={**_NO_FEATURE, 409: _KEY_TAKEN},
    ),
    route(
        "DELETE",
        "/api/v1/features/{feature_id}",
        delete_feature,
        tag="features",
        summary="Decide no more about a feature: it is on for everybody",
        answers={204: (None, "Deleted.")},
        problems=_NO_FEATURE,
    ),
    route(
        "GET",
        "/api/v1/user-groups",
        list_user_groups,
        tag="features",
        summary="All groups of users, with their people and features",
        answers={200: (Page[UserGroup], "All of them, on one page.")},
    ),
    route(
        "POST",
        "/api/v1/user-groups",
        add_user_group,
        tag="features",
        summary="A new group of users",
        answers={201: (UserGroup, "The group.")},
        problems={409: _TAKEN},
    ),
    route(
        "PUT",
        "/api/v1/user-groups/{group_id}",
        rename_user_group,
        tag="features",
        summary="Give a group of users another name",
        answers={200: (UserGroup, "The group as it is now.")},
        problems={**_NO_GROUP, 409: _TAKEN},
    ),
    route(
        "DELETE",
        "/api/v1/user-groups/{group_id}",
        delete_user_group,
        tag="features",
        summary="Delete a group of users; its people stay",
        answers={204: (None, "Deleted.")},
        problems=_NO_GROUP,
    ),
    route(
        "PUT",
        "/api/v1/user-groups/{group_id}/members",
        put_members_of_user_group,
        tag="features",
        summary="These people are in the group, and no others",
        answers={200: (UserGroup, "The group as it is now.")},
        problems=_NO_GROUP,
    ),
    route(
        "PUT",
        "/api/v1/user-groups/{group_id}/features",
        put_features_of_user_group,
        tag="features",
        summary="The group has these features, and no others",
        answers={200: (UserGroup, "The group as it is now.")},
        problems=_NO_GROUP,
    ),
)
