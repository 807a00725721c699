"""The hub's memory of who may do what: what is read, what is announced, what happens at the same moment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import trio

from hub.access import LOOK_AGAIN_FOR_UNKNOWN_S, Access
from hub.operator import THE_HUB
from hub.use_cases.ports import Transaction
from persistence.database import Database
from persistence.errors import DatabaseUnavailable
from persistence.owner import Owner, connect_as_owner
from protocol.vocabulary import SYSTEM_TENANT_ID, Permission, RoleName
from tests.hub.tenants import Tenant, add_person, make_tenant

Result = TypeVar("Result")


class Clock:
    """The hub's clock; a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class SlowDatabase(Database):
    """A database whose answers, once read, are held back until a test lets them go; or that is away."""

    held: trio.Event | None = None
    has_read: trio.Event
    is_away = False
    reads = 0

    async def transact(
        self, tenant_id: str, work: Callable[[Any], Result], *, urgent: bool = False
    ) -> Result:
        if self.is_away:
            raise DatabaseUnavailable("away")
        self.reads += 1
        held = self.held
        result: Result = await super().transact(tenant_id, work, urgent=urgent)
        if held is not None:
            self.has_read.set()
            await held.wait()
        return result


class Stage:
    """A memory over a database, and everything that it announced."""

    def __init__(self, database: SlowDatabase, database_url: str) -> None:
        self.database = database
        self.url = database_url
        self.clock = Clock()
        self.access = Access(database, DatabaseUnavailable, self.clock)
        self.ended: list[str] = []
        self.changed: list[str] = []
        self.access.subscribe(self._announced)

    def _announced(self, ended: frozenset[str], changed: frozenset[str]) -> None:
        self.ended += ended
        self.changed += changed

    def run(self, sql: str, *values: Any) -> None:
        with connect_as_owner(self.url) as connection:
            connection.execute(sql.encode(), values)

    def end(self, session_id: str | None) -> None:
        self.run(
            "UPDATE sessions SET revoked_at = now(), revoked_because = 'revoked' WHERE id = %s", session_id
        )

    def is_good(self, session_id: str | None) -> bool:
        assert session_id is not None
        return self.access.of_session(session_id) is not None

    async def picture(self, tenant: Tenant, session_id: str | None) -> Any:
        assert session_id is not None

        def read(tx: Transaction) -> Any:
            return tx.access.session(session_id, self.clock.now)

        return await self.database.transact(tenant.id, read)


@pytest.fixture
async def stage(database_url: str, hub_database_url: str) -> AsyncIterator[Stage]:
    async with SlowDatabase(hub_database_url, pool_size=3) as database:
        yield Stage(database, database_url)


