"""The key that signs the browsers' cookies: generated once, readable by its owner only."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def kept_secret(data_dir: Path) -> str:
    """The key in `data_dir`/secrets/dashboard.key; made (mode 0600) when there is none. Raises OSError."""
    path = data_dir / "secrets" / "dashboard.key"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        # Created with its final mode, and only if nobody else was first: two processes agree on one key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key
