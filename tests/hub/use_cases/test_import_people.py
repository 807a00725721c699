"""People come from another system with the hashes they have there."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import pytest

from hub.passwords import Passwords
from hub.use_cases.errors import InConflict, Invalid
from hub.use_cases.first_run import first_run
from hub.use_cases.import_people import Imported, import_people
from protocol.vocabulary import SYSTEM_TENANT_ID
from tests.hub.tenants import make_tenant

# Of "root": the first person of the documents that Clarion comes from.
BCRYPT = "$2b$12$QFpyo4Aos2xYI5Tsfqsz..mEFyKAz8laRjKlGs6/Wc9QblDcVUsU6"
ARGON2 = "$argon2id$v=19$m=64,t=1,p=1$scYaO6AIT7LCry7mhaUpWw$2sSaCGFRHm5EN+mY/NkEmekmD9wsbU2vOwbvJzY/+Dk"


def person(tenant: str, email: str, *roles: str, **more: Any) -> str:
    row = {"tenant": tenant, "email": email, "password_hash": BCRYPT, "roles": roles, **more}
    return msgspec.json.encode(row).decode() + "\n"


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_people_are_taken_over_with_hash_name_and_roles(database_url: str) -> None:
    tenant = make_tenant(database_url, "Hospital")
    text = person("Hospital", "Anna@hospital.example", "VIEWER", "DEVICE_ADMIN", full_name=" Anna ")
    text += person(tenant.id.upper(), "ben@hospital.example", password_hash=ARGON2, is_active=False)
    assert import_people(database_url, text, replace=False) == Imported(2, 0)
    people = "SELECT email, full_name, password_hash, is_active, all_sites FROM users ORDER BY email OFFSET 1"
    assert rows(database_url, people) == [
        ("anna@hospital.example", "Anna", BCRYPT, True, True),
        ("ben@hospital.example", "", ARGON2, False, True),
    ]
    roles = (
        "SELECT r.name FROM users u JOIN user_roles x ON x.user_id = u.id JOIN roles r ON r.id = x.role_id"
        " WHERE u.email LIKE 'anna%' ORDER BY r.name"
    )
    assert rows(database_url, roles) == [("DEVICE_ADMIN",), ("VIEWER",)]
    audit = rows(
        database_url, "SELECT user_email, details::text FROM audit_log WHERE action = 'user.created'"
    )
    assert [by for by, _ in audit] == ["clarion", "clarion"]
    assert not any("$" in details for _, details in audit), "no hash in the log"


def test_the_documents_root_user_replaces_the_one_of_the_first_run(database_url: str) -> None:
    first_run(database_url)
    text = f"tenant,email,password_hash,full_name,roles\nSYSTEM,root@cms.local,{BCRYPT},,ROOT\n"
    with pytest.raises(Invalid) as refused:
        import_people(database_url, text, replace=False)
    assert "--replace" in refused.value.fields["line 2"]
    assert import_people(database_url, text, replace=True) == Imported(0, 1)
    of_root = "SELECT tenant_id, password_hash FROM users WHERE email = 'root@cms.local'"
    ((tenant_id, stored),) = rows(database_url, of_root)
    assert str(tenant_id) == SYSTEM_TENANT_ID
    assert Passwords().verify_now("root", stored).matches
    roles = (
        "SELECT r.name FROM user_roles x JOIN roles r ON r.id = x.role_id JOIN users u ON u.id = x.user_id"
        " WHERE u.email = 'root@cms.local'"
    )
    assert rows(database_url, roles) == [("ROOT",)]


def test_all_of_the_file_or_nothing_and_each_wrong_line_by_its_number(database_url: str) -> None:
    make_tenant(database_url, "Hospital")
    text = "".join(
        [
            person("Hospital", "good@hospital.example", "VIEWER"),
            person("Nowhere", "a@hospital.example"),
            person("Hospital", "b@hospital.example", "JANITOR"),
            person("Hospital", "c@hospital.example", "ROOT"),
            person("Hospital", "admin@hospital.example"),
            person("Hospital", "good@hospital.example"),
            person("Hospital", "d@hospital.example", password_hash="root"),
            person("Hospital", "e@hospital.example", password_hash=BCRYPT.replace("$12$", "$31$")),
            person("Hospital", "f@hospital.example", password_hash=BCRYPT[:40]),
            person("Hospital", "g@hospital.example", password_hash=ARGON2.replace("m=64,", "m=8000000,")),
        ]
    )
    with pytest.raises(Invalid) as refused:
        import_people(database_url, text, replace=False)
    assert sorted(refused.value.fields) == sorted(f"line {number}" for number in range(2, 11))
    assert rows(database_url, "SELECT count(*) FROM users") == [(1,)]
    assert rows(database_url, "SELECT count(*) FROM audit_log") == [(0,)]


def test_a_file_does_not_take_the_last_administrator_away(database_url: str) -> None:
    make_tenant(database_url, "Hospital")
    with pytest.raises(InConflict):
        import_people(database_url, person("Hospital", "admin@hospital.example", "VIEWER"), replace=True)
    assert rows(database_url, "SELECT count(*) FROM user_roles") == [(1,)]
