"""The first start, the starts after it, and the way back in."""

from __future__ import annotations

import psycopg
import pytest

from hub.passwords import Passwords
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import InConflict, Invalid, NotFound
from hub.use_cases.first_run import first_run
from hub.use_cases.locked_out import set_password
from protocol.vocabulary import SYSTEM_TENANT_ID
from tests.hub.tenants import make_tenant


def row(database_url: str, sql: str, *values: object) -> tuple[object, ...]:
    with psycopg.connect(database_url) as connection:
        found = connection.execute(sql.encode(), values).fetchone()
    assert found is not None
    return found


def password_of(database_url: str, tenant_id: str, email: str) -> str:
    sql = "SELECT password_hash FROM users WHERE tenant_id = %s AND email = %s"
    return str(row(database_url, sql, tenant_id, email)[0])


def test_the_first_run_makes_two_tenants_the_roles_and_two_people_and_tells_their_passwords_once(
    database_url: str,
) -> None:
    made = first_run(database_url)
    assert made.tenant_name == "Default Tenant"
    assert made.root_password is not None
    assert made.operator_password is not None
    assert made.enrolment_key is not None
    passwords = Passwords()
    root = password_of(database_url, SYSTEM_TENANT_ID, "root@cms.local")
    operator = password_of(database_url, made.tenant_id, "operator@clarion.local")
    assert passwords.verify_now(made.root_password, root).matches
    assert passwords.verify_now(made.operator_password, operator) == (True, None)
    assert row(database_url, "SELECT key_hash, tenant_id::text FROM enrolment_keys") == (
        hash_token(made.enrolment_key),
        made.tenant_id,
    )
    roles = "SELECT array_agg(name ORDER BY name) FROM roles WHERE tenant_id = %s"
    assert row(database_url, roles, SYSTEM_TENANT_ID) == (["ROOT"],)
    assert row(database_url, roles, made.tenant_id) == (
        ["CONTENT_ADMIN", "CONTENT_CREATOR", "DEVICE_ADMIN", "EMERGENCY_OPERATOR", "TENANT_ADMIN", "VIEWER"],
    )
    assert row(database_url, "SELECT count(*) FROM audit_log WHERE action = 'user.created'") == (2,)


def test_a_later_run_generates_nothing_whatever_was_renamed_or_switched_off(database_url: str) -> None:
    made = first_run(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE tenants SET name = 'Hospital' WHERE id = %s", (made.tenant_id,))
        connection.execute(
            "UPDATE users SET email = 'ann@hospital.example' WHERE tenant_id = %s", (made.tenant_id,)
        )
        connection.execute("UPDATE enrolment_keys SET revoked_at = now()")
    again = first_run(database_url)
    assert (again.tenant_id, again.tenant_name) == (made.tenant_id, "Hospital")
    assert (again.root_password, again.operator_password, again.enrolment_key) == (None, None, None)
    assert row(database_url, "SELECT count(*) FROM users") == (2,)


def test_a_password_is_set_from_the_command_line_and_audited(database_url: str) -> None:
    made = first_run(database_url)
    set_password(database_url, "Operator@Clarion.Local", "one more password")
    stored = password_of(database_url, made.tenant_id, "operator@clarion.local")
    assert Passwords().verify_now("one more password", stored).matches
    sql = "SELECT tenant_id::text, user_email FROM audit_log WHERE action = 'user.password_set'"
    assert row(database_url, sql) == (made.tenant_id, "clarion")


def test_setting_a_password_says_what_is_wrong(database_url: str) -> None:
    one, two = make_tenant(database_url, "One"), make_tenant(database_url, "Two")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE users SET email = 'ann@example'")
    with pytest.raises(NotFound, match="nobody@example"):
        set_password(database_url, "nobody@example", "one more password")
    with pytest.raises(Invalid):
        set_password(database_url, "ann@example", "short")
    with pytest.raises(InConflict, match=one.id):
        set_password(database_url, "ann@example", "one more password")
    before = password_of(database_url, one.id, "ann@example")
    set_password(database_url, "ann@example", "one more password", two.id)
    assert password_of(database_url, one.id, "ann@example") == before
