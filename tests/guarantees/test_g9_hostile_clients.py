"""G9: no client input stops the hub or harms another session.

Every attack runs against one real hub over real sockets, while a screen that behaves is watched: each of its
heartbeats is answered within a second, an emergency that an operator sends meanwhile reaches it within two.
When the attack is over nothing of it is left in the hub: no descriptor, no session, hardly any memory, no
trace in the log.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import trio

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from tests.guarantees import figures, hostile_clients
from tests.guarantees.flooding import FLOODS
from tests.guarantees.hostile_clients import Attack
from tests.guarantees.witness import metric, open_files, resident_mib, until, witnessing
from tests.hub.hub_process import HubProcess, running_hub

pytestmark = pytest.mark.alone

SLOWEST_ACK_S = 1.0
MORE_MEMORY_MIB = 48
FORGOTTEN_WITHIN_S = 10.0
BEGUN_AFTER_S = 0.7
"""Into an attack the button is pressed; a shorter one is repeated until the alert has come."""

FLOODING = 4
"""Screens that flood at the same time, each in a process of its own."""
FLOOD_S = 2.0

ATTACKS: dict[str, Attack] = {
    "heads that never end": hostile_clients.slow_heads,
    "hellos that never end": hostile_clients.slow_hellos,
    "a frame that never ends": hostile_clients.slow_frames,
    "bodies that never end": hostile_clients.slow_bodies,
    "answers that nobody reads": hostile_clients.slow_readers,
    "resets in each stage": hostile_clients.resets_in_each_stage,
    "silence in each stage": hostile_clients.silence_in_each_stage,
    "compression bombs": hostile_clients.compression_bombs,
    "bodies without bounds": hostile_clients.endless_bodies,
    "giant tokens and paths": hostile_clients.giant_heads,
    "frames in the same segment as the upgrade": hostile_clients.pipelined_frames,
    "an upgrade after a plain request": hostile_clients.an_upgrade_as_second_request,
    "two thousand silent connections": hostile_clients.connection_flood,
    "pings without end": hostile_clients.pings_without_end,
}


@pytest.fixture(scope="module")
def hub(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder: Path = tmp_path_factory.mktemp("hostile-clients")
    postgres.create_database("hostile_clients", template="clarion_template")
    env = {
        "CLARION_HANDSHAKE_DEADLINE_S": "2",
        "CLARION_HELLO_DEADLINE_S": "2",
        "CLARION_HEARTBEAT_INTERVAL_S": "2",
    }
    url = postgres.url
    with running_hub(url("hostile_clients"), url("hostile_clients", role=HUB_ROLE), folder, env) as running:
        yield running
    postgres.drop_database("hostile_clients")


@pytest.fixture(scope="module")
def tokens(hub: HubProcess) -> list[str]:
    return list(hub.provision(1 + FLOODING).values())


@pytest.fixture(scope="module")
def bearer(hub: HubProcess) -> dict[str, str]:
    with hub.sign_in() as client:
        return {"Authorization": client.headers["Authorization"]}


@asynccontextmanager
async def watched(
    hub: HubProcess, token: str, bearer: dict[str, str], name: str
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """While the block attacks, a screen is watched. What it gives presses the button: call it meanwhile."""
    async with httpx.AsyncClient(base_url=hub.url, headers=bearer, timeout=5.0) as operator:
        with trio.fail_after(20):
            async with witnessing(hub, token) as witness:
                files, memory_mib = open_files(hub.pid), resident_mib(hub.pid)
                alerted_s: list[float] = []

                async def press_the_button() -> None:
                    alerted_s.append(await witness.is_alerted(operator))

                yield press_the_button
                with trio.fail_after(FORGOTTEN_WITHIN_S):
                    await until(lambda: open_files(hub.pid) <= files + 2)
                    await until(lambda: metric(hub, "screens_connected") == 1)
                    # A connection is closed a moment before what waited on it is forgotten.
                    await until(lambda: resident_mib(hub.pid) - memory_mib < MORE_MEMORY_MIB)
                grown_mib = resident_mib(hub.pid) - memory_mib
                slowest_ack_s = witness.slowest_ack_s
    figures.record(f"{name}: slowest heartbeat of another screen", slowest_ack_s * 1000, "ms")
    figures.record(f"{name}: an alert reaches another screen after", alerted_s[0] * 1000, "ms")
    figures.record(f"{name}: the hub has more memory afterwards", grown_mib, "MiB")
    assert slowest_ack_s < SLOWEST_ACK_S
    assert metric(hub, "turn_faults_total") == 0
    log = hub.log.read_text(encoding="utf-8")
    assert "Traceback" not in log, log[:4_000]


@pytest.mark.parametrize("name", ATTACKS)
async def test_an_attack_harms_nobody_else_and_leaves_nothing_behind(
    hub: HubProcess, tokens: list[str], bearer: dict[str, str], name: str
) -> None:
    async with watched(hub, tokens[0], bearer, name) as press_the_button:
        pressed = False

        async def press() -> None:
            nonlocal pressed
            await trio.sleep(BEGUN_AFTER_S)
            await press_the_button()
            pressed = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(press)
            while not pressed:
                await ATTACKS[name](hub, tokens[1])


@pytest.mark.parametrize("kind", FLOODS)
async def test_screens_that_send_as_fast_as_they_can_harm_only_themselves(
    hub: HubProcess, tokens: list[str], bearer: dict[str, str], kind: str
) -> None:
    async with watched(hub, tokens[0], bearer, f"a flood of {kind}") as press_the_button:
        async with trio.open_nursery() as nursery:
            for token in tokens[1:]:
                arguments = [str(hub.port), str(FLOOD_S), kind, token]
                command = [sys.executable, "-m", "tests.guarantees.flooding", *arguments]
                nursery.start_soon(partial(trio.run_process, command))
            await trio.sleep(FLOOD_S / 2)
            await press_the_button()


async def test_out_of_file_descriptors_those_who_are_here_are_served_and_the_rest_wait(
    hub: HubProcess, tokens: list[str], bearer: dict[str, str]
) -> None:
    """Whoever takes every descriptor by saying nothing has to give them back when its time is over."""
    limits = resource.prlimit(hub.pid, resource.RLIMIT_NOFILE)
    async with watched(hub, tokens[0], bearer, "no file descriptors") as press_the_button:
        numbers = [int(entry.name) for entry in Path(f"/proc/{hub.pid}/fd").iterdir()]
        few = max(numbers) + 20
        left = few - len(numbers)  # the limit is on the number, and those below that are free are taken first
        resource.prlimit(hub.pid, resource.RLIMIT_NOFILE, (few, limits[1]))
        try:
            async with trio.open_nursery() as nursery:
                for _ in range(left + 30):
                    nursery.start_soon(hostile_clients.says_nothing, hub)
                with trio.fail_after(5):
                    await until(lambda: "cannot accept more connections" in hub.log.read_text())
            await press_the_button()
        finally:
            resource.prlimit(hub.pid, resource.RLIMIT_NOFILE, limits)
