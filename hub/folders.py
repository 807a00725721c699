"""Folders on this machine's disk: what they name must still be there after a power cut."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def sync_names(folder: Path) -> None:
    """A file that the folder does not know after a power cut is as lost as its contents."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
