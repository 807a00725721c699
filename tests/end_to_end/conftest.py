"""What the end-to-end tests share: a real hub on a real PostgreSQL, and processes around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.hub_process import HubProcess, running_hub


@pytest.fixture
def hub(database_url: str, hub_database_url: str, tmp_path: Path) -> Iterator[HubProcess]:
    """A hub of this test's own."""
    with running_hub(database_url, hub_database_url, tmp_path) as running:
        yield running
