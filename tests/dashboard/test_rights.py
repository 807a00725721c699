"""The pages offer what the hub says that one may, and nothing else."""

from __future__ import annotations

from dashboard.rights import (
    BULK_COMMANDS,
    changed,
    has_feature,
    may,
    may_everywhere,
    may_not,
    may_not_everywhere,
    may_not_send_to_many,
)
from hub.features import KNOWN_FEATURES
from protocol.vocabulary import Permission
from tests.dashboard.people import me


def test_one_may_what_the_hub_says_whatever_the_roles_are_called() -> None:
    somebody = me(Permission.COMMANDS_SEND, roles=["Night shift"])
    assert may(somebody, Permission.COMMANDS_SEND)
    assert not may(somebody, Permission.PEOPLE_MANAGE)
    assert may_not(somebody, Permission.COMMANDS_SEND) == ""


def test_who_may_not_is_told_why_and_whom_to_ask() -> None:
    assert may_not(me(), Permission.COMMANDS_SEND) == (
        "Your role (VIEWER) may not send commands to screens. Ask an administrator of your tenant."
    )
    two = me(roles=["VIEWER", "CONTENT_ADMIN"])
    assert may_not(two, Permission.SCREENS_EDIT).startswith("Your roles (VIEWER, CONTENT_ADMIN)")
    assert may_not(me(roles=[]), Permission.SCREENS_EDIT).startswith("You have no role")


def test_before_the_hub_has_said_who_it_is_nothing_is_offered_and_nothing_is_called_forbidden() -> None:
    assert not may(None, Permission.SCREENS_VIEW)
    assert not has_feature(None, "commands.bulk")
    assert "has not said yet" in may_not(None, Permission.SCREENS_VIEW)


def test_what_concerns_the_whole_tenant_is_not_for_who_is_limited_to_sites() -> None:
    limited = me(Permission.PEOPLE_MANAGE, sites=["site"])
    assert may(limited, Permission.PEOPLE_MANAGE)
    assert not may_everywhere(limited, Permission.PEOPLE_MANAGE)
    assert "limited to some sites" in may_not_everywhere(limited, Permission.PEOPLE_MANAGE)
    assert may_not_everywhere(me(Permission.PEOPLE_MANAGE), Permission.PEOPLE_MANAGE) == ""
    assert "may not manage people" in may_not_everywhere(me(), Permission.PEOPLE_MANAGE)


def test_a_feature_is_on_until_it_is_switched_off() -> None:
    assert has_feature(me(), "commands.bulk")
    assert not has_feature(me(features_off=["commands.bulk"]), "commands.bulk")


def test_to_many_is_a_feature_beside_the_permission() -> None:
    assert may_not_send_to_many(me(Permission.COMMANDS_SEND)) == ""
    assert "may not send" in may_not_send_to_many(me())
    without = me(Permission.COMMANDS_SEND, features_off=[BULK_COMMANDS])
    assert "commands.bulk is not switched on" in may_not_send_to_many(without)
    assert BULK_COMMANDS in KNOWN_FEATURES


def test_pages_are_drawn_anew_when_rights_change_and_not_when_they_come_in_another_order() -> None:
    one = me(Permission.SCREENS_VIEW, Permission.COMMANDS_SEND)
    same = me(Permission.COMMANDS_SEND, Permission.SCREENS_VIEW, roles=["renamed"])
    assert not changed(one, same)
    assert changed(one, me(Permission.SCREENS_VIEW))
    assert changed(one, me(Permission.SCREENS_VIEW, Permission.COMMANDS_SEND, sites=[]))
    assert changed(one, me(Permission.SCREENS_VIEW, Permission.COMMANDS_SEND, features_off=["x"]))
    assert changed(None, one)
