"""The content version of a tenant. Triggers raise it with whatever changes what some screen plays."""

from __future__ import annotations

from persistence.repositories.base import Repository


class ContentVersions(Repository):
    """One row. Read it before what is to be kept under it: see `hub.content_cache`."""

    def now(self) -> str:
        """The version, and which transaction wrote it: a database that was restored from a backup counts
        the same numbers again, for other contents."""
        row = self._row(
            "SELECT version || '.' || xmin AS now FROM content_versions WHERE tenant_id = %(tenant)s"
        )
        return "0" if row is None else str(row["now"])
