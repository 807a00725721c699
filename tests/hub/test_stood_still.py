"""A hub whose process stood still for a while hears what its screens said meanwhile before it judges them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from persistence.owner import connect_as_owner
from protocol.vocabulary import PRESENCE_SENTENCES, PresenceReason
from tests.end_to_end.companions import connected_screens, wait_for
from tests.guarantees.agents import Agents
from tests.hub.hub_process import running_hub

SCREENS = 200
INTERVAL_S = 2.0
STILL_S = 2 * INTERVAL_S
"""Longer than a silence that counts; too short for the screens to give up the hub."""

pytestmark = pytest.mark.alone


def test_screens_that_talked_while_the_hub_stood_still_are_not_called_silent(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    env = {"CLARION_HEARTBEAT_INTERVAL_S": str(INTERVAL_S)}
    with running_hub(database_url, hub_database_url, tmp_path, env) as hub, Agents(hub, SCREENS, tmp_path):
        wait_for(lambda: connected_screens(hub) == SCREENS, "all are connected")
        os.kill(hub.pid, signal.SIGSTOP)
        try:
            until = time.monotonic() + STILL_S
            while (left_s := until - time.monotonic()) > 0:
                time.sleep(left_s)
        finally:
            os.kill(hub.pid, signal.SIGCONT)
        heard = time.time() + 2 * INTERVAL_S
        wait_for(lambda: time.time() > heard and connected_screens(hub) == SCREENS, "it goes on")
        with connect_as_owner(database_url) as connection:
            # A screen may have given the hub up meanwhile, by its own clock; that is no word of the hub's.
            silent = connection.execute(
                "SELECT text FROM device_events WHERE kind = 'offline' AND text LIKE %s",
                (f"%{PRESENCE_SENTENCES[PresenceReason.HEARTBEAT_LOST]}%",),
            ).fetchall()
        assert silent == []
