"""PostgreSQL is gone for a minute, under load: nothing that was accepted is lost, an emergency goes out all
the same, and what happened meanwhile is in PostgreSQL once when it is back.

Its end is that of a machine that loses power: no goodbye, open transactions lost, recovery at the next start.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import trio

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.guarantees import figures
from tests.guarantees.obedient_screens import ObedientScreen, many_screens
from tests.guarantees.witness import metric, until
from tests.hub.hub_process import HubProcess, running_hub

SCREENS = 50
AWAY_S = 60.0
REFUSED_WITHIN_S = 3.0
ALERTED_WITHIN_S = 2.0
ALERT = {"title": "Gas leak", "message": "Leave now.", "severity": "extreme"}


@dataclass
class Posts:
    """What became of the commands that an operator posted. `refused_s`: how long each refusal took."""

    accepted: list[str] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)

    async def post_for_ever(self, operator: httpx.AsyncClient, screens: list[ObedientScreen]) -> None:
        for screen in itertools.cycle(screens):
            begun_s = time.monotonic()
            answer = await operator.post(
                f"/api/v1/devices/{screen.device_id}/command", json={"command": "ping"}
            )
            if answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) >= 1
                self.refused_s.append(time.monotonic() - begun_s)
            else:
                assert answer.status_code == 202, answer.text
                self.accepted.append(answer.json()["command_id"])
            await trio.sleep(0.05)


async def report_for_ever(screens: list[ObedientScreen], prefix: str) -> None:
    """Every screen tells of something every two seconds, of each time in other words."""
    for number in itertools.count():
        for screen in screens:
            if screen.is_here:
                await screen.report(f"{prefix} {number} of {screen.device_id}")
            await trio.sleep(2.0 / SCREENS)


@asynccontextmanager
async def signed_in(hub: HubProcess) -> AsyncIterator[httpx.AsyncClient]:
    with hub.sign_in() as api:
        bearer = api.headers["Authorization"]
    async with httpx.AsyncClient(
        base_url=hub.url, timeout=10.0, headers={"Authorization": bearer}
    ) as operator:
        yield operator


def rows(url: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode(), values).fetchall()


async def test_a_minute_without_postgresql_loses_nothing_and_holds_no_alert_back(
    scratch_folder: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(scratch_folder / "minute") as server:
        server.create_database("clarion_minute")
        owner = server.url("clarion_minute")
        migrate(owner)
        with running_hub(owner, server.url("clarion_minute", role=HUB_ROLE), tmp_path) as hub:
            tokens = hub.provision(SCREENS)
            async with many_screens(hub.websocket_url, tokens) as screens, signed_in(hub) as operator:
                with trio.fail_after(20):
                    await until(lambda: all(screen.is_here for screen in screens))
                posts = Posts()
                async with trio.open_nursery() as load:
                    load.start_soon(posts.post_for_ever, operator, screens)
                    load.start_soon(posts.post_for_ever, operator, screens[::-1])
                    load.start_soon(report_for_ever, screens, "event")
                    with trio.fail_after(10):
                        await until(lambda: len(posts.accepted) > 50)
                    emergency, leavers = await _outage(server, screens, operator, posts)
                    back_s, accepted = time.monotonic(), len(posts.accepted)
                    for screen in leavers:
                        screen.come_back()
                    with trio.fail_after(20):
                        await until(lambda: len(posts.accepted) > accepted + 50)
                        await until(lambda: all(screen.is_here for screen in screens))
                    load.cancel_scope.cancel()
                with trio.fail_after(20):
                    await until(lambda: _is_written(hub))
                    figures.record(
                        "PostgreSQL away a minute: all written after its return",
                        time.monotonic() - back_s,
                        "s",
                    )
                    await until(lambda: _all_ended(owner, posts.accepted))
            assert [screen.goodbyes for screen in screens] == [[]] * SCREENS
        _everything_is_there_once(owner, screens, leavers, emergency, posts)
        assert (tmp_path / "data/emergencies.log").read_bytes() == b""


async def _outage(
    server: EmbeddedPostgres, screens: list[ObedientScreen], operator: httpx.AsyncClient, posts: Posts
) -> tuple[str, list[ObedientScreen]]:
    """The minute. The id of the emergency of its middle, and the screens that left."""
    assert server.process_id is not None
    os.kill(server.process_id, signal.SIGQUIT)
    await trio.to_thread.run_sync(server.stop)
    gone_s = time.monotonic()
    accepted = len(posts.accepted)
    leavers = screens[:5]
    await trio.sleep(AWAY_S / 4)
    for screen in leavers:
        await screen.leave()
    here = screens[5:]
    links = [screen.links for screen in here]
    await trio.sleep(AWAY_S / 4)

    pressed_s = time.monotonic()
    answer = await operator.post("/api/v1/emergencies", json=ALERT)
    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert created["recorded"] == "hub"
    with trio.fail_after(ALERTED_WITHIN_S):
        await until(lambda: all(created["id"] in screen.shown_s for screen in here))
    slowest_s = max(screen.shown_s[created["id"]] for screen in here) - pressed_s
    assert slowest_s < ALERTED_WITHIN_S
    figures.record("PostgreSQL away a minute: slowest screen of an emergency", slowest_s, "s")

    await trio.sleep(gone_s + AWAY_S - time.monotonic())
    assert [screen.links for screen in here] == links, "nobody lost the link for it"
    assert len(posts.accepted) - accepted <= 2, "what was under way when PostgreSQL ended"
    assert len(posts.refused_s) >= AWAY_S / REFUSED_WITHIN_S
    assert max(posts.refused_s) < REFUSED_WITHIN_S
    figures.record("PostgreSQL away a minute: slowest refusal of a command", max(posts.refused_s), "s")
    await trio.to_thread.run_sync(server.start)
    return created["id"], leavers


def _is_written(hub: HubProcess) -> bool:
    return metric(hub, "journal_waiting") == metric(hub, "emergencies_unrecorded") == 0


def _all_ended(owner: str, accepted: list[str]) -> bool:
    found = dict(rows(owner, "SELECT id, status FROM commands WHERE id = ANY (%s::uuid[])", accepted))
    assert len(found) == len(accepted) == len(set(accepted)), "an accepted command is not there"
    return set(found.values()) == {"succeeded"}


def _everything_is_there_once(
    owner: str, screens: list[ObedientScreen], leavers: list[ObedientScreen], emergency: str, posts: Posts
) -> None:
    figures.record(
        "PostgreSQL away a minute: commands accepted before and after, none lost",
        len(posts.accepted),
        "commands",
    )
    delivered = sum((screen.deliveries for screen in screens), Counter[str]())
    assert delivered.keys() >= set(posts.accepted)

    texts = Counter(text for (text,) in rows(owner, "SELECT text FROM device_events WHERE kind = 'error'"))
    told = [what for screen in screens for what in screen.reported]
    assert len(told) > AWAY_S / 2 * len(screens) * 0.8
    assert texts == Counter(f"the screen reported an error: {what}" for what in told)

    changes = (
        "SELECT device_id::text, array_agg(kind ORDER BY id) FROM device_events"
        " WHERE kind IN ('online', 'offline') GROUP BY 1"
    )
    presence = dict(rows(owner, changes))
    for screen in screens:
        came_and_went = ["online", "offline", "online"] if screen in leavers else ["online"]
        # At the end the hub and the screens were stopped.
        assert presence[screen.device_id] in (came_and_went, [*came_and_went, "offline"])

    ledger = "SELECT count(*) FROM emergency_ledger WHERE emergency_id = %s AND rendered_at IS NOT NULL"
    assert rows(owner, ledger, emergency) == [(len(screens),)]
    audit = "SELECT action, count(*) FROM audit_log WHERE target_id = %s GROUP BY 1"
    assert rows(owner, audit, emergency) == [("emergency.created", 1)]
    commands = (
        "SELECT count(*), count(DISTINCT details ->> 'command_id') FROM audit_log"
        " WHERE details ->> 'command_id' = ANY (%s)"
    )
    assert rows(owner, commands, posts.accepted) == [(len(posts.accepted),) * 2]
