"""Two tenants, each with everything there is, and the application that both use."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hub.api.conftest import Api, running_api
from tests.isolation.occupied import Occupied, occupy


@pytest.fixture
def ours(database_url: str) -> Occupied:
    return occupy(database_url, "Ours")


@pytest.fixture
def theirs(database_url: str) -> Occupied:
    return occupy(database_url, "Theirs")


@pytest.fixture
async def api(database_url: str, tmp_path: Path, ours: Occupied, theirs: Occupied) -> AsyncIterator[Api]:
    """The application, after both tenants were made."""
    async with running_api(database_url, tmp_path) as api:
        yield api
