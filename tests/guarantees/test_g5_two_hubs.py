"""G5: at most one session of a screen can write; an older one is refused, in PostgreSQL too.

Two real hubs on one database, which nobody should have, and the worst that can come of it: the first is
stopped in the middle (SIGSTOP: a machine that sleeps) while its screen goes over to the second, and wakes up
believing that it still has the screen.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from persistence.owner import connect_as_owner
from protocol.close_codes import CloseCode
from protocol.codec import decode_downlink, encode
from protocol.frames import Downlink, Goodbye, Heartbeat, Hello, Playback, Uplink, Welcome
from protocol.vocabulary import SUBPROTOCOL, PlaybackState
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S
from tests.persistence.premises import Premises

INTERVAL_S = 2.0
SETTINGS = {"CLARION_HEARTBEAT_INTERVAL_S": str(INTERVAL_S)}


class Hubs:
    """Two hubs that both run, and one device, made through the first."""

    def __init__(self, owner_url: str, first: HubProcess, second: HubProcess) -> None:
        self.owner_url, self.first, self.second = owner_url, first, second
        ((self.device_id, self.token),) = first.provision(1).items()

    def row(self) -> dict[str, Any]:
        """What PostgreSQL has of the device."""
        names = ("presence", "presence_reason", "session_epoch", "playback", "now_playing")
        with connect_as_owner(self.owner_url) as connection:
            found = connection.execute(
                f"SELECT {', '.join(names)} FROM devices WHERE id = %s".encode(), (self.device_id,)
            ).fetchone()
        assert found is not None
        return dict(zip(names, found, strict=True))

    @asynccontextmanager
    async def screen_on(self, hub: HubProcess) -> AsyncIterator[Screen]:
        """The device, connected to this hub, welcome there."""
        url = f"{hub.websocket_url}/api/v1/ws/device"
        bearer = [(b"Authorization", f"Bearer {self.token}".encode())]
        async with open_websocket_url(url, subprotocols=[SUBPROTOCOL], extra_headers=bearer) as socket:
            screen = Screen(socket)
            await screen.says(Hello(player_version="two hubs"))
            assert isinstance(await screen.hears(), Welcome)
            yield screen


class Screen:
    """One connection of the device."""

    def __init__(self, socket: WebSocketConnection) -> None:
        self.socket = socket

    async def says(self, frame: Uplink) -> None:
        await self.socket.send_message(encode(frame).decode())

    async def plays(self, item: str, seq: int = 1) -> None:
        """A heartbeat that the hub has to write down."""
        await self.says(Heartbeat(seq, 1, Playback(PlaybackState.PLAYING, item)))

    async def hears(self) -> Downlink:
        message = await self.socket.get_message()
        assert isinstance(message, str)
        return decode_downlink(message.encode())

    async def hears_until_the_end(self) -> tuple[Goodbye, int]:
        """The hub's goodbye and its close code."""
        goodbye: Downlink | None = None
        try:
            while True:
                goodbye = await self.hears()
        except ConnectionClosed as closed:
            assert isinstance(goodbye, Goodbye) and closed.reason is not None
            return goodbye, closed.reason.code

    async def beats_for_ever(self) -> None:
        while True:
            await self.says(Heartbeat(1, 1))
            await trio.sleep(INTERVAL_S / 4)


