"""What an operator sees, and how soon: a real Chromium on a real dashboard, while the whole fleet plays.

Rule 1: an instant is taken where it happens: by the driver as it sends, by the page as its document changes.
        Both read the clock of this machine.
Rule 2: the driver's screens go on being served. So the page writes down by itself what it shows and when, and
        is asked for it afterwards.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from loadtest.bench.chromium import START_WITH, NoChromium, find_chromium
from loadtest.bench.driver import Driver, Screen
from loadtest.bench.errors import BenchError
from loadtest.bench.players import Players
from loadtest.bench.process import ServerProcess, children_cpu_s, environment_of, free_port, usage

if TYPE_CHECKING:
    from playwright.sync_api import Page

_SAMPLE_EVERY_S: Final = 0.2237
"""Five screens in view say something new every second. No multiple of any beat between them and the page, so
that they meet all of its phases."""
_SAMPLES_WITHIN_S: Final = 60.0
_ROWS_IN_VIEW: Final = 15
_ASK_EVERY_S: Final = 0.25
_SHOWN_WITHIN_S: Final = 20.0

_WATCH: Final = """
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const playing = '.ag-center-cols-container [col-id="play"]';
  window.clarionSeen = {};
  window.clarionText = (testid) => document.querySelector(`[data-testid="${testid}"]`)?.textContent;
  window.clarionShown = () => [...document.querySelectorAll(playing)].map((cell) => cell.textContent);
  const look = () => {
    for (const text of clarionShown()) clarionSeen[text] ??= now();
    if (clarionText("emergency-percent") === "100 %") clarionSeen["100 %"] ??= now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
  document.addEventListener("click", () => sessionStorage.setItem("clarionClicked", now()), true);
})()
"""
"""Runs in every page before the page's own scripts. `clarionSeen`: when each text was there first, in
milliseconds since 1970; of the click, which leads to another page, the browser itself keeps the instant."""


class Account(NamedTuple):
    """Where the hub is, and an operator of it who may give alarm."""

    hub_url: str
    email: str
    password: str


def missing() -> str | None:
    """Why nothing can be seen on this machine, in a sentence; None when all is there."""
    try:
        import playwright  # noqa: F401

        find_chromium()
    except ImportError:
        return "Playwright is not installed (a development dependency)"
    except NoChromium as reason:
        return str(reason)
    return None


def measure(account: Account, driver: Driver, folder: Path, samples: int) -> dict[str, float]:
    """`browser_change` (ms), `browser_cpu` (% of a core) and `browser_alert` (ms), with every screen of
    `driver`, which have said hello. `folder`: where the dashboard keeps what it keeps. `samples`: how many
    changes are watched.

    Raises BenchError when a change or the alert never shows.
    """
    players = Players(driver)
    with _dashboard(account, folder) as dashboard, _page() as page:
        _sign_in(page, dashboard.url, account)
        change_ms, cpu_percent = _changes(page, players, dashboard.server, samples)
        alert_ms = _alert(page, players, dashboard.url)
    players.rest()
    return {"browser_change": change_ms, "browser_cpu": cpu_percent, "browser_alert": alert_ms}


class _Dashboard(NamedTuple):
    server: ServerProcess
    url: str


@contextmanager
def _dashboard(account: Account, folder: Path) -> Iterator[_Dashboard]:
    port = free_port()
    settings = {
        "CLARION_DATA_DIR": str(folder),
        "CLARION_HUB_URL": account.hub_url,
        "CLARION_DASHBOARD_PORT": str(port),
    }
    command = [sys.executable, "-m", "dashboard"]
    log = folder / "dashboard.log"
    with ServerProcess("the dashboard", command, environment_of(settings), log) as server:
        server.until_it_listens(port, 20)
        yield _Dashboard(server, f"http://127.0.0.1:{port}")


@contextmanager
def _page() -> Iterator[Page]:
    from playwright.sync_api import Error, sync_playwright  # a development dependency: who measures has it

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=START_WITH)
        try:
            page = chromium.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(_SHOWN_WITHIN_S * 1000)
            page.add_init_script(_WATCH)
            yield page
        except Error as error:
            raise BenchError(f"the browser: {error.message.splitlines()[0]}") from None
        finally:
            chromium.close()


def _sign_in(page: Page, url: str, account: Account) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_test_id("sign-in-email").fill(account.email)
    page.get_by_test_id("sign-in-password").fill(account.password)
    page.keyboard.press("Enter")
    page.locator(".ag-center-cols-container .ag-row").first.wait_for()


# ---- a status that changes ----


def _changes(page: Page, players: Players, dashboard: ServerProcess, samples: int) -> tuple[float, float]:
    """The 99th percentile (ms) from a heartbeat until the page shows what it says; and the dashboard's
    processor time meanwhile (% of a core)."""
    in_view = _in_view(page, players)
    players.watch(in_view)
    # All numbers came before this, and what comes before is shown before: now the page is at rest.
    players.say(in_view[0], "Begin")
    _until(page, players, "what a screen plays", "() => 'Begin' in clarionSeen")
    said_s: dict[str, float] = {}
    began_s, used_s = time.perf_counter(), _used_s(dashboard)

    def all_have_said_something() -> bool:
        if len(said_s) < (time.perf_counter() - began_s) / _SAMPLE_EVERY_S:
            item = f"Watched {len(said_s)}"
            said_s[item] = players.say(in_view[len(said_s) % len(in_view)], item)
        return len(said_s) >= samples

    players.play_until(all_have_said_something, _SAMPLES_WITHIN_S, lambda: "the driver was too slow")
    cpu_percent = (_used_s(dashboard) - used_s) / (time.perf_counter() - began_s) * 100
    _until(page, players, "every change", "(all) => all.every((text) => text in clarionSeen)", list(said_s))
    seen_ms: dict[str, float] = page.evaluate("clarionSeen")
    waits_ms = sorted(seen_ms[item] - at_s * 1000 for item, at_s in said_s.items())
    return waits_ms[math.ceil(len(waits_ms) * 0.99) - 1], cpu_percent


def _in_view(page: Page, players: Players) -> list[Screen]:
    """The screens whose rows the page shows, found by what they play: for a moment, their own numbers."""
    numbered = {f"Number {screen.number}": screen for screen in players.screens}
    players.watch(players.screens)
    for text, screen in numbered.items():
        players.say(screen, text)
    rows = min(_ROWS_IN_VIEW, len(numbered))
    _until(
        page,
        players,
        f"what {rows} screens play",
        "(rows) => clarionShown().filter((text) => text.startsWith('Number')).length >= rows",
        rows,
    )
    shown: list[str] = page.evaluate("clarionShown()")
    return [numbered[text] for text in shown[:rows]]


def _used_s(server: ServerProcess) -> float:
    return usage(server.pid).cpu_s + children_cpu_s(server.pid)


# ---- an emergency ----


def _alert(page: Page, players: Players, url: str) -> float:
    """From the operator's last click until the page shows that every screen shows the alert (ms)."""
    page.goto(f"{url}/emergency")
    page.get_by_test_id("template-test").click()
    page.get_by_test_id("emergency-send").click()
    _click_soon(page, "confirm-action")
    players.play_until_all_answered("the alert")
    page.wait_for_url("**/emergencies/*", wait_until="commit")
    _until(page, players, "100 %", "() => '100 %' in clarionSeen")
    waited_ms: float = page.evaluate(
        "clarionSeen['100 %'] - Number(sessionStorage.getItem('clarionClicked'))"
    )
    # As it was found: what is measured next shall meet no emergency.
    page.get_by_test_id("emergency-all-clear").click()
    _click_soon(page, "confirm-action")
    players.play_until_all_answered("the all-clear")
    _until(page, players, "the end of the alert", "() => clarionText('emergency-status') === 'Cleared'")
    return waited_ms


def _click_soon(page: Page, testid: str) -> None:
    """A click that comes by itself: whoever clicks through Playwright waits for it, and serves no screen."""
    page.get_by_test_id(testid).evaluate("(button) => { setTimeout(() => button.click(), 100); }")


def _until(page: Page, players: Players, what: str, fact: str, given: object = None) -> None:
    """Play on until the page says that it is so; `what` it shows then. Raises BenchError."""
    asked_s = 0.0

    def says_so() -> bool:
        nonlocal asked_s
        if time.perf_counter() - asked_s < _ASK_EVERY_S:
            return False
        asked_s = time.perf_counter()
        return bool(page.evaluate(fact, given))

    players.play_until(says_so, _SHOWN_WITHIN_S, lambda: f"the page did not show {what}")
