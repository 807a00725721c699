"""Open commands are read for many screens at a time, again until they are there; a fault is one screen's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
import trio

from actors.device.fleet import Reading
from hub import open_commands as page
from hub.open_commands import OpenCommands
from hub.restore import Restore
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.live_state import CommandRecord, LiveState
from protocol.frames import Hello
from protocol.vocabulary import PresenceReason
from tests.actors.device.world import RecordingLink
from tests.hub.gateway.house import House
from tests.patience import PATIENCE_S
from tests.persistence.premises import Premises

Questions = list[list[str]]


@dataclass
class Scene:
    """A fleet that loads from PostgreSQL. `asked`: the screens of each question; `failures` come first."""

    house: House
    state: LiveState
    asked: Questions = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    links: dict[str, RecordingLink] = field(default_factory=dict)

    async def open_commands(self, tenant_id: str, device_ids: Sequence[str]) -> list[CommandRecord]:
        self.asked.append(sorted(device_ids))
        if self.failures:
            raise self.failures.pop()
        if not self.unreadable.isdisjoint(device_ids):
            raise ValueError("a row that nobody foresaw")
        return await LiveState.open_commands(self.state, tenant_id, device_ids)

    def hello(self, device_id: str) -> RecordingLink:
        link = self.links[device_id] = RecordingLink(epoch=1_000 + len(self.links))
        self.house.fleet.connected(
            device_id, "Lobby", link, Hello(), has_open_commands=True, looked_up_s=self.house.now_s
        )
        return link

    async def until_sent(self, *device_ids: str) -> None:
        with trio.fail_after(PATIENCE_S):
            while not all(self.links[device_id].command_ids for device_id in device_ids):
                self.house.work()
                await trio.sleep(0.01)


@pytest.fixture
def ours(database_url: str) -> Premises:
    """Three screens with one open command each."""
    ours = Premises(database_url, "ours", devices=3)
    ours.run(
        "INSERT INTO commands (id, tenant_id, device_id, command, expires_at) SELECT gen_random_uuid(), "
        "tenant_id, id, 'ping', now() + interval '1 hour' FROM devices WHERE id <> %s",
        ours.devices[0],
    )
    return ours


@pytest.fixture
async def scene(
    hub_database_url: str, ours: Premises, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Scene]:
    for name in ("AGAIN_AFTER_S", "AGAIN_AFTER_FAULT_S"):
        monkeypatch.setattr(page, name, 0.01)
    async with Database(hub_database_url, pool_size=2) as database:
        house, state = House(), LiveState(database)
        await Restore(state, house.roster).everything(house.board)
        scene = Scene(house, state)
        monkeypatch.setattr(state, "open_commands", scene.open_commands)
        loader = OpenCommands(state, house.roster, nursery)
        loader.connect(house.fleet)
        monkeypatch.setattr(house, "load_pending", loader.load_pending)
        yield scene


async def test_screens_that_come_at_once_cost_one_query_for_each_full_batch(
    scene: Scene, ours: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "SCREENS_AT_ONCE", 2)
    for device_id in ours.devices:
        scene.hello(device_id)
    await scene.until_sent(*ours.devices)
    assert [len(question) for question in scene.asked] == [2, 1]
    assert {len(link.command_ids) for link in scene.links.values()} == {1}
    assert scene.links[ours.devices[0]].command_ids == [ours.command_id]


async def test_open_commands_are_loaded_even_if_postgresql_needs_a_while(
    scene: Scene, ours: Premises
) -> None:
    scene.failures += [DatabaseUnavailable("no connection")] * 2
    scene.hello(ours.devices[0])
    await scene.until_sent(ours.devices[0])
    assert len(scene.asked) == 3


async def test_a_screen_that_leaves_before_postgresql_answers_gets_its_commands_when_it_is_back(
    scene: Scene, ours: Premises, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up: list[Reading] = []
    monkeypatch.setattr(scene.house.fleet, "not_loaded", given_up.append)
    scene.failures.append(DatabaseUnavailable("no connection"))
    device_id = ours.devices[0]
    link = scene.hello(device_id)
    scene.house.fleet.disconnected(device_id, link, PresenceReason.NETWORK_CLOSED)
    scene.house.work()
    with trio.fail_after(PATIENCE_S):
        while not given_up:
            await trio.sleep(0.01)
    assert [reading.device_id for reading in given_up] == [device_id]


async def test_a_fault_in_loading_the_commands_of_one_screen_harms_nobody_and_is_tried_again(
    scene: Scene, ours: Premises, caplog: pytest.LogCaptureFixture
) -> None:
    broken, *others = ours.devices
    scene.unreadable.add(broken)
    for device_id in ours.devices:
        scene.hello(device_id)
    await scene.until_sent(*others)
    assert not scene.links[broken].command_ids and f"open commands of {broken}" in caplog.text

    scene.unreadable.clear()
    await scene.until_sent(broken)
    assert scene.links[broken].command_ids == [ours.command_id]


async def test_a_screen_that_the_roster_does_not_know_any_more_has_none(scene: Scene, ours: Premises) -> None:
    gone, here = ours.devices[:2]
    scene.house.roster.remove(gone)
    scene.hello(gone)
    scene.hello(here)
    await scene.until_sent(here)
    assert scene.asked == [[here]] and not scene.links[gone].command_ids
