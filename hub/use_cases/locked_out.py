"""The way in by the command line, for whoever has the database and has lost password or second factor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from hub.password_rules import require_good
from hub.passwords import Passwords
from hub.use_cases.audit import Done
from hub.use_cases.errors import InConflict, NotFound
from hub.use_cases.ports import Transaction, User
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import LinkPurpose, SessionEnd


class _Found(NamedTuple):
    tx: Transaction
    user: User


def set_password(database_url: str, email: str, password: str, tenant_id: str | None = None) -> None:
    """Gives the user this password, ends their sessions and links, and writes it to the audit log.

    Raises NotFound, InConflict (several tenants have a user of this address; say which one), Invalid, and
    `persistence.errors.DatabaseUnavailable`.
    """
    require_good(password, email)
    with _person(database_url, email, tenant_id) as (tx, user):
        at = datetime.now(UTC)
        tx.password_hashes.choose(user.id, Passwords().hash(password), at)
        ended = tx.sessions.end(SessionEnd.PASSWORD_CHANGED, at, user_id=user.id)
        tx.links.end(user.id, tuple(LinkPurpose))
        details = {"email": user.email, "by": "command line", "sessions_ended": len(ended)}
        tx.audit.add([Done.by_clarion(at, "user.password_set", "user", user.id, details)])


def remove_second_factor(database_url: str, email: str, tenant_id: str | None = None) -> bool:
    """Takes the user's second factor away; whether it was on. Raises as `set_password` but Invalid."""
    with _person(database_url, email, tenant_id) as (tx, user):
        at = datetime.now(UTC)
        was_on = tx.second_factors.remove(user.id, at)
        if was_on:
            details = {"email": user.email, "by": "command line"}
            tx.audit.add([Done.by_clarion(at, "user.second_factor_removed", "user", user.id, details)])
        return was_on


@contextmanager
def _person(database_url: str, email: str, tenant_id: str | None) -> Iterator[_Found]:
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        tenants = [tenant_id] if tenant_id is not None else owner.tenants_of_user(email)
        if len(tenants) > 1:
            raise InConflict(f"{email} is a user of several tenants; say which: {', '.join(tenants)}")
        tx = owner.within(tenants[0]) if tenants else None
        user = tx.people.by_email(email) if tx is not None else None
        if tx is None or user is None:
            raise NotFound(f"there is no user {email}")
        yield _Found(tx, user)
