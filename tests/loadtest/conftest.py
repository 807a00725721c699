"""A real hub for all of these tests: each uses hardware ids of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from persistence.migrate import migrate
from tests.hub.hub_process import HubProcess


@pytest.fixture(scope="package")
def hub(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """A hub that is ready, on a database of its own, with heartbeats every second."""
    postgres.create_database("fleet")
    owner_url = postgres.url("fleet")
    migrate(owner_url)
    hub_url = owner_url.replace("clarion_owner@", f"{HUB_ROLE}@")
    folder: Path = tmp_path_factory.mktemp("hub")
    with HubProcess(owner_url, hub_url, folder, {"CLARION_HEARTBEAT_INTERVAL_S": "1"}) as running:
        yield running
    postgres.drop_database("fleet")


@pytest.fixture
def operator_env(hub: HubProcess) -> dict[str, str]:
    """The environment of `python -m loadtest`, with everything that lets screens in."""
    people = hub.people
    assert people.operator_password is not None
    assert people.enrolment_key is not None
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONUNBUFFERED": "1",
        "CLARION_HUB_URL": hub.url,
        "CLARION_SIMULATE_TENANT_ID": people.tenant_id,
        "CLARION_SIMULATE_EMAIL": people.operator_email,
        "CLARION_SIMULATE_PASSWORD": people.operator_password,
        "CLARION_ENROLMENT_KEY": people.enrolment_key,
    }
