"""`clarion tenant …`: the same steps as over the API, for whoever has the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hub.command_line import main
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.first_run import first_run
from hub.use_cases.tenant_commands import (
    add_enrolment_key,
    create_tenant,
    list_tenants,
    resume_tenant,
    suspend_tenant,
)
from protocol.vocabulary import SYSTEM_TENANT_ID
from tests.hub.tenants import make_tenant


def rows(database_url: str, sql: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(database_url) as connection:
        return connection.execute(sql.encode(), values).fetchall()


def test_a_new_tenant_has_what_its_first_day_needs_and_both_logs_say_who_made_it(database_url: str) -> None:
    first_run(database_url)
    made = create_tenant(database_url, " Harbour ", "Ann@Harbour.example")
    key = "SELECT tenant_id::text FROM enrolment_keys WHERE key_hash = %s"
    assert rows(database_url, key, hash_token(made.enrolment_key)) == [(made.id,)]
    people = "SELECT email, password_hash FROM users WHERE tenant_id = %s"
    assert rows(database_url, people, made.id) == [("ann@harbour.example", "")]
    link = "SELECT tenant_id::text, purpose FROM one_time_links WHERE token_hash = %s"
    assert rows(database_url, link, hash_token(made.invitation)) == [(made.id, "invitation")]
    told = rows(
        database_url,
        "SELECT tenant_id::text, user_email, details ->> 'by' FROM audit_log WHERE action = 'tenant.created'",
    )
    assert set(told) == {(tenant, "clarion", "command line") for tenant in (SYSTEM_TENANT_ID, made.id)}
    names = [(row.name, row.users) for row in list_tenants(database_url)]
    assert names == [("Default Tenant", 1), ("Harbour", 1), ("SYSTEM", 1)]


def test_a_tenant_is_suspended_and_resumed_by_its_name_or_its_id(database_url: str) -> None:
    first_run(database_url)
    tenant = make_tenant(database_url, "Hospital")
    for _ in range(2):
        assert suspend_tenant(database_url, "Hospital").status == "SUSPENDED"
    ended = "SELECT revoked_because FROM sessions WHERE tenant_id = %s"
    assert rows(database_url, ended, tenant.id) == [("tenant_suspended",)]
    assert resume_tenant(database_url, tenant.id).status == "ACTIVE"
    actions = "SELECT action FROM audit_log WHERE tenant_id = %s ORDER BY id"
    assert rows(database_url, actions, tenant.id) == [("tenant.suspended",), ("tenant.resumed",)]
    with pytest.raises(InConflict):
        suspend_tenant(database_url, "SYSTEM")


def test_what_cannot_be_done_says_why_and_changes_nothing(database_url: str) -> None:
    first_run(database_url)
    with pytest.raises(NotFound, match="Nobody"):
        suspend_tenant(database_url, "Nobody")
    with pytest.raises(InConflict, match="Default Tenant"):
        create_tenant(database_url, "Default Tenant", "ann@harbour.example")
    for name, email in ((" ", "ann@harbour.example"), ("Harbour", "nobody")):
        with pytest.raises(Invalid):
            create_tenant(database_url, name, email)
    assert len(list_tenants(database_url)) == 2


def test_one_more_enrolment_key_is_made_beside_the_others(database_url: str) -> None:
    first_run(database_url)
    secret = add_enrolment_key(database_url, "Default Tenant")
    keys = rows(database_url, "SELECT key_hash = %s FROM enrolment_keys ORDER BY 1", hash_token(secret))
    assert keys == [(False,), (True,)]
    logged = rows(database_url, "SELECT details::text FROM audit_log WHERE action = 'enrolment_key.created'")
    assert len(logged) == 1 and secret not in str(logged)


@pytest.fixture
def clarion(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("CLARION_DATABASE_URL", database_url)
    monkeypatch.setenv("CLARION_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["clarion", *arguments])
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def test_the_commands_print_what_one_needs_once(
    clarion: Callable[..., tuple[int, str, str]], database_url: str
) -> None:
    first_run(database_url)
    status, said, error = clarion("tenant", "create", "Harbour", "--admin-email", "ann@harbour.example")
    assert (status, error) == (0, "")
    tenant_id, key = (line.split()[-1] for line in said.splitlines()[:2])
    assert "http://127.0.0.1:8080/set-password#" in said
    assert rows(database_url, "SELECT id::text FROM tenants WHERE name = 'Harbour'") == [(tenant_id,)]
    assert rows(database_url, "SELECT FROM enrolment_keys WHERE key_hash = %s", hash_token(key)) == [()]
    assert clarion("tenant", "suspend", "Harbour") == (0, "Harbour is suspended.\n", "")
    assert f"{tenant_id}  SUSPENDED" in clarion("tenant", "list")[1]
    assert clarion("tenant", "resume", tenant_id) == (0, "Harbour is active.\n", "")
    assert len(clarion("tenant", "enrolment-key", "--tenant", "Harbour")[1].split()) == 1
    status, said, error = clarion("tenant", "suspend", "Nobody")
    assert (status, said) == (1, "") and "clarion tenant list" in error and len(error.splitlines()) == 1
