"""The disk of the emergency log is full while PostgreSQL is away: the alert goes out in time all the same,
its record is kept in memory, and it is on record once when one of the two takes it.

The fault is a real one: the kernel lets no file of the hub's process grow (RLIMIT_FSIZE, set from outside).
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.end_to_end.companions import connected_screens, fleet, wait_for
from tests.guarantees import figures
from tests.guarantees.witness import metric
from tests.hub.hub_process import HubProcess, running_hub

SCREENS = 20
ALERTED_WITHIN_S = 2.0
ALERT = {"title": "Gas leak", "message": "Leave now.", "severity": "extreme"}


@contextmanager
def log_to_a_pipe(folder: Path) -> Iterator[list[bytes]]:
    """The hub's own log goes through a pipe: the limit on its files does not concern it. What it said."""
    said: list[bytes] = []
    os.mkfifo(folder / "hub.log")
    pipe = os.open(folder / "hub.log", os.O_RDWR)

    def read() -> None:
        while (data := os.read(pipe, 65_536)) != b"the end":
            said.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield said
    finally:
        os.write(pipe, b"the end")
        reader.join(10)
        os.close(pipe)


def limit_files(hub: HubProcess, size: int) -> None:
    """No file of the hub grows past so many bytes."""
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class Case:
    """A hub with screens, its PostgreSQL, its emergency log, and what it said."""

    def __init__(self, server: EmbeddedPostgres, hub: HubProcess, folder: Path, said: list[bytes]) -> None:
        self.server = server
        self.hub = hub
        self.file = folder / "data/emergencies.log"
        self.owner = server.url("clarion_full")
        self._said = said

    @property
    def said(self) -> str:
        return b"".join(self._said).decode()

    def press(self, api: httpx.Client, recorded: str) -> str:
        """The button: every screen shows it in time, whatever `recorded` says. The emergency's id."""
        pressed_s = time.monotonic()
        answer = api.post("/api/v1/emergencies", json=ALERT | {"title": f"Gas leak {pressed_s}"})
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        assert created["recorded"] == recorded
        path = f"/api/v1/emergencies/{created['id']}"
        wait_for(lambda: api.get(path).json()["rendered"] == SCREENS, "all show it", ALERTED_WITHIN_S)
        if recorded == "memory":
            took_s = time.monotonic() - pressed_s
            figures.record("disk full and PostgreSQL away: slowest screen of an emergency", took_s, "s")
        assert time.monotonic() - pressed_s < ALERTED_WITHIN_S
        return str(created["id"])

    def audit(self, emergency_id: str) -> list[str]:
        with psycopg.connect(self.owner) as connection:
            rows = connection.execute(
                "SELECT action FROM audit_log WHERE target_id = %s ORDER BY id", (emergency_id,)
            )
            return [row[0] for row in rows]

    def rendered(self, emergency_id: str) -> int:
        with psycopg.connect(self.owner) as connection:
            row = connection.execute(
                "SELECT count(rendered_at) FROM emergency_ledger WHERE emergency_id = %s", (emergency_id,)
            ).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def case(scratch_folder: Path, tmp_path: Path) -> Iterator[Case]:
    with EmbeddedPostgres(scratch_folder / "full", durable=False) as server:
        server.create_database("clarion_full")
        owner, role = server.url("clarion_full"), server.url("clarion_full", role=HUB_ROLE)
        migrate(owner)
        with (
            log_to_a_pipe(tmp_path) as said,
            running_hub(owner, role, tmp_path) as hub,
            fleet(hub, SCREENS, tmp_path, "--quiet"),
        ):
            wait_for(lambda: connected_screens(hub) == SCREENS, "all screens are connected")
            yield Case(server, hub, tmp_path, said)
        server.drop_database("clarion_full")


def test_an_alert_that_no_disk_takes_goes_out_in_time_and_is_on_record_once_when_postgresql_is_back(
    case: Case,
) -> None:
    with case.hub.sign_in() as api:
        case.server.stop()
        kept = case.press(api, "hub")
        before = case.file.read_bytes()
        limit_files(case.hub, len(before) + 40)
        held = case.press(api, "memory")
        assert case.file.read_bytes() == before, "what fitted of the line is taken back"
        assert "an emergency is on no record" in case.said
        cleared = api.post(f"/api/v1/emergencies/{kept}/clear")
        assert cleared.json()["status"] == "clearing"

        case.server.start()
        wait_for(lambda: metric(case.hub, "emergencies_unrecorded") == 0, "all is on record")
        wait_for(lambda: case.rendered(kept) == case.rendered(held) == SCREENS, "the ledgers are written")
        assert case.audit(kept) == ["emergency.created", "emergency.cleared"]
        assert case.audit(held) == ["emergency.created"]
        limit_files(case.hub, resource.RLIM_INFINITY)
        wait_for(lambda: case.file.read_bytes() == b"", "nothing is left in the file")
    assert case.audit(held) == ["emergency.created"]


def test_when_the_disk_has_room_again_what_was_in_memory_is_on_disk_and_outlives_the_hub(case: Case) -> None:
    with case.hub.sign_in() as api:
        case.server.stop()
        limit_files(case.hub, 0)
        held = case.press(api, "memory")
        assert case.file.read_bytes() == b""
        limit_files(case.hub, resource.RLIM_INFINITY)
        wait_for(lambda: held.encode() in case.file.read_bytes(), "it is in the file")
    case.hub.kill()
    case.server.start()
    case.hub.start()
    with case.hub.sign_in() as api:
        assert api.get(f"/api/v1/emergencies/{held}").json()["status"] == "live"
        wait_for(lambda: case.rendered(held) == SCREENS, "all are back and show it")
    assert case.audit(held) == ["emergency.created"]


def test_a_half_written_last_line_is_found_at_the_next_start_and_the_rest_is_kept(
    case: Case,
) -> None:
    with case.hub.sign_in() as api:
        case.server.stop()
        whole = case.press(api, "hub")
        torn = case.press(api, "hub")
    case.hub.kill()
    data = case.file.read_bytes()
    os.truncate(case.file, len(data) - 60)
    case.server.start()
    case.hub.start()
    with case.hub.sign_in() as api:
        assert api.get(f"/api/v1/emergencies/{whole}").json()["status"] == "live"
        assert api.get(f"/api/v1/emergencies/{torn}").status_code == 404
    wait_for(lambda: "cannot be read" in case.said, "the hub says so")
    assert case.file.with_suffix(".unreadable").read_bytes().rstrip(b"\n") == data.split(b"\n")[1][:-59]
    assert (case.audit(whole), case.audit(torn)) == (["emergency.created"], [])
