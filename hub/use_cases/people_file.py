"""A file of people from another system, read line by line (pure).

CSV with a line of names, or one JSON object a line; the columns are those of `ImportedPerson`. In CSV, roles
are separated by semicolons.

    tenant,email,password_hash,full_name,roles
    SYSTEM,root@cms.local,$2b$12$…,,ROOT
"""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct, field

from hub.use_cases.errors import Invalid
from protocol.access import Email, RoleTitle
from protocol.api import Name

_FALSE: Final = frozenset({"false", "f", "no", "0"})
_TRUE: Final = frozenset({"true", "t", "yes", "1", ""})


class ImportedPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """`tenant`: name or id. `password_hash`: bcrypt or argon2, as other systems write them."""

    tenant: Name
    email: Email
    password_hash: Annotated[str, Meta(min_length=1, max_length=500)]
    full_name: Annotated[str, Meta(max_length=200)] = ""
    roles: Annotated[list[RoleTitle], Meta(max_length=50)] = field(default_factory=list)
    is_active: bool = True


def read_people(text: str) -> list[tuple[int, ImportedPerson]]:
    """Everybody in the file, with the number of their line. Raises Invalid, naming lines."""
    text = text.removeprefix("\ufeff")
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    people: list[tuple[int, ImportedPerson]] = []
    wrong: dict[str, str] = {}
    for number, row in rows:
        try:
            person = msgspec.convert(row, ImportedPerson)
        except msgspec.ValidationError as error:
            wrong[f"line {number}"] = str(error)[:1].lower() + str(error)[1:]
        else:
            people.append((number, person))
    if wrong:
        raise Invalid(wrong)
    if not people:
        raise Invalid({"the file": "has nobody in it"})
    return people


def _json_rows(text: str) -> list[tuple[int, Any]]:
    rows: list[tuple[int, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                rows.append((number, msgspec.json.decode(line)))
            except (msgspec.DecodeError, UnicodeEncodeError) as error:
                raise Invalid({f"line {number}": f"is not JSON: {error}"}) from None
    return rows


def _csv_rows(text: str) -> list[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    rows: list[tuple[int, Any]] = []
    try:
        for row in reader:
            rows.append((reader.line_num, _typed(row, reader.line_num)))
    except csv.Error as error:
        raise Invalid({f"line {reader.reader.line_num}": f"is not CSV: {error}"}) from None
    return rows


def _typed(row: dict[str | None, Any], number: int) -> dict[str, Any]:
    if None in row or None in row.values():
        raise Invalid({f"line {number}": "must have as many columns as the first line"})
    typed: dict[str, Any] = {str(name).strip(): value.strip() for name, value in row.items()}
    if "roles" in typed:
        typed["roles"] = [role.strip() for role in typed["roles"].split(";") if role.strip()]
    if "is_active" in typed:
        word = typed["is_active"].lower()
        if word not in _TRUE | _FALSE:
            raise Invalid({f"line {number}": "is_active must be true or false"})
        typed["is_active"] = word in _TRUE
    return typed
