"""The live side as the use cases see it: what was committed is felt, in its own tenant only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from hub.live.realtime import COMMANDS_PER_SLICE, DEVICES_PER_SLICE, LiveSide
from hub.live.roster import Screen
from hub.player_setup import framed
from hub.use_cases.realtime import EndedCommand, QueuedCommand
from protocol.api import Scope
from protocol.close_codes import CloseCode
from protocol.codec import decode_downlink, decode_operator_downlink
from protocol.frames import Command, Welcome
from protocol.live import Delta
from protocol.player import PlayerSettings
from protocol.vocabulary import CommandName, CommandStatus, DeviceStatus
from tests.hub.gateway.client import frame
from tests.hub.gateway.house import House
from tests.hub.live.scene import emergency

HELLO = b'{"type":"hello"}'
LATER = datetime(2090, 1, 1, tzinfo=UTC)


class Away(Exception):
    """The database does not answer."""


class Truth:
    """Fulfils `Truth`: what PostgreSQL would say."""

    def __init__(self) -> None:
        self.by_tenant: dict[str, dict[str, Screen]] = {"t1": {}, "t2": {}}
        self.is_away = False
        self.read_slowly: trio.Event | None = None
        self.asked: list[Sequence[str]] = []

    def put(
        self, device_id: str, tenant_id: str = "t1", status: DeviceStatus = DeviceStatus.APPROVED
    ) -> None:
        screen = Screen(device_id, tenant_id)
        screen.name, screen.status = f"Renamed {device_id}", status
        self.by_tenant[tenant_id][device_id] = screen

    async def screens(self, tenant_id: str, device_ids: Sequence[str]) -> list[Screen]:
        self.asked.append(device_ids)
        if self.is_away:
            raise Away
        found = [screen for key, screen in self.by_tenant[tenant_id].items() if key in device_ids]
        if self.read_slowly is not None:
            slowly, self.read_slowly = self.read_slowly, None
            await slowly.wait()
        return found


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def truth() -> Truth:
    return Truth()


@pytest.fixture
def live(house: House, truth: Truth) -> LiveSide:
    return LiveSide(house.roster, house.fleet, house.board, house.feed, truth, Away, house.playlists)


def command(device_id: str = "d1", command_id: str = "c1", tenant_id: str = "t1") -> QueuedCommand:
    return QueuedCommand(command_id, tenant_id, device_id, CommandName.PLAY, {}, LATER)


def ended(device_id: str = "d1", command_id: str = "c1") -> EndedCommand:
    return EndedCommand(
        command_id, "t1", device_id, CommandName.PLAY, CommandStatus.CANCELLED, "cancelled by op"
    )


async def test_devices_are_read_again_new_ones_appear_gone_ones_go(
    house: House, live: LiveSide, truth: Truth
) -> None:
    truth.put("d1")
    truth.put("new")
    await live.refresh_devices("t1", ["d1", "d2", "new", "never was"])
    names = {screen.id: screen.name for screen in house.roster.of_tenant("t1")}
    assert names == {"d1": "Renamed d1", "new": "Renamed new"}


async def test_devices_that_cannot_be_read_now_are_read_when_the_database_is_back(
    house: House, live: LiveSide, truth: Truth
) -> None:
    truth.put("d1")
    truth.is_away = True
    await live.refresh_devices("t1", ["d1"])
    await live.read_again()
    row = house.roster.get("d1")
    assert row is not None and row.name != "Renamed d1"
    truth.is_away = False
    await live.read_again()
    assert row.name == "Renamed d1"


async def test_many_devices_are_read_in_slices_and_those_that_fail_later(
    house: House, live: LiveSide, truth: Truth
) -> None:
    names = [f"s{number:04}" for number in range(2 * DEVICES_PER_SLICE + 1)]
    for name in names:
        truth.put(name)
    asked = truth.asked
    await live.refresh_devices("t1", names)
    assert [len(slice) for slice in asked] == [DEVICES_PER_SLICE, DEVICES_PER_SLICE, 1]
    assert house.roster.get(names[-1]) is not None

    asked.clear()
    truth.is_away = True
    await live.refresh_devices("t1", names)
    assert len(asked) == 1, "whoever is away is not asked again and again"
    truth.is_away = False
    await live.read_again()
    assert sorted(name for slice in asked[1:] for name in slice) == names


async def test_of_two_who_read_at_once_the_later_truth_stays(
    house: House, live: LiveSide, truth: Truth
) -> None:
    truth.put("d1", status=DeviceStatus.PENDING)
    truth.read_slowly = slowly = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(live.refresh_devices, "t1", ["d1"])
        await wait_all_tasks_blocked()
        truth.put("d1", status=DeviceStatus.APPROVED)
        nursery.start_soon(live.refresh_devices, "t1", ["d1"])
        await wait_all_tasks_blocked()
        slowly.set()
    row = house.roster.get("d1")
    assert row is not None and row.status is DeviceStatus.APPROVED


async def test_an_id_of_another_tenant_changes_and_shows_nothing(house: House, live: LiveSide) -> None:
    page = house.operator("t1")
    page.says(b'{"type":"resume"}')
    await live.refresh_devices("t1", ["x1"])
    house.feed.beat()
    assert house.roster.get("x1") is not None
    assert len(page.texts) == 1 and b"x1" not in page.texts[0]


async def test_a_screen_that_turns_out_to_be_revoked_is_cut_off(
    house: House, live: LiveSide, truth: Truth
) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    truth.is_away = True
    truth.put("d1", status=DeviceStatus.REVOKED)
    await live.refresh_devices("t1", ["d1"])
    house.work()
    assert screen.close_code is None
    truth.is_away = False
    await live.read_again()
    house.work()
    assert screen.close_code == CloseCode.TOKEN_REVOKED


async def test_a_screen_that_is_approved_during_an_emergency_gets_it_at_once(
    house: House, live: LiveSide, truth: Truth
) -> None:
    row = house.roster.get("d1")
    assert row is not None
    row.status = DeviceStatus.PENDING
    reach = await live.activate(emergency(tenant_id="t1"))
    assert (reach.targeted, reach.online, reach.offline) == (1, 0, 1)
    truth.put("d1")
    await live.refresh_devices("t1", ["d1"])
    screen = await house.screen("d1", then=frame(HELLO))
    assert b"fire!" in screen.texts[0]
    seen = live.in_force("t1", "fire")
    assert seen is not None and seen.as_emergency().targeted == 2


async def test_how_a_screen_is_set_up_is_told_at_once_to_one_that_takes_it(
    house: House, live: LiveSide, truth: Truth
) -> None:
    screen = await house.screen("d1", then=frame(b'{"type":"hello","settings_version":""}'))
    other = await house.screen("d2", then=frame(HELLO))
    for device_id in ("d1", "d2"):
        truth.put(device_id)
        truth.by_tenant["t1"][device_id].settings = framed(PlayerSettings(volume=20))
    await live.refresh_devices("t1", ["d1", "d2"])
    house.work()
    assert decode_downlink(screen.texts[-1]) == framed(PlayerSettings(volume=20))
    told = len(screen.texts)
    await live.refresh_devices("t1", ["d1"])
    house.work()
    assert len(screen.texts) == told, "it is the same as before"
    assert [type(decode_downlink(text)) for text in other.texts] == [Welcome]


async def test_a_command_goes_out_at_once_to_a_connected_screen(house: House, live: LiveSide) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    await live.commands_queued([command()])
    house.work()
    sent = decode_downlink(screen.texts[-1])
    assert isinstance(sent, Command) and sent.command_id == "c1"
    row = house.roster.get("d1")
    assert row is not None and row.pending_commands == 1


async def test_commands_for_a_screen_that_is_away_are_counted_until_they_end(
    house: House, live: LiveSide
) -> None:
    await live.commands_queued([*(command("d2", f"c{number}") for number in range(3)), command("nobody")])
    row = house.roster.get("d2")
    assert row is not None and row.pending_commands == 3
    await live.commands_ended([ended("d2", "c0"), ended("d2", "c1"), ended("nobody", "c9")])
    assert row.pending_commands == 1
    await live.commands_ended([ended("d2", "c2"), ended("d2", "c2")])
    assert row.pending_commands == 0
    await house.screen("d2", then=frame(HELLO))
    assert [reading.device_id for reading in house.loads] == ["d2"], "they are loaded when it is back"


async def test_a_command_that_ended_is_forgotten_by_its_screen_and_shown_to_the_pages(
    house: House, live: LiveSide
) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    page = house.operator("t1")
    page.says(b'{"type":"resume"}')
    await live.commands_queued([command(), command(command_id="c2")])
    house.work()
    await live.commands_ended([ended()])
    house.work()
    row = house.roster.get("d1")
    assert row is not None and row.pending_commands == 1
    house.feed.beat()
    delta = decode_operator_downlink(page.texts[-1])
    assert isinstance(delta, Delta)
    last = delta.commands[-1]
    assert (last.command_id, last.status, last.detail) == (
        "c1",
        CommandStatus.CANCELLED,
        "cancelled by op",
    )
    # What the screen still says of it changes nothing any more.
    screen.says(b'{"type":"receipt","command_id":"c1","status":"succeeded"}')
    house.feed.beat()
    delta = decode_operator_downlink(page.texts[-1])
    assert isinstance(delta, Delta)
    assert [change.command_id for change in delta.commands if change.status == "succeeded"] == []


async def test_a_command_that_its_actor_and_postgresql_both_let_expire_is_counted_once(
    house: House, live: LiveSide
) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    soon = datetime.fromtimestamp(house.wall_ms() / 1000 + 1, UTC)
    await live.commands_queued([command()._replace(expires_at=soon), command(command_id="c2")])
    house.work()
    row = house.roster.get("d1")
    assert row is not None and row.pending_commands == 2
    house.now_s += 2
    screen.says(b'{"type":"heartbeat","seq":1}')
    assert row.pending_commands == 1
    await live.commands_ended([ended()._replace(status=CommandStatus.EXPIRED)])
    house.work()
    assert row.pending_commands == 1


async def test_a_command_that_expired_before_the_screen_was_given_it_is_not_counted(
    house: House, live: LiveSide
) -> None:
    row = house.roster.get("d2")
    assert row is not None
    # So it was when the hub started. PostgreSQL had ended it when the token was looked up: nothing is loaded;
    # the word of it comes later.
    row.pending_commands = 1
    await house.screen("d2", then=frame(HELLO))
    await live.commands_ended([ended("d2")])
    house.work()
    assert row.pending_commands == 0


async def test_what_is_found_after_a_doubt_reaches_a_screen_once_and_what_ended_not_at_all(
    house: House, live: LiveSide
) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    await live.commands_queued([command()])
    house.work()
    screen.says(b'{"type":"receipt","command_id":"c1","status":"succeeded"}')
    reload = command(command_id="c2")._replace(command=CommandName.RELOAD_PLAYLIST, playlist_version=7)
    await live.commands_found([command(), reload, command("d2", "c3")], [ended(command_id="c4")])
    await live.commands_queued([command(command_id="c4")])
    house.work()
    sent = [decode_downlink(text) for text in screen.texts]
    sent_commands = [(each.command_id, each.args) for each in sent if isinstance(each, Command)]
    assert sent_commands == [("c1", {}), ("c2", {"playlist_version": 7})]
    away = house.roster.get("d2")
    assert away is not None and away.pending_commands == 0
    await house.screen("d2", then=frame(HELLO))
    assert [reading.device_id for reading in house.loads] == ["d2"]


async def test_a_playlist_to_be_loaded_again_is_wanted_before_the_command_is_sent(
    house: House, live: LiveSide
) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    reload = command()._replace(command=CommandName.RELOAD_PLAYLIST, playlist_version=7)
    away = reload._replace(id="c2", device_id="d2")
    await live.commands_queued([reload, away])
    house.work()
    sent = decode_downlink(screen.texts[-1])
    assert isinstance(sent, Command) and sent.args == {"playlist_version": 7}
    for device_id in ("d1", "d2"):
        row = house.roster.get(device_id)
        assert row is not None and row.playlist_version == 7


async def test_thousands_of_commands_are_told_in_slices_and_others_work_in_between(
    house: House, live: LiveSide
) -> None:
    turns = 0
    over = False

    async def others() -> None:
        nonlocal turns
        while not over:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        many = [command("d2", f"c{number}") for number in range(2_000)]
        await live.commands_queued(many)
        await live.commands_ended([ended("d2", each.id) for each in many])
        over = True
    assert turns >= 2 * 2_000 // COMMANDS_PER_SLICE - 2, "one after each slice"
    row = house.roster.get("d2")
    assert row is not None and row.pending_commands == 0


async def test_who_is_online_is_counted_by_name(house: House, live: LiveSide) -> None:
    await house.screen("d1", then=frame(HELLO))
    assert live.online(["d1", "d2", "nobody"]) == 1


async def test_another_tenant_cannot_clear_or_watch_an_emergency(house: House, live: LiveSide) -> None:
    await live.activate(emergency(tenant_id="t1"))
    await live.clear("t2", "fire", LATER, "them")
    assert live.in_force("t2", "fire") is None
    seen = live.in_force("t1", "fire")
    assert seen is not None and seen.as_emergency().cleared_at is None
    await live.clear("t1", "fire", LATER + timedelta(seconds=1), "op")
    seen = live.in_force("t1", "fire")
    assert seen is not None and seen.as_emergency().cleared_by == "op"


async def test_a_cut_closes_the_session_in_the_middle(house: House, live: LiveSide) -> None:
    screen = await house.screen("d1", then=frame(HELLO))
    live.cut("d1", CloseCode.TOKEN_REVOKED)
    house.work()
    assert screen.close_code == CloseCode.TOKEN_REVOKED


async def test_the_preview_counts_what_an_emergency_would_reach(house: House, live: LiveSide) -> None:
    await house.screen("d1", then=frame(HELLO))
    for scope in (Scope(), Scope("devices", ["d1", "d2", "x1"])):
        reach = live.preview("t1", scope)
        assert (reach.targeted, reach.online, reach.offline) == (2, 1, 1)
