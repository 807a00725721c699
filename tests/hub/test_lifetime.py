"""The hub's life: it stops in order when it is told to, and when it cannot go on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from actors.runtime import Dispatcher, Instant, Service, Services
from hub.errors import HubFailed
from hub.lifetime import FAREWELL_DEADLINE_S, FLUSH_DEADLINE_S, serve
from tests.actors.runtime.stage import NOW
from tests.hub.hub_process import free_port

_ROOT = Path(__file__).parents[2]


class House:
    """What is told to end, in the order in which it was. `drain_s`, `flush_s`: how long that takes."""

    def __init__(self, *, drain_s: float = 0.0, flush_s: float = 0.0, flush_fails: bool = False) -> None:
        self.told: list[str] = []
        self.dispatcher = Dispatcher(lambda: NOW, lambda ref, error, now: None)
        self.actor = self.dispatcher.spawn("lobby", self)
        self.services = Services([Service("dispatcher", self.dispatcher.run)])
        self._drain_s, self._flush_s, self._flush_fails = drain_s, flush_s, flush_fails

    def receive(self, message: str, now: Instant) -> None:
        self.told.append(message)

    async def run(self) -> None:
        await trio.sleep_forever()

    async def drain(self) -> None:
        await trio.sleep(self._drain_s)
        self.told.append("everybody is sent away")
        self.actor.tell_urgently("disconnected")

    async def flush(self) -> None:
        if self._flush_fails:
            raise RuntimeError("no more")
        await trio.sleep(self._flush_s)
        self.told.append("flushed")

    async def serve(self, services: Services | None = None) -> None:
        await serve(services or self.services, self, self.dispatcher, self.flush)


async def test_when_it_is_cancelled_it_sends_everybody_away_finishes_what_was_told_and_flushes(
    autojump_clock: MockClock,
) -> None:
    house = House()
    with trio.move_on_after(1.0):
        await house.serve()
    assert house.told == ["everybody is sent away", "disconnected", "flushed"]
    assert not house.actor.tell("late")


async def test_neither_a_slow_farewell_nor_a_slow_database_holds_it_up(autojump_clock: MockClock) -> None:
    house = House(drain_s=60.0, flush_s=60.0)
    house.actor.tell("told before")
    with trio.move_on_after(1.0):
        await house.serve(Services([Service("another", trio.sleep_forever)]))
    assert trio.current_time() == pytest.approx(1.0 + FAREWELL_DEADLINE_S + FLUSH_DEADLINE_S)
    assert house.told == ["told before"], "the actors finish all the same"


async def test_a_vital_service_that_fails_for_good_ends_it_in_the_same_order(
    autojump_clock: MockClock,
) -> None:
    house = House()

    async def broken() -> None:
        raise RuntimeError("disk on fire")

    with pytest.raises(HubFailed) as failure:
        await house.serve(Services([Service("journal", broken), Service("dispatcher", house.dispatcher.run)]))
    line = "The hub stopped: journal failed for good: RuntimeError: disk on fire. Its log says more."
    assert str(failure.value) == line
    assert house.told == ["everybody is sent away", "disconnected", "flushed"]


async def test_a_port_that_falls_ends_it_at_once(autojump_clock: MockClock) -> None:
    class Fallen(House):
        async def run(self) -> None:
            raise OSError("epoll is gone")

    house = Fallen()
    with pytest.raises(HubFailed, match="front door failed for good: OSError: epoll is gone"):
        await house.serve()
    assert house.told[-1] == "flushed" and trio.current_time() == 0.0


async def test_a_flush_that_fails_does_not_hide_what_ended_the_hub(autojump_clock: MockClock) -> None:
    house = House(flush_fails=True)

    async def broken() -> None:
        raise RuntimeError("disk on fire")

    with pytest.raises(HubFailed, match="disk on fire"):
        await house.serve(Services([Service("journal", broken)]))


def test_a_real_hub_whose_journal_fails_for_good_says_so_in_one_line_and_its_exit_status_is_not_0(
    hub_database_url: str, tmp_path: Path
) -> None:
    program = (
        "import actors.runtime.services, hub.journal\n"
        "from hub.command_line import main\n"
        "async def broken(self): raise RuntimeError('disk on fire')\n"
        "hub.journal.Journal.run = broken\n"
        "actors.runtime.services.BACKOFF_S = 0.01\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "hub"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(_ROOT),
            "CLARION_DATABASE_URL": hub_database_url,
            "CLARION_DATA_DIR": str(tmp_path / "data"),
            "CLARION_PORT": str(free_port()),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("clarion: The hub stopped: journal failed for good: RuntimeError: disk on fire")
