"""The hub serves the player: its files, their types, and a policy that lets it run nothing else."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

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
    assert "a fault" not in hub.log.read_text()


def test_it_is_opened_as_a_folder_whatever_was_typed(hub: HubProcess) -> None:
    typed = httpx.get(f"{hub.url}/player")
    assert (typed.status_code, typed.headers["location"]) == (308, "/player/")


def test_nothing_of_it_is_kept_unasked_and_what_is_the_same_is_not_sent_again(hub: HubProcess) -> None:
    for name in ("", "sw.js", "player.css", "player.webmanifest", "icons/icon-192.png"):
        first = httpx.get(f"{hub.url}/player/{name}")
        assert first.status_code == 200 and first.headers["cache-control"] == "no-cache", name
        for tag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"other", {first.headers["etag"]}'):
            again = httpx.get(f"{hub.url}/player/{name}", headers={"If-None-Match": tag})
            assert (again.status_code, again.content) == (304, b""), name


def test_the_worker_may_serve_the_player_and_nobody_else_may_use_what_it_is_made_of(hub: HubProcess) -> None:
    headers = httpx.get(f"{hub.url}/player/sw.js").headers
    assert headers["content-type"].startswith("text/javascript")
    assert headers["service-worker-allowed"] == "/player/"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    for refused in ("camera=()", "picture-in-picture=()", "fullscreen=(self)"):
        assert refused in headers["permissions-policy"]


def test_every_file_of_the_player_and_of_the_vectors_is_installed_with_clarion() -> None:
    root = Path(__file__).parents[2]
    setup = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    patterns = setup["package-data"]["*"]
    missing = [
        str(path)
        for path in (*(root / "player/web").rglob("*"), *(root / "protocol/vectors").iterdir())
        if path.is_file() and not any(fnmatch(path.name, pattern) for pattern in patterns)
    ]
    assert missing == []


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
