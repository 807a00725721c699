"""The player without a network: it starts from cold, shows its files, is made newer whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser_player.conftest import BROWSER_ARGUMENTS
from tests.browser_player.player_site import PlayerSite, player_site

_INSTALL: Final = """async () => {
  const { installed } = await import("/player/src/watch/updates.js");
  await installed();
}"""
_COLOUR: Final = "() => getComputedStyle(document.querySelector('#glass')).backgroundColor"
FILE: Final = "0123456789" * 10
SHA256: Final = hashlib.sha256(FILE.encode()).hexdigest()


@pytest.fixture
def site() -> Iterator[PlayerSite]:
    with player_site() as running:
        yield running


@pytest.fixture
def page(site: PlayerSite, browser: Browser) -> Iterator[Page]:
    """The player's page, its worker installed; what runs on it is asked for by the tests."""
    site.change("src/main.js", b"")
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"{site.url}/player/")
    opened.evaluate(_INSTALL)
    yield opened
    context.close()


def _launch(browser: Browser, path: Path, folder: Path) -> BrowserContext:
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=path, args=BROWSER_ARGUMENTS
    )


def test_it_starts_from_cold_with_nobody_there(
    site: PlayerSite, browser: Browser, chromium_path: Path, tmp_path: Path
) -> None:
    switched_on = _launch(browser, chromium_path, tmp_path)
    opened = switched_on.pages[0]
    opened.goto(f"{site.url}/player/")
    opened.evaluate(_INSTALL)
    switched_on.close()
    site.stop()
    again = _launch(browser, chromium_path, tmp_path)
    opened = again.pages[0]
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(f"{site.url}/player/")
    expect(opened.locator("#pairing")).to_be_visible()  # The program runs: it asks who it is.
    assert opened.evaluate(_COLOUR) == "rgb(0, 0, 0)" and complaints == []
    # Its policy came with it.
    policy = opened.evaluate("async () => (await fetch('/player/')).headers.get('Content-Security-Policy')")
    assert "script-src 'self'" in policy
    again.close()


def _fetch(page: Page, path: str, requested: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """async ({ path, requested }) => {
          const answer = await fetch(path, { headers: requested === null ? {} : { Range: requested } });
          const headers = Object.fromEntries(answer.headers);
          return { status: answer.status, text: await answer.text(), headers };
        }""",
        {"path": path, "requested": requested},
    )
    return found


def _keep(page: Page, path: str, content: str, kind: str) -> None:
    page.evaluate(
        """async ({ path, content, kind }) => (await caches.open("clarion-files")).put(
          path, new Response(content, { headers: { "Content-Type": kind } }))""",
        {"path": path, "content": content, "kind": kind},
    )


def test_kept_files_come_from_the_disk_in_parts_too_and_never_from_the_network(
    page: Page, site: PlayerSite
) -> None:
    path = f"/player/files/{SHA256}"
    assert _fetch(page, path)["status"] == 404
    _keep(page, path, FILE, "video/mp4")
    whole = _fetch(page, path)
    assert (whole["status"], whole["text"]) == (200, FILE)
    assert whole["headers"]["content-type"] == "video/mp4" and whole["headers"]["accept-ranges"] == "bytes"
    for requested, part in (
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=-7", (93, 99)),
        ("bytes=90-500", (90, 99)),
        ("bytes=-500", (0, 99)),
    ):
        found = _fetch(page, path, requested)
        assert found["status"] == 206 and found["text"] == FILE[part[0] : part[1] + 1], requested
        assert found["headers"]["content-range"] == f"bytes {part[0]}-{part[1]}/100"
    for requested in ("bytes=100-", "bytes=9-3", "bytes=-", "bytes=-0", "lines=1-2"):
        found = _fetch(page, path, requested)
        assert found["status"] == 416 and found["headers"]["content-range"] == "bytes */100", requested
    assert not [asked for asked, _ in site.asked if asked.startswith("/player/files/")]


def test_a_package_runs_where_it_can_reach_nothing(page: Page, site: PlayerSite) -> None:
    path = f"/player/packages/{SHA256}/index.html"
    script = """<!doctype html><script>
      const reach = {};
      const attempt = (name, what) => { try { what(); reach[name] = true; } catch { reach[name] = false; } };
      attempt("storage", () => localStorage.length);
      attempt("parent", () => parent.document.title);
      fetch("/player/").then(() => true, () => false).then((fetched) =>
        parent.postMessage({ ...reach, origin, fetched }, "*"));
    </script>"""
    _keep(page, path, script, "text/html")
    found = page.evaluate(
        """(path) => new Promise((resolve) => {
          addEventListener("message", ({ data }) => resolve(data), { once: true });
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts allow-same-origin";
          frame.src = path;
          document.body.append(frame);
        })""",
        path,
    )
    assert found == {"storage": False, "parent": False, "origin": "null", "fetched": False}
    assert "sandbox allow-scripts" in _fetch(page, path)["headers"]["content-security-policy"]


