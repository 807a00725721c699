"""Every function of every repository, told the ids of another tenant, finds nothing and changes nothing.

It works as the owner of the tables here, whom no policy binds: what holds is the tenant that each statement
names, and nothing else. That this would notice a tenant that is not named is shown by taking it away.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, LiteralString, NamedTuple

import psycopg
import pytest

import persistence.repositories
from persistence.owner import connect_as_owner
from persistence.repositories.base import Connection, Repository
from tests.isolation.foreign import arguments_of
from tests.isolation.occupied import Occupied, everything_of, nobodys

# What ROOT does to a tenant stands in the audit log of both, by this function and no other.
_ON_PURPOSE: Final = {"Tenants.tell"}

# They make something under an id, or a name of a tenant, that no two tenants share: one that is taken is not
# made again. Use cases draw the ids, and look for what is named in their own tenant first.
_NAMES_OF_ALL: Final = {
    "BulkCommands.add",
    "Devices.put_into_groups",
    "Emergencies.add",
    "Groups.put_members",
    "PlaylistItems.put",
    "Sites.put_people",
    "Tenants.found",
    "Tenants.rename",
}

# These tell nothing of another tenant even so. Most only insert: the keys of the tables have the tenant in
# them. The audit log has functions of its own, locks tell nothing; of the rest the other tenant has nothing.
_NOTHING_TO_SHOW: Final = {
    f"{owner}.{method}"
    for owner, methods in {
        "ApiKeys": ("add", "made_by"),
        "Audit": ("add", "held"),
        "AuditLog": ("actions", "drop_archived", "first", "head", "last"),
        "Blobs": ("add", "used_bytes"),
        "BulkCommands": ("add", "lock"),
        "CommandQueue": ("add", "lock", "lock_out", "supersede"),
        "Commands": ("ended_since",),
        "ContentVersions": ("now",),
        "Contents": ("add", "approve_own", "put_approve_own"),
        "Devices": ("happened", "put_into_groups"),
        "Emergencies": ("add", "sign_off"),
        "Enrolment": ("lock", "provision", "register", "waiting"),
        "EnrolmentKeys": ("add", "any"),
        "Features": ("add",),
        "Groups": ("add", "lock", "put_members", "with_queries"),
        "Links": ("add",),
        "ManifestFacts": ("lock",),
        "Media": ("add",),
        "MediaQueue": ("take",),
        "People": ("add", "any", "ensure_roles"),
        "PlaylistVersions": ("add",),
        "Playlists": ("add", "lock"),
        "Roles": ("add",),
        "Schedule": ("add",),
        "Screenshots": ("add",),
        "SecondFactors": ("replace_codes",),
        "Sessions": ("begin", "go_on"),
        "Sites": ("add", "lock", "people", "put_people"),
        "Tenants": ("end_acting", "found", "get", "hold", "rename"),
        "Uploads": ("add",),
        "UserGroups": ("add", "put_features", "put_members"),
        "Users": ("add", "administrators", "lock"),
    }.items()
    for method in methods
}

_NAMES: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|datetime\.datetime\(.*?\)")
_NAMED: Final = re.compile(r"(?:\b\w+\.)?(?:tenant_id|\bid) = %\(tenant\)s")


class Called(NamedTuple):
    """One function of one repository."""

    owner: type[Repository]
    method: str

    def __str__(self) -> str:
        return f"{self.owner.__name__}.{self.method}"


def functions() -> list[Called]:
    """Every public function of every repository."""
    for module in pkgutil.iter_modules(persistence.repositories.__path__):
        importlib.import_module(f"persistence.repositories.{module.name}")
    return [
        Called(owner, name)
        for owner in sorted(Repository.__subclasses__(), key=lambda owner: owner.__name__)
        for name, value in vars(owner).items()
        if callable(value) and not name.startswith("_") and f"{owner.__name__}.{name}" not in _ON_PURPOSE
    ]


class Answer(NamedTuple):
    """What a function says, and what the other tenant has then. `told`: all that it was told."""

    text: str
    told: str
    after: dict[str, Any]

    @property
    def anonymous(self) -> str:
        """The same whoever's ids were told."""
        return _NAMES.sub("…", self.text)


def leaks(connection: Connection, called: Called, ours: Occupied, theirs: Occupied) -> list[str]:
    """What our tenant learns or changes of theirs by this function: told of their things, it must answer as
    if there were no such things at all."""
    answer = _answer(connection, called, ours, theirs, theirs.tenant.id)
    nothing = _answer(connection, called, ours, nobodys(theirs), theirs.tenant.id)
    before = everything_of(connection, theirs.tenant.id)
    found = [f"{called} changes {table}" for table in before if before[table] != answer.after[table]]
    names = (theirs.marker, theirs.tenant.admin.email, *theirs.ids.values())
    found += [
        f"{called} tells {answer.text}" for name in names if name in answer.text and name not in answer.told
    ]
    if answer.anonymous != nothing.anonymous and str(called) not in _NAMES_OF_ALL:
        found.append(f"{called} tells {answer.text} instead of {nothing.text}")
    return found


def _answer(connection: Connection, called: Called, ours: Occupied, told: Occupied, watched: str) -> Answer:
    connection.rollback()
    arguments = arguments_of(called.owner, called.method, told)
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('clarion.tenant_id', %s, true)", (ours.tenant.id,))
            answer = getattr(_repository(connection, called.owner, ours), called.method)(**arguments)
            return Answer(repr(answer), repr(arguments), everything_of(connection, watched))
    except (psycopg.Error, AssertionError):
        # A key of the tables has the tenant in it, or what must be there is not.
        return Answer("refused", repr(arguments), everything_of(connection, watched))


def _repository(connection: Connection, owner: type[Repository], ours: Occupied) -> Repository:
    made: Any = owner
    if owner.__name__ == "Places":
        made = lambda connection, tenant: owner(connection, tenant, "sites")  # type: ignore[call-arg] # noqa: E731
    repository: Repository = made(connection, ours.tenant.id)
    return repository


@contextmanager
def nobody_names_the_tenant() -> Iterator[None]:
    """Every statement without its condition on the tenant."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_rows", "_run"):
            asked = getattr(Repository, name)

            def forgetful(self: Repository, sql: LiteralString, *, asked: Any = asked, **values: Any) -> Any:
                return asked(self, _NAMED.sub("true", sql), **values)

            patch.setattr(Repository, name, forgetful)
        yield


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect_as_owner(database_url) as connection:
        yield connection


def test_no_function_of_a_repository_tells_or_changes_anything_of_another_tenant(
    connection: Connection, ours: Occupied, theirs: Occupied
) -> None:
    every = functions()
    assert len(every) > 120
    found = [leak for called in every for leak in leaks(connection, called, ours, theirs)]
    assert found == [], "\n".join(found)


def test_a_tenant_that_a_statement_does_not_name_would_be_noticed(
    connection: Connection, ours: Occupied, theirs: Occupied
) -> None:
    with nobody_names_the_tenant():
        leaking = {str(called) for called in functions() if leaks(connection, called, ours, theirs)}
    assert {str(called) for called in functions()} - leaking == _NOTHING_TO_SHOW
