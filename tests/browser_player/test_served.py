"""The hub serves the player: its files, their types, and a policy that lets it run nothing else."""

from __future__ import annotations

import httpx

from tests.browser_player.conftest import Modules
from tests.hub.hub_process import HubProcess


def test_the_player_and_its_files_are_served_with_a_policy(hub: HubProcess) -> None:
    page = httpx.get(f"{hub.url}/player/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "unsafe" not in policy
    script = httpx.get(f"{hub.url}/player/src/main.js")
    assert script.headers["content-type"].startswith("text/javascript")
    again = httpx.get(f"{hub.url}/player/src/main.js", headers={"If-None-Match": script.headers["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_nothing_else_of_the_disk_is_served(hub: HubProcess) -> None:
    for path in (
        "/player/../reference.py",
        "/player/%2e%2e/reference.py",
        "/player/src",
        "/player/nothing.js",
    ):
        assert httpx.get(f"{hub.url}{path}").status_code == 404


def test_its_modules_run_in_a_browser(modules: Modules) -> None:
    assert modules.run("return (await load('version.js')).PLAYER_VERSION").startswith("browser ")
