"""The pages offer what the hub allows, and nothing else."""

from __future__ import annotations

from dashboard.roles import RIGHTS, Right, may, may_not
from hub.permissions import PERMISSIONS
from protocol.vocabulary import Permission, RoleName


def test_a_role_has_a_right_here_exactly_when_the_hub_gives_it_the_permission() -> None:
    for right in Right:
        permission = Permission[right.name]
        assert right.value == permission.value
        for role in RoleName:
            assert (right in RIGHTS[role]) == (permission in PERMISSIONS[role]), (role, right)


def test_one_role_that_gives_a_right_is_enough_and_an_unknown_one_gives_none() -> None:
    assert may(["VIEWER", "DEVICE_ADMIN"], Right.COMMAND)
    assert not may(["VIEWER", "INVENTED_LATER"], Right.COMMAND)


def test_who_may_not_is_told_why_and_whom_to_ask() -> None:
    assert may_not(["VIEWER"], Right.COMMAND) == (
        "Your role (VIEWER) may not send commands to screens. Ask an administrator of your tenant."
    )
    assert may_not(["VIEWER", "CONTENT_ADMIN"], Right.EDIT).startswith("Your roles (VIEWER, CONTENT_ADMIN)")
