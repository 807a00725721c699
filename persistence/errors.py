"""What can go wrong between Clarion and PostgreSQL or Redis, each with one line for whoever reads it."""

from __future__ import annotations


class DatabaseUnavailable(Exception):
    """PostgreSQL did not answer in time, or not at all. Nothing was committed that the caller may rely on."""


class UnsafeDatabaseRole(Exception):
    """The connection could look across tenants, so the hub must not use it."""


class MigrationFailed(Exception):
    """The database cannot be brought to what this version of Clarion expects. Nothing was changed."""


class RedisUnavailable(Exception):
    """Redis did not answer. Nothing is lost: what it has is ephemeral, and every hub can do without."""
