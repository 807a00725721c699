"""A file of people from another system."""

from __future__ import annotations

import pytest

from hub.use_cases.errors import Invalid
from hub.use_cases.people_file import ImportedPerson, read_people

HASH = "$2b$12$QFpyo4Aos2xYI5Tsfqsz..mEFyKAz8laRjKlGs6/Wc9QblDcVUsU6"
ROOT = ImportedPerson("SYSTEM", "root@cms.local", HASH, roles=["ROOT"])
ANNA = ImportedPerson("Default Tenant", "anna@example.org", HASH, "Anna, née B.", ["A", "Night shift"], False)


def test_csv_and_json_lines_say_the_same() -> None:
    table = (
        "\ufeffTENANT".lower() + ",email,password_hash,full_name,roles,is_active\r\n"
        f"SYSTEM,root@cms.local,{HASH},,ROOT,\r\n"
        f'Default Tenant, anna@example.org,{HASH},"Anna, née B.",A; Night shift,f\r\n'
    )
    lines = (
        f'{{"tenant": "SYSTEM", "email": "root@cms.local", "password_hash": "{HASH}", "roles": ["ROOT"]}}\n\n'
        f'{{"tenant": "Default Tenant", "email": "anna@example.org", "password_hash": "{HASH}",'
        ' "full_name": "Anna, née B.", "roles": ["A", "Night shift"], "is_active": false}\n'
    )
    assert [person for _, person in read_people(table)] == [ROOT, ANNA]
    assert read_people(lines) == [(1, ROOT), (3, ANNA)]


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("", "the file", "nobody"),
        ("tenant,email,password_hash\n", "the file", "nobody"),
        ("tenant,email\nSYSTEM,root@cms.local\n", "line 2", "password_hash"),
        ("tenant,email,password_hash,age\nSYSTEM,root@cms.local,x,7\n", "line 2", "age"),
        ("tenant,email,password_hash\nSYSTEM,root,x\n", "line 2", "email"),
        ("tenant,email,password_hash\nSYSTEM,root@cms.local\n", "line 2", "columns"),
        ("tenant,email,password_hash\nSYSTEM,root@cms.local,x,y\n", "line 2", "columns"),
        ("tenant,email,password_hash,is_active\nSYSTEM,r@c.local,x,perhaps\n", "line 2", "is_active"),
        ('tenant,email,password_hash\nSYSTEM,"r@c.local,x\n', "line 2", "CSV"),
        ('{"tenant": "SYSTEM"\n', "line 1", "JSON"),
        ('{"tenant": "SYSTEM", "email": "r@c.local"}\n', "line 1", "password_hash"),
        ('{"tenant": "SYSTEM", "email": "r@c.local", "password_hash": "x"}\n[]\n', "line 2", "object"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line(text: str, line: str, why: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_people(text)
    assert why in refused.value.fields[line]


def test_every_wrong_line_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read_people(f"tenant,email,password_hash\nA,b,{HASH}\nA,b@c,{HASH}\n,b@c,{HASH}\n")
    assert list(refused.value.fields) == ["line 2", "line 4"]