async def test_everything_is_known_after_the_start_and_asking_costs_no_query(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    before = stage.database.reads
    assert tenant.admin.session_id is not None
    assert stage.access.of_session(tenant.admin.session_id) == tenant.admin
    assert stage.access.of_session("nobody's") is None
    assert stage.access.of_session(THE_HUB.user_id) is THE_HUB
    assert stage.database.reads == before


async def test_a_session_is_over_at_its_hour_and_its_page_soon_after(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    stage.clock.now += timedelta(days=366)
    assert not stage.is_good(tenant.admin.session_id)
    assert stage.ended == []
    await stage.access.look()
    assert stage.ended == [tenant.admin.session_id]


async def test_a_session_that_went_on_at_another_hub_does_not_end_at_the_old_hour(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    stage.clock.now += timedelta(days=366)
    stage.run("UPDATE sessions SET expires_at = expires_at + interval '1 year'")
    assert tenant.admin.session_id is not None
    assert await stage.access.learn(tenant.admin.session_id) == tenant.admin
    await stage.access.look()
    assert stage.is_good(tenant.admin.session_id) and stage.ended == []


async def test_what_ends_and_what_changes_is_announced_once_and_nothing_else(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    promoted = add_person(stage.url, tenant, RoleName.VIEWER)
    ended = add_person(stage.url, tenant, RoleName.VIEWER)
    await stage.access.fill()
    stage.run(
        "INSERT INTO user_roles SELECT tenant_id, %s, id FROM roles"
        " WHERE tenant_id = %s AND name = 'DEVICE_ADMIN'",
        promoted.user_id,
        tenant.id,
    )
    stage.end(ended.session_id)
    for _ in range(2):
        await stage.access.look()
        assert (stage.ended, stage.changed) == ([ended.session_id], [promoted.session_id])


async def test_a_look_reads_only_tenants_in_which_something_changed(stage: Stage) -> None:
    tenant, _ = make_tenant(stage.url, "Hospital"), make_tenant(stage.url, "Neighbour")
    await stage.access.fill()
    before = stage.database.reads
    await stage.access.look()
    assert stage.database.reads == before
    stage.end(tenant.admin.session_id)
    await stage.access.look()
    assert stage.database.reads == before + 1
    stage.run("UPDATE tenants SET name = 'Clinic' WHERE id = %s", tenant.id)
    await stage.access.refresh(tenant.id)
    await stage.access.look()
    assert stage.database.reads == before + 2, "what was refreshed is not read again"


async def test_a_refresh_never_takes_for_new_what_was_read_before_it_was_asked(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    async with trio.open_nursery() as nursery:
        stage.database.held, stage.database.has_read = trio.Event(), trio.Event()
        nursery.start_soon(stage.access.refresh, tenant.id)
        await stage.database.has_read.wait()
        stage.end(tenant.admin.session_id)
        late = stage.database.held
        stage.database.held = None
        nursery.start_soon(stage.access.refresh, tenant.id)
        nursery.start_soon(stage.access.refresh, tenant.id)
        before = stage.database.reads
        late.set()
    assert not stage.is_good(tenant.admin.session_id)
    assert stage.database.reads == before + 1, "two who wait share one reading"


async def test_a_session_that_begins_while_the_tenant_is_read_is_kept(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    async with trio.open_nursery() as nursery:
        stage.database.held = held = trio.Event()
        stage.database.has_read = trio.Event()
        nursery.start_soon(stage.access.refresh, tenant.id)
        await stage.database.has_read.wait()
        stage.database.held = None
        person = add_person(stage.url, tenant, RoleName.VIEWER)
        # add_person gave roles, which raises the version: read again as the sign-in itself would.
        stage.access.take(await stage.picture(tenant, person.session_id))
        held.set()
    assert stage.is_good(person.session_id)
    await stage.access.look()
    assert stage.is_good(person.session_id) and stage.ended == []


async def test_a_session_that_ends_while_it_goes_on_does_not_come_back(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    before_its_end = await stage.picture(tenant, tenant.admin.session_id)
    stage.end(tenant.admin.session_id)
    await stage.access.refresh(tenant.id)
    stage.access.take(before_its_end)
    assert not stage.is_good(tenant.admin.session_id)


async def test_a_session_of_somebody_who_leaves_while_it_begins_does_not_outlast_them(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    person = add_person(stage.url, tenant, RoleName.VIEWER)
    await stage.access.fill()
    before_they_left = await stage.picture(tenant, person.session_id)
    async with trio.open_nursery() as nursery:
        stage.run("UPDATE users SET is_active = false WHERE id = %s", person.user_id)
        stage.database.held = held = trio.Event()
        stage.database.has_read = trio.Event()
        nursery.start_soon(stage.access.refresh, tenant.id)
        await stage.database.has_read.wait()
        stage.database.held = None
        stage.access.take(before_they_left)
        held.set()
    assert not stage.is_good(person.session_id)


async def test_a_session_that_goes_on_for_ever_is_remembered_once(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    picture = await stage.picture(tenant, tenant.admin.session_id)
    for _ in range(100):
        stage.access.take(picture)
    assert len(stage.access._tenants[tenant.id].begun) == 1


async def test_while_postgresql_is_away_what_is_known_stays_good_and_is_read_when_it_is_back(
    stage: Stage,
) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    stranger = add_person(stage.url, tenant, RoleName.VIEWER)
    assert stranger.session_id is not None
    stage.end(tenant.admin.session_id)
    stage.database.is_away = True
    await stage.access.refresh(tenant.id)
    assert stage.is_good(tenant.admin.session_id)
    with pytest.raises(DatabaseUnavailable):
        await stage.access.learn(stranger.session_id)
    stage.database.is_away = False
    await stage.access.look()
    assert not stage.is_good(tenant.admin.session_id)


async def test_who_is_not_known_is_looked_for_once_in_a_while(stage: Stage) -> None:
    nobody = "0b0c0e2c-0000-4000-8000-000000000001"
    tenant = make_tenant(stage.url, "Hospital")
    assert tenant.admin.session_id is not None
    assert await stage.access.learn(tenant.admin.session_id) == tenant.admin
    assert await stage.access.learn(nobody) is None and stage.access.is_unknown(nobody)
    stage.end(tenant.admin.session_id)
    await stage.access.refresh(tenant.id)
    assert await stage.access.learn(tenant.admin.session_id) is None
    before = stage.database.reads
    assert await stage.access.learn(tenant.admin.session_id) is None
    assert stage.database.reads == before
    stage.clock.now += timedelta(seconds=LOOK_AGAIN_FOR_UNKNOWN_S)
    assert not stage.access.is_unknown(nobody)


async def test_root_is_root_at_home_only_and_acts_elsewhere_only_where_the_session_says_so(
    stage: Stage,
) -> None:
    tenant = make_tenant(stage.url, "Hospital", RoleName.ROOT)
    with connect_as_owner(stage.url) as connection:
        owner = Owner(connection)
        owner.add_tenant("SYSTEM", SYSTEM_TENANT_ID)
        owner.within(SYSTEM_TENANT_ID).people.ensure_roles(list(RoleName))
    system = Tenant(SYSTEM_TENANT_ID, "SYSTEM", tenant.admin, "")
    root = add_person(stage.url, system, RoleName.ROOT)
    acting = add_person(stage.url, system, RoleName.ROOT)
    pretender = add_person(stage.url, system, RoleName.TENANT_ADMIN)
    for person in (acting, pretender):
        stage.run("UPDATE sessions SET acts_in = %s WHERE id = %s", tenant.id, person.session_id)
    await stage.access.fill()
    sessions = [person.session_id for person in (tenant.admin, root, acting, pretender)]
    theirs, at_home, there, nothing = [stage.access.of_session(session_id or "") for session_id in sessions]
    assert theirs is not None and Permission.TENANTS_MANAGE not in theirs.permissions
    assert at_home is not None and Permission.TENANTS_MANAGE in at_home.permissions
    assert there is not None and (there.tenant_id, there.home_tenant_id) == (tenant.id, SYSTEM_TENANT_ID)
    assert there.on_behalf_of == "SYSTEM"
    assert nothing is None
    stage.run("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", tenant.id)
    await stage.access.look()
    assert not stage.is_good(acting.session_id) and stage.is_good(root.session_id)
    assert set(stage.ended) == {tenant.admin.session_id, acting.session_id}


async def test_a_tenants_own_limit_is_known(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    stage.run("UPDATE tenants SET limits = '{\"requests_per_minute\": 7}' WHERE id = %s", tenant.id)
    await stage.access.fill()
    assert stage.access.requests_per_minute(tenant.id) == 7
    assert stage.access.requests_per_minute("nobody's") is None


async def test_a_weak_password_is_remembered_as_long_as_its_session(stage: Stage) -> None:
    tenant = make_tenant(stage.url, "Hospital")
    await stage.access.fill()
    session_id = tenant.admin.session_id
    assert session_id is not None
    stage.access.note_weak_password(session_id)
    assert stage.access.has_weak_password(session_id)
    stage.end(session_id)
    await stage.access.refresh(tenant.id)
    assert not stage.access.has_weak_password(session_id)
