"""`clarion agent` as people run it, on a real hub: let in, proving, recording, and back after a power cut."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from player.agent import identity
from tests.dashboard.files import upload
from tests.end_to_end.companions import wait_for
from tests.hub.hub_process import HubProcess, running_hub
from tests.media_files import picture
from tests.patience import PATIENCE_S

ALERT = {
    "title": "Gas in the cellar",
    "message": "Leave. Use the stairs.",
    "severity": "extreme",
    "language": "en",
    "texts": [{"language": "de", "title": "Gas im Keller", "message": "Hinaus. Über die Treppe."}],
}


@pytest.fixture
def hub(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[HubProcess]:
    env = {"CLARION_HEARTBEAT_INTERVAL_S": "1"}
    with running_hub(database_url, hub_database_url, tmp_path, env) as running:
        yield running


class Running:
    """The process, and what it printed."""

    def __init__(self, process: subprocess.Popen[bytes], printed: Path) -> None:
        self.process = process
        self._printed = printed

    @property
    def text(self) -> str:
        return self._printed.read_text(encoding="utf-8")

    def until_printed(self, words: str) -> None:
        wait_for(lambda: words in self.text or self.process.poll() is not None, f"{words!r} is printed")
        assert words in self.text, self.text


@contextmanager
def agent(hub: HubProcess, folder: Path, number: int = 1) -> Iterator[Running]:
    env = {**os.environ, "CLARION_ENROLMENT_KEY": hub.people.enrolment_key or "", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "player", "agent", "--hub", hub.url, "--folder", str(folder)]
    printed = folder.parent / f"agent-{number}.log"
    with printed.open("wb") as output:
        process = subprocess.Popen([*command, "--name", "Boiler room"], env=env, stdout=output, stderr=output)
        try:
            yield Running(process, printed)
        finally:
            process.kill()
            process.wait()


def let_in(api: httpx.Client, running: Running) -> str:
    """Its id, once an operator has approved its code."""
    running.until_printed("Approve this screen by its pairing code: ")
    (device,) = api.get("/api/v1/devices", params={"status": "pending"}).json()["items"]
    assert device["pairing_code"] in running.text
    assert api.post(f"/api/v1/devices/{device['id']}/approve").is_success
    running.until_printed("Connected: I am Boiler room.")
    return str(device["id"])


def posted(api: httpx.Client, path: str, body: Any = None, **headers: str) -> Any:
    reply = api.post(path, json=body, headers={name.replace("_", "-"): v for name, v in headers.items()})
    assert reply.is_success, reply.text
    return reply.json()


def test_it_is_let_in_proves_alerts_and_drills_and_leaves_its_token_nowhere(
    hub: HubProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "agent"
    with agent(hub, folder) as running, hub.sign_in() as api:
        device_id = let_in(api, running)
        emergency = f"/api/v1/emergencies/{posted(api, '/api/v1/emergencies', ALERT)['id']}"
        wait_for(lambda: api.get(emergency).json()["rendered"] == 1, "the alert is proved")
        running.until_printed("EXTREME Gas in the cellar: Leave. Use the stairs.")
        posted(api, f"{emergency}/clear")
        running.until_printed("All clear.")

        before = running.text
        drill = posted(api, f"/api/v1/devices/{device_id}/drill")
        assert drill["proven"], drill
        assert running.text == before, "a drill shows nothing"

        who = identity.load(folder)
        assert who is not None and who.keys and who.tenant_id == hub.people.tenant_id
        assert who.device_token not in running.text + repr(who)
        assert (folder / identity.FILE).stat().st_mode & 0o077 == 0

        assert api.post(f"/api/v1/devices/{device_id}/revoke").is_success
        running.until_printed("It does not come back")
        wait_for(lambda: running.text.count("Approve this screen") == 2, "it asks to join again")
        assert identity.load(folder) is None


def test_an_alert_is_shown_after_a_start_without_a_hub_and_proved_again_and_what_it_covers_is_not_recorded(
    hub: HubProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "agent"
    with agent(hub, folder) as running, hub.sign_in() as api:
        device_id = let_in(api, running)
        publish_a_picture(hub, api, device_id, tmp_path / "hours.jpg")
        played = f"/api/v1/devices/{device_id}/plays"
        wait_for(lambda: api.get(played).json()["items"], "a play is in PostgreSQL")
        posted(api, "/api/v1/emergencies", ALERT)
        running.until_printed("EXTREME Gas in the cellar")
        hub.kill()
        wait_for(lambda: b"Gas in the cellar" in (folder / "memory.json").read_bytes(), "it is kept")
    covered_at = datetime.now(UTC).isoformat()
    with agent(hub, folder, 2) as running:
        running.until_printed("EXTREME Gas in the cellar")
        assert "Connected" not in running.text
        hub.start()
        running.until_printed("Connected: I am Boiler room.")
        with hub.sign_in() as api:
            (emergency,) = api.get("/api/v1/emergencies").json()["items"]
            address = f"/api/v1/emergencies/{emergency['id']}"
            wait_for(lambda: api.get(address).json()["rendered"] == 1, "the alert is proved again")
            cleared_at = datetime.now(UTC).isoformat()
            posted(api, f"{address}/clear")
            wait_for(lambda: began_in(api, played, cleared_at), "it plays again")
            assert not began_in(api, played, covered_at, cleared_at), "nobody saw what was below the alert"


def test_what_it_played_without_its_hub_is_kept_once(hub: HubProcess, tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    with agent(hub, folder) as running, hub.sign_in() as api:
        device_id = let_in(api, running)
        publish_a_picture(hub, api, device_id, tmp_path / "hours.jpg")
        played = f"/api/v1/devices/{device_id}/plays"
        wait_for(lambda: api.get(played).json()["items"], "a play is in PostgreSQL")
        hub.kill()
    alone_at = datetime.now(UTC).isoformat()
    log = folder / "records.jsonl"
    before = log.read_text().count('"type":"play"')
    with agent(hub, folder, 2) as running:
        wait_for(lambda: log.read_text().count('"type":"play"') > before, "it records what it plays")
        hub.start()
        back_at = datetime.now(UTC).isoformat()
        running.until_printed("Connected: I am Boiler room.")
        with hub.sign_in() as api:
            wait_for(lambda: began_in(api, played, back_at), "what it plays now is there")
            plays = api.get(played).json()["items"]
            assert began_in(api, played, alone_at, back_at), "what it played meanwhile is there"
    began = [play["started_at"] for play in plays]
    assert len(began) == len(set(began)), "nothing is there twice"
    assert {play["name"] for play in plays} == {"Opening hours"}


def began_in(api: httpx.Client, played: str, since: str, until: str = "9") -> list[str]:
    """Which plays that the hub has began then, and went to their end."""
    whole = [play for play in api.get(played).json()["items"] if play["completed"]]
    return [at for play in whole if since < (at := play["started_at"]) < until]


def publish_a_picture(hub: HubProcess, api: httpx.Client, device_id: str, file: Path) -> None:
    """A playlist of one picture that is shown for a second."""
    file.write_bytes(picture())
    with httpx.Client(base_url=f"{hub.url}/api/v1", headers=api.headers, timeout=PATIENCE_S) as client:
        assert client.put("/content-rules", json={"approve_own": True}).is_success
        content = posted(client, "/contents", {"name": "Opening hours"})
        version = posted(client, f"/contents/{content['id']}/media", {"upload_id": upload(client, file)})
        media = f"/media/{version['id']}"
        wait_for(lambda: client.get(media).json()["processing"] == "ready", "the picture is looked into")
        posted(client, f"{media}/submit")
        posted(client, f"{media}/approve")
        playlist = posted(client, "/playlists", {"name": "Cellar"})
        path, item = f"/playlists/{playlist['id']}", {"media_id": media.rpartition("/")[2], "duration_s": 1.0}
        posted(client, f"{path}/items", item, If_Match=f'"{playlist["revision"]}"')
        posted(client, f"{path}/publish", {})
        posted(client, "/schedule", {"playlist_id": playlist["id"], "target": {"device_id": device_id}})
