"""One renewal at a time, kept before it is used, and nobody's leaving undoes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dashboard.hub_http import HubError
from dashboard.kept_pairs import KeptPair
from dashboard.tokens import Tokens
from protocol.access import TokenPair
from tests.dashboard.people import pair

pytestmark = pytest.mark.asyncio
AWAY = HubError("The hub does not answer.")
ENDED = HubError("This session was ended elsewhere.", 401)


class Renewing:
    """Plays the hub that renews, the folder that keeps, and the clock."""

    def __init__(self, *answers: TokenPair | HubError) -> None:
        self.now_s = 0.0
        self.happened: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._answers = list(answers)
        self.tokens = Tokens(KeptPair.of(pair(1), 0.0), self.renew, self.keep, self.ended, lambda: self.now_s)

    async def renew(self, refresh_token: str) -> TokenPair:
        self.happened.append(f"renew {refresh_token}")
        await self.go_on.wait()
        answer = self._answers.pop(0)
        if isinstance(answer, HubError):
            raise answer
        return answer

    def keep(self, kept: KeptPair) -> None:
        assert self.tokens.pair != kept.pair, "kept before it is used"
        self.happened.append(f"keep {kept.pair.refresh_token}")

    def ended(self, why: str) -> None:
        self.happened.append(f"ended {why}")

    async def until(self, fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not fact():
                await asyncio.sleep(0)


async def test_a_token_that_is_good_is_used_as_it_is() -> None:
    hub = Renewing()
    assert await hub.tokens.access() == "access-1"
    assert hub.happened == []


async def test_before_it_ends_it_is_renewed_and_kept_before_it_is_used() -> None:
    hub = Renewing(pair(2))
    hub.now_s = 480.0
    assert await hub.tokens.access() == "access-2"
    assert hub.happened == ["renew refresh-1", "keep refresh-2"]


async def test_many_who_ask_at_once_make_one_renewal() -> None:
    hub = Renewing(pair(2))
    answers = await asyncio.gather(*(hub.tokens.renewed("access-1") for _ in range(10)))
    assert set(answers) == {"access-2"}
    assert hub.happened.count("renew refresh-1") == 1


async def test_a_token_refused_after_somebody_renewed_it_makes_no_second_renewal() -> None:
    hub = Renewing(pair(2))
    await hub.tokens.renewed("access-1")
    assert await hub.tokens.renewed("access-1") == "access-2"
    assert hub.happened.count("renew refresh-1") == 1


async def test_whoever_waits_may_leave_the_renewal_goes_on() -> None:
    hub = Renewing(pair(2))
    hub.go_on.clear()
    leaving = asyncio.create_task(hub.tokens.renewed("access-1"))
    await hub.until(lambda: bool(hub.happened))
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    hub.go_on.set()
    await hub.tokens.settle()
    assert hub.tokens.pair == pair(2)


async def test_a_refusal_ends_the_session_with_its_reason() -> None:
    hub = Renewing(ENDED)
    with pytest.raises(HubError) as refused:
        await hub.tokens.renewed("access-1")
    assert refused.value.signed_out
    assert hub.happened == ["renew refresh-1", "ended This session was ended elsewhere."]


async def test_a_hub_that_is_away_ends_nothing_and_is_asked_again() -> None:
    hub = Renewing(AWAY, AWAY, pair(2))
    hub.now_s = 500.0
    assert await hub.tokens.access() == "access-1", "good for a while yet"
    hub.now_s = 601.0
    with pytest.raises(HubError):
        await hub.tokens.access()
    assert await hub.tokens.access() == "access-2"
    assert not any(line.startswith("ended") for line in hub.happened)


async def test_a_disk_that_is_full_signs_nobody_out() -> None:
    hub = Renewing(pair(2))

    def full(kept: KeptPair) -> None:
        raise OSError("no space left on device")

    hub.tokens._keep = full
    assert await hub.tokens.renewed("access-1") == "access-2"


async def test_it_renews_by_itself_in_time() -> None:
    hub = Renewing(pair(2), ENDED)
    hub.now_s = 479.99
    fresh = asyncio.create_task(hub.tokens.stay_fresh())
    hub.now_s = 480.0
    await hub.until(lambda: hub.tokens.pair == pair(2))
    hub.tokens._kept = KeptPair.of(pair(2), -600.0)  # its time comes
    fresh.cancel()
    again = asyncio.create_task(hub.tokens.stay_fresh())
    await asyncio.wait_for(again, 10)
    assert hub.happened[-1].startswith("ended")
