"""What a stored password costs whoever tries to guess it."""

from __future__ import annotations

from pathlib import Path

import httpx

from hub.passwords import Cost, Passwords
from persistence.owner import connect_as_owner
from tests.hub.hub_process import running_hub
from tests.hub.tenants import CHEAP_HASH, PASSWORD, make_tenant
from tests.patience import PATIENCE_S


def test_a_hash_is_argon2id_over_64_mib_three_times() -> None:
    assert Passwords().hash("correct horse").startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_hash_at_another_cost_still_counts_and_is_made_anew_once() -> None:
    cheap = Passwords(Cost(64, 1)).hash("correct horse")
    matches, upgraded = Passwords().verify_now("correct horse", cheap)
    assert matches and upgraded is not None
    assert Passwords().verify_now("correct horse", upgraded) == (True, None)
    assert Passwords().verify_now("another horse", cheap) == (False, None)


def test_nobody_has_no_password_not_even_an_empty_one() -> None:
    assert Passwords().verify_now("", None) == (False, None)


def test_a_hub_stores_no_cheaper_hash_than_that(
    database_url: str, hub_database_url: str, tmp_path: Path
) -> None:
    tenant = make_tenant(database_url, "Hospital")
    with running_hub(database_url, hub_database_url, tmp_path) as hub:
        login = {"tenant_id": tenant.id, "email": tenant.admin.email, "password": PASSWORD}
        answer = httpx.post(f"{hub.url}/api/v1/auth/login", json=login, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
    with connect_as_owner(database_url) as connection:
        cursor = connection.execute("SELECT password_hash FROM users WHERE id = %s", (tenant.admin.user_id,))
        (stored,) = cursor.fetchone() or ("",)
    assert stored != CHEAP_HASH and stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
