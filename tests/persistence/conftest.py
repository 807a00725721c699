"""Two tenants with a few devices each, and the journal's writer on their database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from persistence.database import Database
from persistence.journal import JournalWriter
from tests.persistence.premises import Premises


@pytest.fixture
def ours(database_url: str) -> Premises:
    return Premises(database_url, "ours")


@pytest.fixture
def theirs(database_url: str) -> Premises:
    return Premises(database_url, "theirs")


@pytest.fixture
async def writer(hub_database_url: str) -> AsyncIterator[JournalWriter]:
    async with Database(hub_database_url, pool_size=2, wait_s=1.0) as database:
        yield JournalWriter(database)
