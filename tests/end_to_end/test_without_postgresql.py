"""Law 6: an emergency waits for nothing. PostgreSQL is stopped under a hub with screens; an operator presses
the button all the same, sees who shows it, gives the all-clear, and nothing of it is lost or doubled."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.end_to_end.companions import connected_screens, fleet, wait_for
from tests.hub.hub_process import running_hub

SCREENS = 20
ALERT = {"title": "Gas leak", "message": "Leave now.", "severity": "extreme"}


def test_an_emergency_goes_out_without_postgresql_and_is_on_record_once_when_it_is_back(
    scratch_folder: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(scratch_folder / "outage", durable=False) as server:
        server.create_database("clarion_outage")
        migrate(server.url("clarion_outage"))
        owner, role = server.url("clarion_outage"), server.url("clarion_outage", role=HUB_ROLE)
        with running_hub(owner, role, tmp_path) as hub, fleet(hub, SCREENS, tmp_path, "--quiet"):
            with hub.sign_in() as api:
                wait_for(lambda: connected_screens(hub) == SCREENS, "all screens are connected")
                server.stop()
                live = _press(api)
                cleared = _press(api)
                assert api.post(f"/api/v1/emergencies/{cleared}/clear").json()["status"] == "clearing"

            # The hub dies too: what it kept is in its file.
            hub.kill()
            server.start()
            hub.start()

            with hub.sign_in() as api:
                assert api.get(f"/api/v1/emergencies/{live}").json()["status"] == "live"
                over = api.get(f"/api/v1/emergencies/{cleared}").json()
                assert over["status"] in ("clearing", "cleared") and over["title"] == ALERT["title"]
                wait_for(
                    lambda: api.get(f"/api/v1/emergencies/{live}").json()["rendered"] == SCREENS,
                    "all are back and show it",
                )
        assert _audit(owner, live) == ["emergency.created"]
        assert _audit(owner, cleared) == ["emergency.created", "emergency.cleared"]
        assert (tmp_path / "data/emergencies.log").read_bytes() == b""


@pytest.mark.alone
def test_what_happened_without_postgresql_is_in_its_ledger_when_it_is_back(
    scratch_folder: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(scratch_folder / "pause", durable=False) as server:
        server.create_database("clarion_pause")
        migrate(server.url("clarion_pause"))
        owner, role = server.url("clarion_pause"), server.url("clarion_pause", role=HUB_ROLE)
        with (
            running_hub(owner, role, tmp_path) as hub,
            fleet(hub, SCREENS, tmp_path, "--quiet"),
            hub.sign_in() as api,
        ):
            wait_for(lambda: connected_screens(hub) == SCREENS, "all screens are connected")
            server.stop()
            emergency = _press(api)
            server.start()
            wait_for(lambda: _rendered(owner, emergency) == SCREENS, "every screen is in the ledger")
            assert _audit(owner, emergency) == ["emergency.created"]


def _press(api: httpx.Client) -> str:
    """The button, without PostgreSQL: every screen shows it within two seconds. The emergency's id."""
    pressed = time.monotonic()
    answer = api.post("/api/v1/emergencies", json=ALERT)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    assert created["recorded"] == "hub"
    path = f"/api/v1/emergencies/{created['id']}"
    wait_for(lambda: api.get(path).json()["rendered"] == SCREENS, "all show it", within_s=2)
    assert time.monotonic() - pressed < 2.0
    assert {row["state"] for row in api.get(f"{path}/ledger").json()["items"]} == {"rendered"}
    return str(created["id"])


def _rendered(owner_url: str, emergency_id: str) -> int:
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT count(rendered_at) FROM emergency_ledger WHERE emergency_id = %s", (emergency_id,)
        ).fetchone()
        return 0 if row is None else int(row[0])


def _audit(owner_url: str, emergency_id: str) -> list[str]:
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "SELECT action FROM audit_log WHERE target_id = %s ORDER BY id", (emergency_id,)
        )
        return [row[0] for row in rows]
