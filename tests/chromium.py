"""The browser of the browser tests, installed when `make` asks for it.

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

from loadtest.bench.chromium import NoChromium, find_chromium


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
