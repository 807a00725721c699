"""Tokens are looked up many at a time; whoever asks gets one answer, or hears that there is none now."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio

from hub.gateway import credentials as page
from hub.gateway.credentials import BATCH, DeviceCredentials, DeviceIdentity


class Unavailable(Exception):
    """The database does not answer."""


@dataclass
class Tokens:
    """Fulfils `Tokens`. A look-up waits for `gate`; `down`: how many look-ups fail first."""

    known: dict[str, DeviceIdentity] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    gate: trio.Event = field(default_factory=trio.Event)
    down: int = 0
    under_way: int = 0

    async def devices_of_tokens(self, hashes: Sequence[bytes]) -> Mapping[bytes, DeviceIdentity]:
        assert self.under_way == 0, "one look-up at a time"
        self.batches.append(len(hashes))
        self.under_way += 1
        await self.gate.wait()
        self.under_way -= 1
        if self.down:
            self.down -= 1
            raise Unavailable("no connection")
        by_hash = {hashlib.sha256(token.encode()).digest(): who for token, who in self.known.items()}
        return {digest: by_hash[digest] for digest in hashes if digest in by_hash}


@dataclass
class Caller:
    answers: list[DeviceIdentity | None] = field(default_factory=list)
    failures: int = 0

    def fail(self) -> None:
        self.failures += 1

    @property
    def done(self) -> bool:
        return bool(self.answers) or bool(self.failures)


def identity(device_id: str) -> DeviceIdentity:
    return DeviceIdentity(device_id, "t1", False, 1)


@asynccontextmanager
async def running(tokens: Tokens) -> AsyncIterator[DeviceCredentials]:
    credentials = DeviceCredentials(tokens, Unavailable)
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(credentials.run)
            yield credentials
            nursery.cancel_scope.cancel()


def ask(credentials: DeviceCredentials, token: str) -> Caller:
    caller = Caller()
    assert credentials.ask(token, caller.answers.append, caller.fail)
    return caller


async def until_done(callers: Sequence[Caller]) -> None:
    while not all(caller.done for caller in callers):
        await trio.lowlevel.checkpoint()


async def test_ten_thousand_screens_at_once_cost_a_few_queries() -> None:
    tokens = Tokens({f"token-{number}": identity(f"d{number}") for number in range(10_000)})
    tokens.gate.set()
    async with running(tokens) as credentials:
        callers = [ask(credentials, f"token-{number}") for number in range(10_000)]
        await until_done(callers)
    assert [caller.answers for caller in callers] == [[identity(f"d{number}")] for number in range(10_000)]
    assert len(tokens.batches) == 10_000 / BATCH and max(tokens.batches) == BATCH


async def test_who_asks_during_a_look_up_is_in_the_next_and_a_token_is_looked_up_once() -> None:
    tokens = Tokens({"a": identity("A"), "b": identity("B")})
    async with running(tokens) as credentials:
        first = ask(credentials, "a")
        while not tokens.under_way:
            await trio.lowlevel.checkpoint()
        later = [ask(credentials, token) for token in ("a", "b", "b", "wrong")]
        tokens.gate.set()
        await until_done([first, *later])
    assert tokens.batches == [1, 3]
    assert first.answers == [identity("A")]
    assert [caller.answers for caller in later] == [
        [identity("A")],
        [identity("B")],
        [identity("B")],
        [None],
    ]


async def test_an_outage_is_told_to_those_who_wait_and_the_next_are_served() -> None:
    tokens = Tokens({"a": identity("A")}, down=1)
    tokens.gate.set()
    async with running(tokens) as credentials:
        unlucky = [ask(credentials, "a"), ask(credentials, "a"), ask(credentials, "b")]
        await until_done(unlucky)
        assert [(caller.answers, caller.failures) for caller in unlucky] == [([], 1)] * 3
        lucky = ask(credentials, "a")
        await until_done([lucky])
    assert lucky.answers == [identity("A")] and len(credentials) == 0


async def test_how_many_may_wait_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "WAITING_LIMIT", 3)
    credentials = DeviceCredentials(Tokens(), Unavailable)
    asked = [credentials.ask(token, lambda who: None, lambda: None) for token in ("a", "b", "c", "d", "a")]
    assert asked == [True, True, True, False, False]


async def test_a_token_of_any_bytes_is_only_a_wrong_token() -> None:
    tokens = Tokens()
    tokens.gate.set()
    async with running(tokens) as credentials:
        callers = [ask(credentials, token) for token in ("", "\x00", "é", "\udcff", "x" * 16_000)]
        await until_done(callers)
    assert all(caller.answers == [None] for caller in callers)
