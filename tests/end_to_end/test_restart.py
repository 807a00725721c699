"""A hub that is killed and started again: screens come back, the emergency is still shown, commands are
still there."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.end_to_end.companions import connected_screens, fleet, wait_for
from tests.hub.hub_process import HubProcess

SCREENS = 20
ALERT = {"title": "Flood", "message": "Go up.", "severity": "severe"}


def test_after_sigkill_screens_return_the_alert_is_still_shown_and_commands_are_delivered(
    hub: HubProcess, tmp_path: Path
) -> None:
    absent = next(iter(hub.provision(1, prefix="absent")))
    with fleet(hub, SCREENS, tmp_path, "--quiet"):
        with hub.sign_in() as api:
            wait_for(lambda: connected_screens(hub) == SCREENS, "all screens are connected")
            alert = api.post("/api/v1/emergencies", json=ALERT).json()["id"]
            queued = api.post(f"/api/v1/devices/{absent}/command", json={"command": "ping"}).json()
            present = api.get("/api/v1/devices", params={"status": "online"}).json()["items"][0]["id"]
            wait_for(
                lambda: api.get(f"/api/v1/emergencies/{alert}").json()["rendered"] == SCREENS,
                "all have rendered",
            )

        hub.kill()
        hub.start()

        with hub.sign_in() as api:
            after = api.get(f"/api/v1/emergencies/{alert}").json()
            assert after["status"] == "live" and after["targeted"] == SCREENS + 1
            waiting = api.get(f"/api/v1/devices/{absent}/commands").json()["items"]
            assert [(row["id"], row["status"]) for row in waiting] == [(queued["command_id"], "queued")]

            wait_for(lambda: connected_screens(hub) == SCREENS, "all screens are back")
            wait_for(
                lambda: api.get(f"/api/v1/emergencies/{alert}").json()["rendered"] == SCREENS,
                "all show it still",
            )
            # The journal writes the ledger a moment after the tallies say so.
            wait_for(
                lambda: _missing(api, alert) == [(absent, "offline")],
                "only the absent one is missing",
                within_s=5,
            )

            command = api.post(f"/api/v1/devices/{present}/command", json={"command": "ping"}).json()[
                "command_id"
            ]
            wait_for(
                lambda: api.get(f"/api/v1/commands/{command}").json()["status"] == "succeeded",
                "a screen that came back answers commands",
            )
            assert api.post(f"/api/v1/emergencies/{alert}/clear").is_success
            wait_for(
                lambda: api.get(f"/api/v1/emergencies/{alert}").json()["status"] == "cleared",
                "all-clear everywhere",
            )


def _missing(api: httpx.Client, emergency: str) -> list[tuple[str, str]]:
    rows = api.get(f"/api/v1/emergencies/{emergency}/ledger", params={"missing": "true"}).json()["items"]
    return [(row["device_id"], row["missing"]) for row in rows]


def test_a_command_for_a_screen_that_is_away_is_delivered_when_it_comes(
    hub: HubProcess, tmp_path: Path
) -> None:
    with fleet(hub, 1, tmp_path, "--quiet"), hub.sign_in() as api:
        wait_for(lambda: connected_screens(hub) == 1, "the screen is connected")
        device = api.get("/api/v1/devices").json()["items"][0]["id"]
    wait_for(lambda: connected_screens(hub) == 0, "the screen has left")
    with hub.sign_in() as api:
        command = api.post(f"/api/v1/devices/{device}/command", json={"command": "pause"}).json()[
            "command_id"
        ]
        assert api.get(f"/api/v1/commands/{command}").json()["status"] == "queued"
        with fleet(hub, 1, tmp_path, "--quiet"):
            wait_for(
                lambda: api.get(f"/api/v1/commands/{command}").json()["status"] == "succeeded",
                "the command is delivered and answered",
            )


@pytest.mark.alone
def test_a_revoked_device_is_cut_off_mid_connection_and_stays_out(hub: HubProcess, tmp_path: Path) -> None:
    with fleet(hub, 2, tmp_path, "--quiet"), hub.sign_in() as api:
        wait_for(lambda: connected_screens(hub) == 2, "both screens are connected")
        device = api.get("/api/v1/devices").json()["items"][0]["id"]
        assert api.post(f"/api/v1/devices/{device}/revoke").is_success
        wait_for(lambda: connected_screens(hub) == 1, "the revoked one is cut off", within_s=2)
        wait_for(
            lambda: api.get(f"/api/v1/devices/{device}").json()["presence_reason"] == "token_revoked",
            "the reason is recorded",
        )
