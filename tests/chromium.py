"""The browser of the browser tests: where it is and, asked by `make`, how it is installed.

    python -m tests.chromium             prints its path, or one line on what is missing
    python -m tests.chromium --install   installs it first if there is none

A browser test never skips: without a browser the run stops before it begins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoChromium(Exception):
    """There is no Chromium here; the message is one line that says what to do."""


def find_chromium(env: Mapping[str, str] = os.environ) -> Path:
    """CLARION_CHROMIUM, or one on the PATH, or Playwright's own.

    Raises NoChromium when there is none, or CLARION_CHROMIUM names none.
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
    raise NoChromium(
        "No Chromium for the browser tests: install one (package chromium), or set CLARION_CHROMIUM."
    )


def install_chromium(env: Mapping[str, str] = os.environ) -> None:
    """On Debian as root the system's package; elsewhere, or if that fails, the build that Playwright brings.

    Raises NoChromium when neither can be installed.
    """
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
    if os.geteuid() == 0 and shutil.which("apt-get", path=env.get("PATH")) is not None:
        ways.insert(0, [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]])
    for steps in ways:
        print(f"Installing a Chromium for the browser tests: {' '.join(steps[-1])}", file=sys.stderr)
        if all(subprocess.run(step, env=quiet, stdout=sys.stderr.fileno()).returncode == 0 for step in steps):
            return
    raise NoChromium(
        "A Chromium for the browser tests could not be installed: install one (package chromium), "
        "or set CLARION_CHROMIUM to its path."
    )


def _playwrights_own() -> Path:
    from playwright.sync_api import sync_playwright  # slow to import, and seldom needed

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)


def main(arguments: list[str]) -> int:
    """Print the browser's path; with `--install`, get one first if need be. Returns the exit status."""
    try:
        try:
            path = find_chromium()
        except NoChromium:
            if "--install" not in arguments or os.environ.get("CLARION_CHROMIUM", "").strip():
                raise
            install_chromium()
            path = find_chromium()
    except NoChromium as error:
        print(error, file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
