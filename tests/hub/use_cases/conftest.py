"""A lane of commands on a database of the test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from persistence.database import Database
from tests.hub.use_cases.lane import Stage


@pytest.fixture
async def stage(database_url: str, hub_database_url: str) -> AsyncIterator[Stage]:
    async with Database(hub_database_url, pool_size=2) as database:
        yield Stage(database, database_url)
