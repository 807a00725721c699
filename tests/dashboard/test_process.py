"""The dashboard as a process: it starts, says where it is, and ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import sync_playwright

ENDS_WITHIN_S = 2.0


@contextmanager
def started(folder: Path, **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A dashboard that answers, on a port of the system's choice, and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard"],
        env={
            **os.environ,
            "CLARION_DASHBOARD_PORT": "0",
            "CLARION_DATA_DIR": str(folder),
            "CLARION_HUB_URL": "http://127.0.0.1:9",
            **env,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert said is not None
        yield process, said.group()
    finally:
        process.kill()
        process.wait()


def test_it_says_where_it_is_and_answers_there(tmp_path: Path) -> None:
    with started(tmp_path) as (_, url):
        assert httpx.get(f"{url}/health").json() == {"status": "ok"}
        assert httpx.get(url, follow_redirects=True).is_success


@pytest.mark.alone
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_ends_in_order_although_a_page_is_open(
    tmp_path: Path, headless_shell: Path, number: signal.Signals
) -> None:
    with started(tmp_path) as (process, url), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(headless_shell), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(url)
        page.wait_for_function("window.did_handshake")
        told = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - told < ENDS_WITHIN_S
        browser.close()


def test_it_ends_with_its_standard_input(tmp_path: Path) -> None:
    with started(tmp_path, CLARION_STOP_WITH_STDIN="1") as (process, _):
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-m", "dashboard"],
            env={**os.environ, "CLARION_DASHBOARD_PORT": port, "CLARION_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1 and port in ended.stderr and "CLARION_DASHBOARD_PORT" in ended.stderr


def test_a_setting_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "dashboard"],
        env={**os.environ, "CLARION_HUB_URL": "nonsense", "CLARION_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1 and "CLARION_HUB_URL" in ended.stderr


def test_while_the_hub_is_away_signing_in_says_so(tmp_path: Path) -> None:
    with started(tmp_path) as (_, url), httpx.Client(base_url=url, follow_redirects=True) as browser:
        browser.get("/sign-in")
        form = {"tenant_id": "x", "email": "a@b.c", "password": "secret"}
        assert "The hub does not answer" in browser.post("/sign-in", data=form).text


def test_a_sign_in_form_from_another_site_is_not_taken(tmp_path: Path) -> None:
    with started(tmp_path) as (_, url), httpx.Client(base_url=url, follow_redirects=True) as browser:
        form = {"tenant_id": "x", "email": "a@b.c", "password": "secret"}
        answer = browser.post("/sign-in", data=form, headers={"Origin": "https://evil.example"})
        assert "from another site" in answer.text
