"""The processes beside a hub: a simulated fleet, a dashboard. Each ends with the block that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx

from tests.hub.hub_process import HubProcess, free_port
from tests.patience import PATIENCE_S

Fact = TypeVar("Fact")


def wait_for(look: Callable[[], Fact], what: str, within_s: float = PATIENCE_S) -> Fact:
    """What `look` finds, as soon as it finds something. Fails when it does not in time."""
    deadline = time.monotonic() + within_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:.0f} s: {what}")
        time.sleep(0.02)
    return found


@contextmanager
def running(command: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as the block lasts."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        finally:
            process.kill()


@contextmanager
def fleet(hub: HubProcess, screens: int, folder: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """So many approved, simulated screens."""
    env = {
        "CLARION_SIMULATE_TENANT_ID": hub.people.tenant_id,
        "CLARION_SIMULATE_EMAIL": hub.people.operator_email,
        "CLARION_SIMULATE_PASSWORD": hub.people.operator_password or "",
    }
    command = [
        sys.executable,
        "-m",
        "loadtest",
        "simulate",
        "--hub",
        hub.url,
        "--screens",
        str(screens),
        "--approve",
    ]
    with running([*command, *options], env, folder / "fleet.log") as process:
        yield process


@contextmanager
def asking_screen(hub: HubProcess, folder: Path, prefix: str) -> Iterator[subprocess.Popen[bytes]]:
    """One screen that asks to be let in, and waits for an operator."""
    env = {"CLARION_ENROLMENT_KEY": hub.people.enrolment_key or ""}
    command = [
        sys.executable,
        "-m",
        "loadtest",
        "simulate",
        "--hub",
        hub.url,
        "--screens",
        "1",
        "--prefix",
        prefix,
    ]
    with running(command, env, folder / "asking.log") as process:
        yield process


@contextmanager
def dashboard(hub: HubProcess, folder: Path, more: dict[str, str] | None = None) -> Iterator[str]:
    """A dashboard for the hub; its address. `more`: variables of its environment, beside the usual."""
    port = free_port()
    env = {
        **(more or {}),
        "CLARION_HUB_URL": hub.url,
        "CLARION_DASHBOARD_PORT": str(port),
        "CLARION_DATA_DIR": str(folder / "dashboard"),
    }
    url = f"http://127.0.0.1:{port}"
    with running([sys.executable, "-m", "dashboard"], env, folder / "dashboard.log"):
        wait_for(lambda: _answers(url), "the dashboard answers")
        yield url


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5.0, follow_redirects=True).is_success
    except httpx.HTTPError:
        return False


def connected_screens(hub: HubProcess) -> int:
    """How many screens have a live session, as the hub measures it."""
    text = httpx.get(f"{hub.url}/metrics", timeout=PATIENCE_S).text
    line = next(line for line in text.splitlines() if line.startswith("clarion_screens_connected "))
    return int(float(line.split()[1]))
