"""The browsers of the browser tests, installed when `make` asks for them.

    python -m tests.chromium             prints where they are, or one line on what is missing
    python -m tests.chromium --install   installs first what is not there

The player is looked at in the whole Chromium that a kiosk runs; pages of the dashboard in its headless shell:
the same engine without the browser's own window, for a fifth of the processor time.
A browser test never skips: without a browser the run stops before it begins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from loadtest.bench.chromium import NoChromium, find_chromium

_HEADLESS_SHELL: Final = "chromium-headless-shell"
_APT_INSTALL: Final = ("apt-get", "install", "-y", "-qq")


def find_headless_shell(env: Mapping[str, str] = os.environ) -> Path:
    """The headless shell on the PATH; the whole browser where there is none, or CLARION_CHROMIUM names one.

    Raises NoChromium as `find_chromium` does.
    """
    found = None if _is_chosen(env) else shutil.which(_HEADLESS_SHELL, path=env.get("PATH"))
    return find_chromium(env) if found is None else Path(found)


def install_browsers(env: Mapping[str, str] = os.environ) -> None:
    """What is missing: on Debian as root the system's packages; elsewhere the build that Playwright brings.

    Raises NoChromium when there is no Chromium then. Without its headless shell the tests take longer.
    """
    on_debian = os.geteuid() == 0 and shutil.which("apt-get", path=env.get("PATH")) is not None
    if not _is_there(env):
        ways = [[[sys.executable, "-m", "playwright", "install", "chromium"]]]
        if on_debian:
            ways.insert(0, [["apt-get", "update", "-qq"], [*_APT_INSTALL, "chromium"]])
        if not any(all(_carry_out(step, env) for step in steps) for steps in ways):
            raise NoChromium(
                "A Chromium for the browser tests could not be installed: install one (package chromium), "
                "or set CLARION_CHROMIUM to its path."
            )
    # Not everywhere is there such a package, and none is looked for in vain each time.
    if on_debian and find_headless_shell(env) == find_chromium(env) and _is_offered(_HEADLESS_SHELL):
        _carry_out([*_APT_INSTALL, _HEADLESS_SHELL], env)


def _is_there(env: Mapping[str, str]) -> bool:
    try:
        return find_chromium(env).is_file()
    except NoChromium:
        return False


def _is_offered(package: str) -> bool:
    asked = subprocess.run(["apt-cache", "show", package], capture_output=True)
    return asked.returncode == 0


def _carry_out(step: list[str], env: Mapping[str, str]) -> bool:
    print(f"For the browser tests: {' '.join(step)}", file=sys.stderr)
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(step, env=quiet, stdout=sys.stderr.fileno()).returncode == 0


def _is_chosen(env: Mapping[str, str]) -> bool:
    return bool(env.get("CLARION_CHROMIUM", "").strip())


def main(arguments: list[str]) -> int:
    """Print the browsers' paths; with `--install`, get first what is missing. Returns the exit status."""
    try:
        if "--install" in arguments and not _is_chosen(os.environ):
            install_browsers()
        print(find_chromium(), find_headless_shell(), sep="\n")
    except NoChromium as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
