"""People from another system, with the password hashes they have there: they sign in as they did before.

Rule 1: all of the file or nothing; what is wrong is said for every line.
Rule 2: somebody who is here already is left alone, unless the command says to replace them: then password,
        name and roles are those of the file, and they are signed out everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from hub.passwords import Passwords
from hub.use_cases.audit import Done
from hub.use_cases.errors import Invalid
from hub.use_cases.people_file import ImportedPerson, read_people
from hub.use_cases.people_rules import exists_in, keeping_an_administrator
from hub.use_cases.texts import optional_line
from persistence.owner import Owner, connect_as_owner
from persistence.transaction import Transaction
from protocol.vocabulary import LinkPurpose, SessionEnd


class Imported(NamedTuple):
    """How many."""

    made: int
    replaced: int


def import_people(database_url: str, text: str, *, replace: bool) -> Imported:
    """Everybody in this file. Raises Invalid (naming lines), InConflict (a tenant would be without
    administrator), and `persistence.errors.DatabaseUnavailable`."""
    people = read_people(text)
    passwords, wrong = Passwords(), dict[str, str]()
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        tenants = {each: owner.tenant_called(each) for each in {person.tenant for _, person in people}}
        by_tenant: dict[str, list[tuple[int, ImportedPerson]]] = {}
        for number, person in people:
            tenant_id = tenants[person.tenant]
            if tenant_id is None:
                wrong[f"line {number}"] = f"there is no tenant {person.tenant!r}"
            elif not passwords.can_check(person.password_hash):
                wrong[f"line {number}"] = "password_hash must be a bcrypt or argon2 hash of sensible cost"
            else:
                by_tenant.setdefault(tenant_id, []).append((number, person))
        done = Imported(0, 0)
        for tenant_id, theirs in sorted(by_tenant.items()):
            tx = owner.within(tenant_id)
            with keeping_an_administrator(tx, tenant_id):
                each = _import_into(tx, tenant_id, theirs, replace, wrong)
            done = Imported(done.made + each.made, done.replaced + each.replaced)
        if wrong:
            raise Invalid(wrong)
        return done


def _import_into(
    tx: Transaction,
    tenant_id: str,
    people: Sequence[tuple[int, ImportedPerson]],
    replace: bool,
    wrong: dict[str, str],
) -> Imported:
    made, replaced = 0, 0
    at = datetime.now(UTC)
    for number, person in people:
        line = f"line {number}"
        roles = [role for role in tx.roles.named(person.roles) if exists_in(tenant_id, role.name)]
        unknown = set(person.roles) - {role.name for role in roles}
        if unknown:
            wrong[line] = f"{person.tenant} has no role {min(unknown)!r}"
            continue
        before = tx.people.by_email(person.email)
        if before is not None and not replace:
            wrong[line] = f"{before.email} is there already; --replace takes the file's word for it"
            continue
        full_name = optional_line("full_name", person.full_name) or ""
        if before is None:
            user_id = tx.users.add(person.email, full_name, person.password_hash)
            assert user_id is not None  # nobody else makes people while we hold the lock
            made += 1
        else:
            user_id = before.id
            tx.users.change(user_id, {"full_name": full_name}, at)
            tx.password_hashes.choose(user_id, person.password_hash, at)
            tx.sessions.end(SessionEnd.PASSWORD_CHANGED, at, user_id=user_id)
            tx.links.end(user_id, tuple(LinkPurpose))
            replaced += 1
        tx.users.change(user_id, {"is_active": person.is_active}, at)
        tx.users.put_roles(user_id, [role.id for role in roles])
        action = "user.created" if before is None else "user.replaced"
        details = {"email": person.email.lower(), "roles": sorted(person.roles), "by": "import"}
        tx.audit.add([Done.by_clarion(at, action, "user", user_id, details)])
    return Imported(made, replaced)
