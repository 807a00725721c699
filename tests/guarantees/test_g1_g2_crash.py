"""G1: a 2xx on a command means that its row is committed. G2: a command reaches its screen, is done at most
once, and ends in exactly one state, across crashes of the hub and of the screens.

A thousand commands are posted while hub and screens are killed at random moments. What was answered, what
PostgreSQL has, and what the screens wrote on their own disks before they did it, must be one story.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest
import trio

from actors.device.shadow import IN_FLIGHT_AT_MOST
from player.agent.disk_journal import Begun, journal_file, read_lines
from protocol.frames import Receipt
from protocol.vocabulary import (
    OPEN_COMMAND_STATUSES,
    OPERATOR_COMMANDS,
    SUPERSEDED_BY_NEWER,
    CommandName,
    CommandStatus,
)
from tests.end_to_end.companions import connected_screens
from tests.guarantees import figures
from tests.guarantees.agents import Agents
from tests.hub.hub_process import HubProcess, running_hub

POSTS = 1_000
BULKS = 4
POSTERS = 12
SCREENS = 24
KILLS_OF_THE_HUB = 5
KILLS_OF_SCREENS = 2
SEED = 7
IN_FORCE_S = 3600
COMMANDS = sorted(OPERATOR_COMMANDS - {CommandName.SCREENSHOT})
"""Screens without glass have no picture to take: they reject that one."""

pytestmark = pytest.mark.alone


@dataclass
class Story:
    """What the API has answered: accepted commands and bulk commands."""

    accepted: set[str] = field(default_factory=set)
    bulks: dict[str, int] = field(default_factory=dict)
    refused_meanwhile: Counter[str] = field(default_factory=Counter)

    @property
    def posts(self) -> int:
        return len(self.accepted) + len(self.bulks)


async def post(
    api: httpx.AsyncClient, path: str, body: dict[str, Any], key: str, story: Story
) -> dict[str, Any]:
    """The answer to a post that is said again, under the same key, until the hub has accepted it."""
    while True:
        try:
            answer = await api.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            story.refused_meanwhile[type(error).__name__] += 1
        else:
            if answer.is_success:
                accepted: dict[str, Any] = answer.json()
                return accepted
            assert answer.status_code in (429, 503), answer.text
            story.refused_meanwhile[str(answer.status_code)] += 1
        await trio.sleep(0.05)


async def post_commands(
    hub: HubProcess, bearer: str, devices: list[str], numbers: Iterator[int], story: Story
) -> None:
    rng = Random(SEED)
    async with httpx.AsyncClient(
        base_url=hub.url, headers={"Authorization": bearer}, timeout=10.0, trust_env=False
    ) as api:
        for number in numbers:
            command = Random(SEED + number).choice(COMMANDS)
            args = {"volume": number % 101} if command is CommandName.SET_VOLUME else {}
            body: dict[str, Any] = {"command": command, "args": args, "expires_in_s": IN_FORCE_S}
            if number % (POSTS // BULKS) == 0:
                accepted = await post(api, "/api/v1/commands", body, f"bulk-{number}", story)
                story.bulks[accepted["bulk_id"]] = accepted["targeted"]
                continue
            path = f"/api/v1/devices/{devices[number % len(devices)]}/command"
            accepted = await post(api, path, body, f"one-{number}", story)
            assert accepted["command_id"] not in story.accepted
            story.accepted.add(accepted["command_id"])
            await trio.sleep(rng.uniform(0.0, 0.12))


async def kill_now_and_then(hub: HubProcess, fleets: list[Agents], story: Story) -> None:
    """Each kill comes after so many posts, and then a moment later."""
    rng = Random(SEED)
    victims = ["hub"] * KILLS_OF_THE_HUB + ["screens"] * KILLS_OF_SCREENS
    rng.shuffle(victims)
    moments = sorted(rng.sample(range(20, POSTS - 20), len(victims)))
    for moment, victim in zip(moments, victims, strict=True):
        while story.posts < moment:
            await trio.sleep(0.01)
        await trio.sleep(rng.uniform(0.0, 0.1))
        if victim == "hub":
            await trio.to_thread.run_sync(hub.kill)
            await trio.to_thread.run_sync(hub.start)
        else:
            fleet = rng.choice(fleets)
            fleet.kill()
            fleet.start()
            # They are let in by the operator again, which a dead hub could not do.
            await until_connected(hub)


async def until_connected(hub: HubProcess) -> None:
    while await trio.to_thread.run_sync(connected_screens, hub) < SCREENS:
        await trio.sleep(0.05)


@contextmanager
def database(url: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


async def until_all_have_ended(url: str) -> None:
    with database(url) as connection:
        while True:
            counts = dict(connection.execute("SELECT status, count(*) FROM commands GROUP BY 1").fetchall())
            if not OPEN_COMMAND_STATUSES & counts.keys():
                return
            await trio.sleep(0.1)


async def test_a_thousand_commands_survive_crashes_of_the_hub_and_of_screens(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    journals = tmp_path / "journals"
    story = Story()
    with running_hub(
        database_url, hub_database_url, tmp_path, {"CLARION_HEARTBEAT_INTERVAL_S": "0.5"}
    ) as hub:
        options = ("--journal-dir", str(journals), "--prefix")
        with (
            Agents(hub, SCREENS // 2, tmp_path, *options, "east") as east,
            Agents(hub, SCREENS // 2, tmp_path, *options, "west") as west,
        ):
            with trio.fail_after(20):
                await until_connected(hub)
            with hub.sign_in() as client:
                bearer = client.headers["Authorization"]
            with database(database_url) as connection:
                names = dict(connection.execute("SELECT id::text, hardware_id FROM devices").fetchall())
            began = trio.current_time()
            with trio.fail_after(90):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(kill_now_and_then, hub, [east, west], story)
                    numbers = iter(range(POSTS))
                    for _ in range(POSTERS):
                        nursery.start_soon(post_commands, hub, bearer, sorted(names), numbers, story)
            posted_s = trio.current_time() - began
            # All of them once more: they come back at once, not in the half minute that they may wait by now.
            for fleet in (east, west):
                fleet.kill()
                fleet.start()
            with trio.fail_after(60):
                await until_all_have_ended(database_url)
            ended_s = trio.current_time() - began

    with database(database_url) as connection:
        rows = connection.execute(
            "SELECT id::text, device_id::text, command, status, detail, bulk_id::text, "
            "finished_at IS NOT NULL FROM commands ORDER BY seq"
        ).fetchall()
    statuses = {row[0]: CommandStatus(row[3]) for row in rows}
    # G1: whatever was accepted is there, and what was said twice is there once.
    assert story.posts == POSTS
    assert story.accepted == {row[0] for row in rows if row[5] is None}
    assert Counter(row[5] for row in rows if row[5] is not None) == story.bulks
    assert all(finished for *_, finished in rows)

    # G2: what the screens wrote on their disks before they did it.
    begun: Counter[str] = Counter()
    said: dict[str, set[str]] = {}
    for device_id, hardware_id in names.items():
        facts = read_lines(journal_file(journals, hardware_id))
        order = [fact.command_id for fact in facts if isinstance(fact, Begun)]
        begun.update(order)
        for fact in facts:
            if isinstance(fact, Receipt):
                said.setdefault(fact.command_id, set()).add(fact.status)
        # G3: a screen does them in the order in which they were accepted.
        assert order == [row[0] for row in rows if row[1] == device_id and row[0] in set(order)]
    assert {command_id for command_id, times in begun.items() if times > 1} == set()
    assert begun.keys() <= statuses.keys()
    done = {command_id for command_id, status in statuses.items() if status is CommandStatus.SUCCEEDED}
    superseded = {c for c, status in statuses.items() if status is CommandStatus.SUPERSEDED}
    interrupted = {c for c, status in statuses.items() if status is CommandStatus.FAILED}
    assert done | superseded | interrupted == statuses.keys()
    assert {row[2] for row in rows if row[0] in superseded} <= SUPERSEDED_BY_NEWER
    assert all(said[command_id] == {"succeeded"} for command_id in done)
    # An interrupted one was begun and never again. A superseded one may have been done: the hub died before
    # PostgreSQL knew that it had been sent.
    assert interrupted <= begun.keys()
    assert all(said.get(command_id, {"failed"}) <= {"failed"} for command_id in interrupted)

    # Only a crash can bring that about: what is told to PostgreSQL every 50 ms, for what is in flight.
    assert len(begun.keys() & superseded) <= KILLS_OF_THE_HUB * IN_FLIGHT_AT_MOST

    figures.record("G1/G2: commands posted under crashes", POSTS, "commands")
    figures.record("G1/G2: crashes of the hub meanwhile", KILLS_OF_THE_HUB, "crashes")
    figures.record("G1/G2: crashes of screens meanwhile", KILLS_OF_SCREENS + 2, "crashes")
    figures.record("G1/G2: posts refused meanwhile and said again", story.refused_meanwhile.total(), "posts")
    figures.record("G1/G2: superseded although done", len(begun.keys() & superseded), "commands")
    figures.record("G1/G2: the last command ended after the last post", ended_s - posted_s, "s")
