"""The hub's wall clock is set back by an hour, and forward again, in the middle of everything: nobody is
thrown out, nothing expires before its time, an emergency is shown and answered for, and no time of its ledger
runs backwards.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import trio

from tests.guarantees import figures
from tests.guarantees.obedient_screens import ObedientScreen, many_screens
from tests.guarantees.stepping_hub import SteppingHub
from tests.guarantees.witness import metric, until

SCREENS = 10
HOUR_S = 3_600.0
ALERTED_WITHIN_S = 2.0
ALERT = {"title": "Gas leak", "message": "Leave now.", "severity": "extreme"}


@pytest.fixture
def hub(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[SteppingHub]:
    """An hour ahead of PostgreSQL and of this test, as if its clock were right and would be set back soon."""
    with SteppingHub(database_url, hub_database_url, tmp_path, ahead_s=HOUR_S) as running:
        yield running


@asynccontextmanager
async def signed_in(hub: SteppingHub) -> AsyncIterator[httpx.AsyncClient]:
    with hub.sign_in() as api:
        bearer = api.headers["Authorization"]
    async with httpx.AsyncClient(
        base_url=hub.url, timeout=10.0, headers={"Authorization": bearer}
    ) as operator:
        yield operator


async def order(operator: httpx.AsyncClient, device_id: str, **request: Any) -> str:
    """The id of a new command."""
    answer = await operator.post(f"/api/v1/devices/{device_id}/command", json={"command": "ping", **request})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["command_id"])


async def press(operator: httpx.AsyncClient, screens: list[ObedientScreen]) -> str:
    """The button: these screens show it in time. The emergency's id."""
    pressed_s = time.monotonic()
    answer = await operator.post("/api/v1/emergencies", json=ALERT | {"title": f"Gas leak {pressed_s}"})
    assert answer.status_code == 201, answer.text
    emergency_id = str(answer.json()["id"])
    with trio.fail_after(ALERTED_WITHIN_S):
        await until(lambda: all(emergency_id in screen.shown_s for screen in screens))
    took_s = max(screen.shown_s[emergency_id] for screen in screens) - pressed_s
    assert took_s < ALERTED_WITHIN_S
    figures.record("clock set by an hour: slowest screen of an emergency", took_s, "s")
    return emergency_id


async def becomes(operator: httpx.AsyncClient, path: str, **fields: Any) -> None:
    """Wait until the row there has these fields."""
    found: dict[str, Any] = {}
    with trio.move_on_after(10) as deadline:
        while not fields.items() <= found.items():
            await trio.sleep(0.05)
            found = (await operator.get(path)).json()
    assert not deadline.cancelled_caught, (fields, found)


async def heartbeats(hub: SteppingHub, screens: list[ObedientScreen], number: int = 4) -> None:
    """So many heartbeats of every screen are answered."""
    answered = [screen.acks for screen in screens]
    with trio.fail_after(number * 2 + 5):
        await until(
            lambda: all(s.acks >= before + number for s, before in zip(screens, answered, strict=True))
        )


async def test_a_clock_that_is_set_back_and_forward_by_an_hour_changes_nothing(
    hub: SteppingHub, database_url: str
) -> None:
    tokens = hub.provision(SCREENS + 1)
    absent = tokens.popitem()[0]
    async with many_screens(hub.websocket_url, tokens) as screens, signed_in(hub) as operator:
        with trio.fail_after(20):
            await until(lambda: all(screen.is_here for screen in screens))
        waiting = [await order(operator, absent)]
        done = [await order(operator, screen.device_id) for screen in screens]

        # One screen paints only when the clock has been set back.
        slow, others = screens[0], screens[1:]
        slow.may_paint = trio.Event()
        across = await press(operator, others)
        hub.set_clock(0)
        slow.may_paint.set()
        await becomes(operator, f"/api/v1/emergencies/{across}", rendered=SCREENS)
        await heartbeats(hub, screens)

        waiting.append(await order(operator, absent, expires_in_s=int(HOUR_S) + 60))
        done += [await order(operator, screen.device_id) for screen in screens]
        after = await press(operator, screens)
        await becomes(operator, f"/api/v1/emergencies/{after}", rendered=SCREENS)
        await operator.post(f"/api/v1/emergencies/{across}/clear")
        await becomes(operator, f"/api/v1/emergencies/{across}", status="cleared")

        hub.set_clock(HOUR_S)
        await heartbeats(hub, screens)
        done += [await order(operator, screen.device_id) for screen in screens]
        await operator.post(f"/api/v1/emergencies/{after}/clear")
        await becomes(operator, f"/api/v1/emergencies/{after}", status="cleared")
        for command_id in done:
            await becomes(operator, f"/api/v1/commands/{command_id}", status="succeeded")
        for command_id in waiting:
            await becomes(operator, f"/api/v1/commands/{command_id}", status="queued")

        assert [(screen.links, screen.goodbyes) for screen in screens] == [(1, [])] * SCREENS
        with trio.fail_after(10):
            await until(lambda: metric(hub, "journal_waiting") == 0)
        assert metric(hub, "journal_refused_total") == metric(hub, "journal_stale_total") == 0
        _is_reconciled(database_url, across, after)


def _is_reconciled(database_url: str, *emergencies: str) -> None:
    """PostgreSQL says what is so, and no time runs backwards."""
    with psycopg.connect(database_url) as connection:
        states = connection.execute(
            "SELECT presence, presence_reason, count(*) FROM devices GROUP BY 1, 2 ORDER BY 3"
        ).fetchall()
        assert states == [("offline", "never_connected", 1), ("online", "connected", SCREENS)]
        assert connection.execute("SELECT kind FROM device_events WHERE kind = 'offline'").fetchall() == []
        times = connection.execute(
            "SELECT cleared_at - issued_at, status FROM emergencies ORDER BY issued_at DESC"
        ).fetchall()
        # The first came an hour after the second, by the clock that was set back in between.
        ids = connection.execute("SELECT id::text FROM emergencies ORDER BY issued_at DESC").fetchall()
        assert [id for (id,) in ids] == list(emergencies)
        assert all(took.total_seconds() >= 0 and status == "cleared" for took, status in times)
        for emergency_id in emergencies:
            entries = connection.execute(
                "SELECT targeted_at, sent_at, received_at, rendered_at, hidden_at FROM emergency_ledger"
                " WHERE emergency_id = %s",
                (emergency_id,),
            ).fetchall()
            of_screens = [entry for entry in entries if entry[1] is not None]
            assert len(of_screens) == SCREENS
            for entry in of_screens:
                assert None not in entry and list(entry) == sorted(entry)
                assert (entry[-1] - entry[0]).total_seconds() < 60