def test_a_file_is_no_page_of_the_players_whatever_type_it_has(page: Page) -> None:
    path = f"/player/files/{SHA256}"
    _keep(page, path, "<!doctype html><script>parent.postMessage(origin, '*')</script>", "text/html")
    said = page.evaluate(
        """(path) => new Promise((resolve) => {
          addEventListener("message", ({ data }) => resolve(data), { once: true });
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts allow-same-origin";
          frame.onload = () => setTimeout(() => resolve(frame.contentDocument), 200);
          frame.src = path;
          document.body.append(frame);
        })""",
        path,
    )
    assert said is None, "it ran nothing, and its frame is another origin's"
    assert "sandbox" in _fetch(page, path)["headers"]["content-security-policy"]


_LOOK: Final = """async (mayReload) => {
  const { installed, Updates } = await import("/player/src/watch/updates.js");
  window.the = { mayReload, reloads: 0 };
  const registration = await installed();
  window.updates ??= new Updates({
    registration, mayReload: () => window.the.mayReload, reload: () => { window.the.reloads += 1; },
  });
  return window.updates.look();
}"""


def _newer(site: PlayerSite, colour: str) -> str:
    sheet = site.files["player.css"].content + f"\n#glass {{ background: {colour}; }}".encode()
    site.change("player.css", sheet)
    return json.dumps(colour)


def test_a_newer_player_waits_for_the_end_of_an_alert(page: Page, site: PlayerSite) -> None:
    assert page.evaluate(_LOOK, True) is None
    _newer(site, "rgb(1, 2, 3)")
    page.clock.install()
    assert page.evaluate(_LOOK, False) is not None
    assert page.evaluate(_LOOK, False) is not None  # asked again meanwhile: it is still one start anew
    page.clock.run_for(600_000)
    assert page.evaluate("window.the.reloads") == 0 and page.evaluate(_COLOUR) == "rgb(0, 0, 0)"
    # What is in use stays in use, to the last file.
    css = "async () => (await (await fetch('/player/player.css')).text()).includes('rgb(1, 2, 3)')"
    assert page.evaluate(css) is False
    page.evaluate("() => { window.the.mayReload = true; }")
    page.clock.run_for(6_000)
    assert page.evaluate("window.the.reloads") == 1
    site.stop()
    page.reload()
    assert page.evaluate(_COLOUR) == "rgb(1, 2, 3)"
    shells = page.evaluate(
        "async () => (await caches.keys()).filter((name) => name.startsWith('clarion-shell-'))"
    )
    assert len(shells) == 1


def test_a_newer_player_that_did_not_come_whole_is_not_taken_up(page: Page, site: PlayerSite) -> None:
    _newer(site, "rgb(1, 2, 3)")
    site.torn.add("src/watch/updates.js")
    assert page.evaluate(_LOOK, True) is None
    page.reload()
    assert page.evaluate(_COLOUR) == "rgb(0, 0, 0)"
    site.torn.clear()
    assert page.evaluate(_LOOK, True) is not None
    page.reload()
    assert page.evaluate(_COLOUR) == "rgb(1, 2, 3)"


def test_the_worker_keeps_and_asks_for_nothing_but_the_player(page: Page, site: PlayerSite) -> None:
    page.evaluate("""async () => {
      const headers = { Authorization: "Bearer secret" };
      const paths = ["/api/v1/devices/me/manifest", "/player/nothing", "/media/1"];
      for (const path of paths) await fetch(path, { headers });
    }""")
    kept = page.evaluate("""async () => {
      const paths = [];
      for (const name of await caches.keys()) {
        const requests = await (await caches.open(name)).keys();
        paths.push(...requests.map((request) => new URL(request.url).pathname));
      }
      return paths;
    }""")
    wanted = {f"/player/{name}" for name in site.files if name != "sw.js"} | {"/player/shell.json"}
    assert set(kept) == wanted and len(kept) == len(wanted)
    # The page's own questions pass it by, with what they carry; those of the worker carry nothing.
    assert [path for path, token in site.asked if token is not None] == [
        "/api/v1/devices/me/manifest",
        "/player/nothing",
        "/media/1",
    ]


def test_it_can_be_installed(site: PlayerSite, browser: Browser, chromium_path: Path, tmp_path: Path) -> None:
    with _launch(browser, chromium_path, tmp_path) as context:
        page = context.pages[0]
        page.goto(f"{site.url}/player/")
        page.evaluate(_INSTALL)
        _check_that_it_can_be_installed(page)


def _check_that_it_can_be_installed(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == [] and manifest["url"].endswith("/player/player.webmanifest")
    assert session.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    said = json.loads(manifest["data"])
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in said["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in said["icons"]:
        size = page.evaluate(
            "async (src) => { const i = new Image(); i.src = src; await i.decode(); return i.naturalWidth; }",
            f"/player/{icon['src']}",
        )
        assert icon["sizes"] in (f"{size}x{size}", "any")
