"""The simulated screens sign in with a password that nobody keeps."""

from __future__ import annotations

import psycopg

from hub.passwords import Passwords
from hub.use_cases.first_run import first_run
from hub.use_cases.simulator import simulator_login


def _stored(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT password_hash FROM users WHERE email LIKE 'simulator@%'").fetchone()
        assert row is not None
        return str(row[0])


def test_every_run_has_a_new_password_and_only_its_hash_is_stored(database_url: str) -> None:
    tenant_id = first_run(database_url).tenant_id
    first = simulator_login(database_url, tenant_id)
    second = simulator_login(database_url, tenant_id)
    assert first.password != second.password
    stored = _stored(database_url)
    assert second.password not in stored and stored.startswith("$argon2id$")
    verify = Passwords()._context.verify
    assert verify(second.password, stored) and not verify(first.password, stored)


def test_its_password_is_not_shown_by_accident(database_url: str) -> None:
    login = simulator_login(database_url, first_run(database_url).tenant_id)
    assert login.password not in repr(login)
    assert login.environment()["CLARION_SIMULATE_PASSWORD"] == login.password
