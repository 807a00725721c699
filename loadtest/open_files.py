"""The limit that a large fleet meets first: how many files, and so sockets, one process may hold."""

from __future__ import annotations

import sys
from typing import Final

from loadtest.errors import OpenFilesLimit

# Python itself, the HTTP client, trio's wake-up sockets, and room for connections that are on their way out.
BESIDE_SCREENS: Final = 128


def allow_open_files(screens: int) -> None:
    """Raise this process's limit so that it can hold a socket for each of `screens`.

    Raises OpenFilesLimit when the system does not allow it. Windows has no such limit.
    """
    if sys.platform == "win32":
        return
    import resource  # does not exist on Windows

    needed = screens + BESIDE_SCREENS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft == unlimited or soft >= needed:
        return
    wanted_hard = hard if hard == unlimited or hard >= needed else needed
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, wanted_hard))
    except (ValueError, OSError):
        raise OpenFilesLimit(
            f"{screens} screens need {needed} open files and the limit here is {hard}: "
            f"raise it (ulimit -Hn {needed}, as root) or simulate at most {max(0, hard - BESIDE_SCREENS)}."
        ) from None
