"""What every test can ask for: a real PostgreSQL, a migrated database of its own, a real browser.

A coroutine test runs on trio, unless it is marked asyncio (the dashboard's).
"""

from __future__ import annotations

import inspect
import itertools
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from loadtest.bench.chromium import find_chromium
from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from tests.chromium import find_headless_shell

# Where a test sets up no log: the library's own paints every variable of a trace, for minutes if one is deep.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

_TEMPLATE = "clarion_template"
_database_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coroutine tests run on trio unless they are marked asyncio."""
    for item in items:
        if (
            isinstance(item, pytest.Function)
            and inspect.iscoroutinefunction(item.function)
            and item.get_closest_marker("asyncio") is None
        ):
            item.add_marker(pytest.mark.trio)


@pytest.fixture(scope="session")
def scratch_folder() -> Iterator[Path]:
    """A short path that other users of the system can pass through; what is in it is up to its maker.

    pytest's own folders are closed to others, and as root PostgreSQL runs as another user.
    """
    folder = Path("/tmp") / f"clarion-tests-{os.getpid()}-{secrets.token_hex(3)}"
    folder.mkdir()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(scratch_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The session's PostgreSQL 18, with a migrated database to copy."""
    from persistence.migrate import migrate  # where only unit tests run, nothing of the database is imported

    with EmbeddedPostgres(scratch_folder / "session", durable=False) as server:
        server.create_database(_TEMPLATE)
        migrate(server.url(_TEMPLATE))
        yield server


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A fresh, migrated database of this test's own, as its owner, whom no policy binds."""
    name = f"test_{next(_database_numbers)}"
    postgres.create_database(name, template=_TEMPLATE)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def hub_database_url(postgres: EmbeddedPostgres, database_url: str) -> str:
    """The same database as `database_url`, as the hub's role, whom row-level security binds."""
    return database_url.replace("clarion_owner@", f"{HUB_ROLE}@")


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The Chromium that a kiosk runs; without one the test fails, it never skips."""
    return find_chromium()


@pytest.fixture(scope="session")
def headless_shell() -> Path:
    """The same engine without a window of its own, for pages that people open."""
    return find_headless_shell()
