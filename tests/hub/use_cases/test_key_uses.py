"""Last uses of keys: written once a minute and key at most, and none is lost while PostgreSQL is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from hub.operator import Operator, Origin
from hub.use_cases.key_uses import KeyUses
from persistence.errors import DatabaseUnavailable
from protocol.vocabulary import ActorKind

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@dataclass
class Store:
    """Fulfils `Database`, and its repository of keys. `written`: tenant, key, its use, and when."""

    is_away: bool = False
    tenant_id: str = ""
    written: list[tuple[str, str, datetime, str | None, float]] = field(default_factory=list)

    async def transact(self, tenant_id: str, work: Callable[[Any], Any], *, urgent: bool = False) -> Any:
        await trio.lowlevel.checkpoint()
        if self.is_away:
            raise DatabaseUnavailable("away")
        self.tenant_id = tenant_id
        return work(self)

    async def ask(self, work: Callable[[Any], Any]) -> Any:
        raise AssertionError("nobody asks this")

    @property
    def api_keys(self) -> Store:
        return self

    def used(self, uses: dict[str, Any]) -> None:
        self.written += [(self.tenant_id, key_id, *use, trio.current_time()) for key_id, use in uses.items()]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def uses(store: Store) -> KeyUses:
    return KeyUses(store, lambda: NOON + timedelta(seconds=trio.current_time()))


def key(key_id: str, tenant_id: str = "t1", ip: str | None = None) -> Operator:
    return Operator(key_id, tenant_id, "", "key k", (), kind=ActorKind.KEY, origin=Origin(ip))


async def test_a_first_use_is_written_at_once_and_a_busy_key_once_a_minute(
    store: Store, uses: KeyUses, autojump_clock: MockClock
) -> None:
    with trio.move_on_after(200.5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(uses.run)
            while True:
                await trio.sleep(0.5)
                uses.note(key("k1", ip="10.0.0.1"))
                uses.note(key("k1", "t2"))
    for tenant_id in ("t1", "t2"):
        written_s = [at_s for tenant, _, _, _, at_s in store.written if tenant == tenant_id]
        assert written_s[0] <= 1.0
        apart_s = [after - before for before, after in pairwise(written_s[:-1])]
        assert len(apart_s) == 3 and all(60 <= each <= 61 for each in apart_s)
        assert written_s[-1] == 200.5, "and at the end the last one"
    assert {ip for tenant, _, _, ip, _ in store.written if tenant == "t1"} == {"10.0.0.1"}


async def test_what_is_not_taken_is_written_when_postgresql_is_back(store: Store, uses: KeyUses) -> None:
    store.is_away = True
    uses.note(key("k1"))
    await uses.write(trio.current_time() - 60.0)
    assert store.written == []
    store.is_away = False
    await uses.write(trio.current_time() - 60.0)
    assert [(tenant, key_id) for tenant, key_id, _, _, _ in store.written] == [("t1", "k1")]


async def test_of_people_nothing_is_noted(store: Store, uses: KeyUses) -> None:
    uses.note(key("k1")._replace(kind=ActorKind.USER))
    await uses.write(trio.current_time())
    assert store.written == []
