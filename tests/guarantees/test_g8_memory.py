"""G8: a session's memory is bounded. Clients that never read cost the hub their byte budget and no more, are
cut off with a code that lets them come back, and go on with their session when they do.

Three hundred clients say heartbeats that want the whole truth as an answer, of ten alerts with long texts,
and read none of the answers. They are cut, come back, and are cut again, while other screens go on as ever.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from protocol.close_codes import CloseCode
from tests.end_to_end.companions import connected_screens
from tests.guarantees import figures
from tests.guarantees.agents import Agents
from tests.guarantees.slow_readers import SlowReader
from tests.guarantees.witness import resident_mib
from tests.hub.hub_process import HubProcess, running_hub

SLOW, WELL = 300, 100
CUTS_EACH = 4
BUDGET_MIB = 128 / 1024
ALERTS = 10
# Three bytes a character: each truth is thirty kilobytes.
ALERT = {"title": "避難してください", "message": "逃" * 1000, "severity": "moderate"}
ALL_OF_THEM_MIB = SLOW * BUDGET_MIB
OVERHEAD_MIB = 24
"""What a bytearray keeps beyond what is in it, and what the traffic itself takes."""
GROWTH_MIB = 8
"""Between the second round and the last: nothing may be left behind by a client that was cut."""

pytestmark = pytest.mark.alone


async def test_clients_that_never_read_cost_their_budget_and_no_more_and_may_come_back(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    env = {
        "CLARION_HEARTBEAT_INTERVAL_S": "5",
        "CLARION_OUTBOX_LIMIT_BYTES": str(int(BUDGET_MIB * 1024 * 1024)),
    }
    with (
        running_hub(database_url, hub_database_url, tmp_path, env) as hub,
        Agents(hub, WELL, tmp_path, "--prefix", "well"),
        hub.sign_in() as client,
    ):
        tokens = hub.provision(SLOW + 1, prefix="slow")
        *ids, told_id = tokens
        async with httpx.AsyncClient(
            base_url=hub.url, headers=client.headers, timeout=10.0, trust_env=False
        ) as api:
            with trio.fail_after(20):
                while await trio.to_thread.run_sync(connected_screens, hub) < WELL:
                    await trio.sleep(0.05)
            for _ in range(ALERTS):
                assert (await api.post("/api/v1/emergencies", json=ALERT)).status_code == 201
            before = resident_mib(hub.pid)
            readers = [SlowReader(hub, tokens[device_id]) for device_id in ids]
            peaks = await _rounds(hub, readers)
            await _others_are_well(api)
            await _one_hears_why(api, SlowReader(hub, tokens[told_id]), told_id)

    figures.record("G8: clients that never read", SLOW, "clients")
    figures.record("G8: times that one of them was cut off", sum(r.cuts for r in readers), "times")
    figures.record("G8: memory of the hub before", before, "MiB")
    figures.record("G8: peak of its memory with them", max(peaks), "MiB")
    figures.record("G8: growth of the peak from the second round to the last", peaks[-1] - peaks[1], "MiB")
    assert max(peaks) - before <= ALL_OF_THEM_MIB + OVERHEAD_MIB, (before, peaks)
    assert peaks[-1] - peaks[1] <= GROWTH_MIB, (before, peaks)
    assert all(reader.resumed >= CUTS_EACH - 1 for reader in readers)


async def _rounds(hub: HubProcess, readers: list[SlowReader]) -> list[float]:
    """The hub's highest memory in MiB until all were cut once, until all were cut twice, and so on."""
    peaks = [0.0]
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            for reader in readers:
                nursery.start_soon(reader.run)
            while (cuts := min(reader.cuts for reader in readers)) < CUTS_EACH:
                peaks += [0.0] * (cuts + 1 - len(peaks))
                peaks[-1] = max(peaks[-1], resident_mib(hub.pid))
                await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
    return peaks


async def _others_are_well(api: httpx.AsyncClient) -> None:
    """The screens that read show one more alert, within two seconds, and none of them was ever away."""
    well = await _devices(api, "well")
    assert {device["presence"] for device in well} == {"online"}
    scope = {"kind": "devices", "ids": [device["id"] for device in well]}
    created = await api.post("/api/v1/emergencies", json={**ALERT, "scope": scope})
    path = f"/api/v1/emergencies/{created.json()['id']}"
    with trio.fail_after(2):
        while (await api.get(path)).json()["rendered"] < WELL:
            await trio.sleep(0.02)


async def _one_hears_why(api: httpx.AsyncClient, reader: SlowReader, device_id: str) -> None:
    async def is_cut() -> bool:
        device = (await api.get(f"/api/v1/devices/{device_id}")).json()
        return bool(device["presence_reason"] == "too_slow")

    with trio.fail_after(10):
        goodbye, code = await reader.hears_why(is_cut)
    assert goodbye.code == code == CloseCode.TOO_SLOW
    assert goodbye.reconnect_after_s is not None


async def _devices(api: httpx.AsyncClient, prefix: str) -> list[dict[str, Any]]:
    page = (await api.get("/api/v1/devices", params={"q": f"{prefix}-", "limit": 200})).json()
    found: list[dict[str, Any]] = page["items"]
    assert len(found) == WELL
    return found
