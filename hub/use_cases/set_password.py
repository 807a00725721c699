"""Setting a password from the command line, for whoever has the database and has lost the way in."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.password_rules import require_good
from hub.passwords import Passwords
from hub.use_cases.audit import Done
from hub.use_cases.errors import InConflict, NotFound
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import LinkPurpose, SessionEnd


def set_password(database_url: str, email: str, password: str, tenant_id: str | None = None) -> None:
    """Gives the user this password, ends their sessions and links, and writes it to the audit log.

    Raises NotFound, InConflict (several tenants have a user of this address; say which one), Invalid, and
    `persistence.errors.DatabaseUnavailable`.
    """
    require_good(password, email)
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        tenants = [tenant_id] if tenant_id is not None else owner.tenants_of_user(email)
        if len(tenants) > 1:
            raise InConflict(f"{email} is a user of several tenants; say which: {', '.join(tenants)}")
        tx = owner.within(tenants[0]) if tenants else None
        user = tx.people.by_email(email) if tx is not None else None
        if tx is None or user is None:
            raise NotFound(f"there is no user {email}")
        at = datetime.now(UTC)
        tx.password_hashes.choose(user.id, Passwords().hash(password), at)
        ended = tx.sessions.end(SessionEnd.PASSWORD_CHANGED, at, user_id=user.id)
        tx.links.end(user.id, tuple(LinkPurpose))
        details = {"email": user.email, "by": "command line", "sessions_ended": len(ended)}
        tx.audit.add([Done.by_clarion(at, "user.password_set", "user", user.id, details)])