@pytest.fixture
def hubs(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[Hubs]:
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    with (
        HubProcess(database_url, hub_database_url, folders[0], SETTINGS) as first,
        HubProcess(database_url, hub_database_url, folders[1], SETTINGS) as second,
    ):
        yield Hubs(database_url, first, second)


@contextmanager
def asleep(hub: HubProcess) -> Iterator[None]:
    """The hub does nothing while this lasts, and does not know."""
    os.kill(hub.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(hub.pid, signal.SIGCONT)


async def until(fact: Callable[[], object], what: str, within_s: float = 10.0) -> None:
    with trio.move_on_after(within_s):
        while not fact():
            await trio.sleep(0.02)
        return
    raise AssertionError(f"not within {within_s:.0f} s: {what}")


def stale(hub: HubProcess) -> int:
    """How many screens the hub gave up because another one has a newer session of them."""
    text = httpx.get(f"{hub.url}/metrics", timeout=PATIENCE_S).text
    line = next(line for line in text.splitlines() if line.startswith("clarion_journal_stale_total "))
    return int(float(line.split()[1]))


async def test_a_hub_that_slept_through_a_takeover_writes_nothing_and_lets_the_screen_go(hubs: Hubs) -> None:
    with trio.fail_after(PATIENCE_S):
        async with hubs.screen_on(hubs.first) as old:
            await old.plays("on the first")
            await until(lambda: hubs.row()["now_playing"] == "on the first", "the first hub writes")
            before = hubs.row()
            with asleep(hubs.first):
                # What is said into its sleep, it hears when it wakes up.
                await old.plays("said while it slept", 2)
                async with hubs.screen_on(hubs.second) as new:
                    await new.plays("on the second")
                    await until(lambda: hubs.row()["now_playing"] == "on the second", "the second hub writes")
                    taken = hubs.row()
                    assert taken["session_epoch"] > before["session_epoch"]

                    os.kill(hubs.first.pid, signal.SIGCONT)
                    goodbye, code = await old.hears_until_the_end()
                    assert (goodbye.code, code) == (CloseCode.TRY_AGAIN_LATER, CloseCode.TRY_AGAIN_LATER)
                    assert goodbye.reconnect_after_s, "it may come back, and is told when"

                    assert stale(hubs.first) == 1 and stale(hubs.second) == 0
                    assert hubs.row() == taken
                    await new.plays("still on the second", 2)
                    await until(
                        lambda: hubs.row()["now_playing"] == "still on the second", "the second goes on"
                    )


async def test_a_hub_that_wakes_up_cannot_declare_a_screen_offline_that_another_one_has(hubs: Hubs) -> None:
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery, hubs.screen_on(hubs.first):
            await until(lambda: hubs.row()["presence"] == "online", "the first hub has it")
            with asleep(hubs.first):
                async with hubs.screen_on(hubs.second) as new:
                    nursery.start_soon(new.beats_for_ever)
                    epoch = hubs.row()["session_epoch"]
                    await until(lambda: hubs.row()["session_epoch"] > epoch, "the second hub has it")
                    taken = hubs.row()
                    await trio.sleep(1.5 * INTERVAL_S)  # the first hub sleeps past its own deadline
                    os.kill(hubs.first.pid, signal.SIGCONT)
                    await until(lambda: stale(hubs.first) == 1, "what the first hub has to say is refused")
                    assert hubs.row() == taken
                    assert (taken["presence"], taken["presence_reason"]) == ("online", "connected")
                    nursery.cancel_scope.cancel()


async def test_a_hub_that_starts_fences_the_sessions_of_one_that_still_runs(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    folders = [tmp_path / "old", tmp_path / "new"]
    for folder in folders:
        folder.mkdir()
    with (
        trio.fail_after(PATIENCE_S),
        HubProcess(database_url, hub_database_url, folders[0], SETTINGS) as first,
    ):
        second = HubProcess(database_url, hub_database_url, folders[1], SETTINGS)
        hubs = Hubs(database_url, first, second)
        async with hubs.screen_on(first) as old:
            await until(lambda: hubs.row()["presence"] == "online", "the first hub has it")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(old.beats_for_ever)
                await trio.to_thread.run_sync(second.start)
                nursery.cancel_scope.cancel()
            try:
                fenced = hubs.row()
                assert (fenced["presence"], fenced["presence_reason"]) == ("offline", "hub_restarted")
                await old.plays("too late")
                _, code = await old.hears_until_the_end()
                assert code == CloseCode.TRY_AGAIN_LATER and stale(first) == 1
                assert hubs.row() == fenced
                async with hubs.screen_on(second):
                    await until(lambda: hubs.row()["presence"] == "online", "the second hub has it")
            finally:
                second.stop()


def test_postgresql_itself_never_lowers_an_epoch_whoever_asks(database_url: str) -> None:
    premises = Premises(database_url, "ours", devices=1)
    premises.run("UPDATE devices SET session_epoch = 1000")
    with pytest.raises(psycopg.errors.CheckViolation, match="at session epoch 1000: 999 is stale"):
        premises.run("UPDATE devices SET session_epoch = 999")
