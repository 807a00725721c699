"""A real screen: a Chromium with a profile of its own that opens the player, and can be killed."""

from __future__ import annotations

import base64
import io
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from PIL import Image, ImageStat
from playwright.sync_api import CDPSession, Page, Playwright, WebSocketRoute

from tests.dashboard.houses import signed_in
from tests.end_to_end.companions import Fact, wait_for
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_MS

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--window-size=960,540",
    "--remote-debugging-port=0",
)
ENDS_WITHIN_S = 10.0
DARKEST = 12.0
"""Brightness below which a frame is black: the films of these tests begin at 30."""


class Painted(NamedTuple):
    """The middle of one frame that the browser painted. `at`: seconds of `time.time()`; `brightness`: 0 is
    black."""

    at: float
    brightness: float
    colour: tuple[int, int, int]


class Glass:
    """A kiosk: `power_on` starts the browser at the player, `power_off` takes the current away (SIGKILL).
    `page` is what one would see."""

    def __init__(self, playwright: Playwright, chromium: Path, folder: Path, address: str) -> None:
        self.address = address
        self.folder = folder
        self._playwright = playwright
        self._chromium = chromium
        self._process: subprocess.Popen[bytes] | None = None
        self.page: Page
        self.said: list[str] = []
        """What the page wrote to its console."""
        self.asked: list[str] = []
        """Every address that it asked for."""
        self.tamper: Callable[[str], str] | None = None
        """What somebody on the line makes of each frame of the hub."""

    def power_on(self, fragment: str = "") -> Page:
        port_file = self.folder / "DevToolsActivePort"
        port_file.unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(self._chromium),
                    *ARGUMENTS,
                    f"--user-data-dir={self.folder}",
                    "about:blank",
                ],
                stdout=log,
                stderr=log,
            )
        wait_for(
            lambda: port_file.is_file() and port_file.read_text().count("\n") >= 1, "the browser is there"
        )
        port = port_file.read_text().splitlines()[0]
        browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        context = browser.contexts[0]
        context.set_default_timeout(PATIENCE_MS)
        self.page = context.pages[0] if context.pages else context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        if self.tamper is not None:
            self.page.route_web_socket(re.compile("/ws"), self._on_the_line)
        self.page.goto(self.address + fragment)
        return self.page

    def _on_the_line(self, screen: WebSocketRoute) -> None:
        hub = screen.connect_to_server()
        tamper = self.tamper or str
        hub.on_message(lambda frame: screen.send(tamper(frame) if isinstance(frame, str) else frame))

    def power_off(self) -> None:
        """As when the plug is pulled: no goodbye, nothing written that was not yet."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait(ENDS_WITHIN_S)

    def memory_bytes(self) -> int:
        """What the process of the page holds of this machine's memory."""
        ours = {str(self._process.pid)} if self._process else set()
        largest = 0
        for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
            with suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if folder.name in ours or parent in ours:
                    ours.add(folder.name)
                    if b"--type=renderer" in (folder / "cmdline").read_bytes():
                        pages = int((folder / "statm").read_text().split()[1])
                        largest = max(largest, pages * resource.getpagesize())
        return largest

    def until(self, look: Callable[[], Fact], what: str, within_s: float = 30.0) -> Fact:
        """What `look` finds, as `wait_for`; meanwhile the browser is listened to."""
        deadline = time.monotonic() + within_s
        while not (found := look()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s:.0f} s: {what}\n{self.said[-20:]}")
            self.page.wait_for_timeout(20)
        return found

    def watch(self, seconds: float) -> list[Painted]:
        """Every frame that is painted for so long, as the browser hands them out."""
        frames: list[Painted] = []
        session: CDPSession = self.page.context.new_cdp_session(self.page)

        def seen(frame: dict[str, Any]) -> None:
            frames.append(_judged(frame["data"], frame["metadata"]["timestamp"]))
            session.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

        session.on("Page.screencastFrame", seen)
        session.send("Page.startScreencast", {"format": "png", "maxWidth": 240, "maxHeight": 135})
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.page.wait_for_timeout(50)  # playwright hands out events while it waits
        session.send("Page.stopScreencast")
        session.detach()
        return frames


def _judged(png: str, at: float) -> Painted:
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    # The middle: beside it may be bars, where the glass is not as wide as the picture.
    width, height = image.size
    middle = image.crop((width // 3, height // 3, width * 2 // 3, height * 2 // 3))
    mean = ImageStat.Stat(middle).mean
    red, green, blue = (round(value) for value in mean)
    return Painted(at, sum(mean) / 3, (red, green, blue))


@contextmanager
def glass(playwright: Playwright, chromium: Path, hub: HubProcess, folder: Path) -> Iterator[Glass]:
    """A browser for the player of this hub, not switched on yet."""
    made = Glass(playwright, chromium, folder, f"{hub.url}/player/")
    try:
        yield made
    finally:
        made.power_off()


def enrolled(screen: Glass, hub: HubProcess) -> str:
    """Switch it on, approve it by the code that it shows, and wait until it is online; its id."""
    page = screen.power_on(f"#enrol={hub.people.enrolment_key}")
    shown = page.locator(".pairing-code")
    screen.until(shown.is_visible, "a code is shown")
    code = "".join((shown.text_content() or "").split())
    with signed_in(hub) as api:
        waiting = api.get("/devices", params={"status": "pending"}).json()["items"]
        device_id = next(row["id"] for row in waiting if row["pairing_code"] == code)
        api.post(f"/devices/{device_id}/approve", json={"pairing_code": code}).raise_for_status()
        screen.until(lambda: is_online(api, device_id), "it is online")
    return str(device_id)


def is_online(api: httpx.Client, device_id: str) -> bool:
    """Whether the hub has the screen on a link."""
    return bool(api.get(f"/devices/{device_id}").json()["presence"] == "online")


def in_turn(seen: list[Painted], *colours: tuple[int, int, int]) -> bool:
    """Whether these colours were on the glass one after the other, again and again."""
    found = [colour for frame in seen for colour in colours if near(frame.colour, colour)]
    changes = [colour for n, colour in enumerate(found) if n == 0 or found[n - 1] != colour]
    first = colours.index(changes[0])
    return len(changes) >= len(colours) and changes == [
        colours[(first + n) % len(colours)] for n in range(len(changes))
    ]


def near(one: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    return all(abs(mine - theirs) <= 12 for mine, theirs in zip(one, other, strict=True))
