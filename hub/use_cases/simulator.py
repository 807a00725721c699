"""The account with which the simulated screens of `clarion up` are let in.

Rule: its password lives as long as one run: a new one at every start, stored only hashed, kept nowhere else.

Like `first_run.py` this is for the command line: synchronous, as the owner of the tables.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from hub.passwords import Passwords, generate_password
from hub.use_cases.audit import Done
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import RoleName

SIMULATOR_EMAIL: Final = "simulator@clarion.local"


class SimulatorLogin(NamedTuple):
    """How the simulated screens sign in during this run."""

    tenant_id: str
    email: str
    password: str

    def __repr__(self) -> str:
        return f"SimulatorLogin({self.tenant_id}, {self.email})"

    def environment(self) -> dict[str, str]:
        """What `python -m loadtest simulate` reads to be let in."""
        return {
            "CLARION_SIMULATE_TENANT_ID": self.tenant_id,
            "CLARION_SIMULATE_EMAIL": self.email,
            "CLARION_SIMULATE_PASSWORD": self.password,
        }


def simulator_login(database_url: str, tenant_id: str) -> SimulatorLogin:
    """Give the tenant's simulator account (made if need be, a DEVICE_ADMIN) a new password, and write that
    to the
    audit log. Raises `persistence.errors.DatabaseUnavailable`."""
    passwords = Passwords()
    password = generate_password()
    with connect_as_owner(database_url) as connection:
        owner = Owner(connection)
        owner.lock()
        tx = owner.within(tenant_id)
        at = datetime.now(UTC)
        user = tx.people.by_email(SIMULATOR_EMAIL)
        if user is None:
            name = "Simulated screens"
            user_id = tx.people.add(SIMULATOR_EMAIL, name, passwords.hash(password), RoleName.DEVICE_ADMIN)
        else:
            user_id = user.id
            tx.people.set_password_hash(user_id, passwords.hash(password), at)
        action = "user.password_set" if user is not None else "user.created"
        details = {"email": SIMULATOR_EMAIL, "by": "clarion up"}
        tx.audit.add([Done.by_clarion(at, action, "user", user_id, details)])
    return SimulatorLogin(tenant_id, SIMULATOR_EMAIL, password)
