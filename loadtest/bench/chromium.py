"""The Chromium of this machine: what the benchmark and the browser tests look through."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

START_WITH: Final = ("--no-sandbox", "--disable-gpu")
"""What it is started with: it opens pages of this machine only, on machines without a graphics card too."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromium(Exception):
    """There is no Chromium here; the message is one line that says what to do."""


def find_chromium(env: Mapping[str, str] = os.environ) -> Path:
    """CLARION_CHROMIUM, or one on the PATH, or Playwright's own.

    Raises NoChromium when there is none, or CLARION_CHROMIUM names none; ImportError without Playwright, when
    only that could know of one.
    """
    chosen = env.get("CLARION_CHROMIUM", "").strip()
    if chosen:
        found = shutil.which(chosen, path=env.get("PATH"))
        if found is None:
            raise NoChromium(f"CLARION_CHROMIUM={chosen}: there is no such program.")
        return Path(found)
    for name in _NAMES:
        found = shutil.which(name, path=env.get("PATH"))
        if found is not None:
            return Path(found)
    own = _playwrights_own()
    if own.is_file():
        return own
    raise NoChromium("There is no Chromium here: install one (package chromium), or set CLARION_CHROMIUM.")


def _playwrights_own() -> Path:
    from playwright.sync_api import sync_playwright  # slow to import, and seldom needed

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)
