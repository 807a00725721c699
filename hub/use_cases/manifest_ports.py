"""What manifests, and what is kept of contents, need of PostgreSQL. See `hub.use_cases.ports`."""

from __future__ import annotations

from typing import Protocol


class ContentVersions(Protocol):
    """The content version of the tenant."""

    def now(self) -> str:
        """Other than before as soon as anything has changed that some screen plays."""
