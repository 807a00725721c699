"""Who is in a group changes while an alert runs for it: the screens that come in are told at once."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
import trio

from hub.live.realtime import LiveSide
from hub.operator import Operator
from hub.permissions import PERMISSIONS
from hub.restore import Restore
from hub.use_cases.devices import Devices
from hub.use_cases.groups import Groups
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.live_state import LiveState
from persistence.transaction import Transaction
from protocol.api import DevicePatch, Scope
from protocol.places import GroupPatch, GroupRequest
from protocol.vocabulary import RoleName
from tests.hub.gateway.house import House
from tests.hub.live.scene import emergency
from tests.patience import PATIENCE_S
from tests.persistence.premises import Premises


@dataclass
class Home:
    """A tenant with three screens on floors 1 to 3, on the live side as a starting hub finds them."""

    house: House
    live: LiveSide
    groups: Groups
    devices: Devices
    operator: Operator
    database: Database
    ours: Premises

    @property
    def screens(self) -> list[str]:
        return self.ours.devices

    def alerted(self) -> list[int]:
        """On which floors screens must show an alert now."""
        floors = enumerate(self.screens, 1)
        return [floor for floor, device_id in floors if self.house.board.alerts_for(device_id)[1]]

    def groups_of(self, floor: int) -> tuple[str, ...]:
        screen = self.house.roster.get(self.screens[floor - 1])
        assert screen is not None
        return screen.groups


@pytest.fixture
async def home(database_url: str, hub_database_url: str) -> AsyncIterator[Home]:
    ours = Premises(database_url, "ours", devices=3)
    ours.run("UPDATE emergencies SET status = 'cleared' WHERE tenant_id = %s", ours.id)
    for floor, device_id in enumerate(ours.devices, 1):
        ours.run(
            "UPDATE devices SET tags = jsonb_build_object('floor', %s::text) WHERE id = %s",
            str(floor),
            device_id,
        )
    role = RoleName.TENANT_ADMIN
    operator = Operator(
        "00000000-0000-0000-0000-000000000001", ours.id, "ours", "op@x", (role,), PERMISSIONS[role]
    )
    async with Database(hub_database_url, pool_size=2) as database:
        house = House()
        restore = Restore(LiveState(database), house.roster)
        live = LiveSide(
            house.roster, house.fleet, house.board, house.feed, restore, DatabaseUnavailable, house.playlists
        )
        await restore.everything(house.board)

        def now() -> datetime:
            return datetime(2026, 1, 2, tzinfo=UTC)

        groups, devices = Groups(database, live, now), Devices(database, live, now)
        yield Home(house, live, groups, devices, operator, database, ours)


async def test_a_group_that_changes_takes_its_alert_along(home: Home) -> None:
    with trio.fail_after(PATIENCE_S):
        campus = await home.groups.add(home.operator, GroupRequest("Campus"))
        low = await home.groups.add(home.operator, GroupRequest("Low", tag_query="floor=1"))
        scope = Scope("groups", [campus.id])
        assert home.live.preview(home.operator.tenant_id, scope).targeted == 0
        await home.live.activate(emergency(scope=scope, tenant_id=home.operator.tenant_id))
        assert home.alerted() == []

        await home.groups.change(home.operator, low.id, GroupPatch(parent_id=campus.id))
        assert (home.alerted(), home.groups_of(1)) == ([1], ("Campus", "Low"))
        await home.groups.change(home.operator, low.id, GroupPatch(tag_query="floor=2"))
        assert home.groups_of(1) == () and home.groups_of(2) == ("Campus", "Low")
        assert home.alerted() == [1, 2], "who was told to show it is not forgotten"
        patch = DevicePatch(tags={"floor": "2"})
        await home.devices.change(home.operator, home.screens[2], patch)
        assert home.alerted() == [1, 2, 3], "tags of a screen put it in as well"


async def test_a_scope_reaches_whoever_is_in_the_group_at_that_moment(home: Home) -> None:
    with trio.fail_after(PATIENCE_S):
        group = await home.groups.add(home.operator, GroupRequest("Doors", tag_query="floor=3"))
        scope = Scope("groups", [group.id])
        await home.groups.put_devices(home.operator, group.id, [home.screens[0]])
        assert home.live.preview(home.operator.tenant_id, scope).targeted == 2
        assert home.live.names(home.operator.tenant_id, scope) == {group.id: "Doors"}
        await home.groups.change(home.operator, group.id, GroupPatch(name="Gates"))
        assert home.live.names(home.operator.tenant_id, scope) == {group.id: "Gates"}
        await home.groups.delete(home.operator, group.id)
        assert home.live.preview(home.operator.tenant_id, scope).targeted == 0


async def test_a_group_and_a_screens_tags_that_change_at_once_meet(home: Home) -> None:
    """The group waits for the screen: asked before, it would not know that its query finds it."""
    group = await home.groups.add(home.operator, GroupRequest("Moving", tag_query="floor=1"))
    moved = home.screens[2]
    entered, release, over = trio.Event(), threading.Event(), trio.Event()
    token = trio.lowlevel.current_trio_token()

    def change_slowly(tx: Transaction) -> None:
        tx.devices.get_locked(moved)
        tx.devices.change(moved, {"tags": {"floor": "7"}}, datetime(2026, 1, 2, tzinfo=UTC))
        token.run_sync_soon(entered.set)
        assert release.wait(20)

    async def change_group() -> None:
        await home.groups.change(home.operator, group.id, GroupPatch(tag_query="floor=7"))
        over.set()

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(home.database.transact, home.operator.tenant_id, change_slowly)
            await entered.wait()
            nursery.start_soon(change_group)
            while not over.is_set() and not home.ours.rows("SELECT FROM pg_locks WHERE NOT granted"):
                await trio.sleep(0.01)
            release.set()
    assert home.groups_of(3) == ("Moving",)
