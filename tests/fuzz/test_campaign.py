"""The fuzzer finds what is wrong, says how to see it again, and makes it small."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from actors.device.actor import DeviceActor
from actors.device.messages import DeviceMessage, Disconnected
from actors.device.ports import Link
from actors.runtime import Instant
from hub.gateway import wire
from hub.live.feed import Feed
from protocol.frames import Heartbeat, Uplink
from tests.fuzz.campaign import CaseFailed, campaign, entropy_of
from tests.fuzz.entropy import Entropy
from tests.fuzz.shrinking import shrunk
from tests.fuzz.targets import SHARES, TARGETS


class Fragile:
    """Fulfils `Target`. Breaks when its first two bytes are large."""

    name = "fragile"
    entropy_bytes = 100

    def run(self, entropy: Entropy) -> str:
        """See `Target`."""
        first, second = entropy.byte(), entropy.byte()
        if first >= 200 and second >= 100:
            raise ZeroDivisionError("broken")
        return "odd" if first % 2 else "even"

    def show(self, entropy: Entropy) -> str:
        """See `Target`."""
        return f"{entropy.byte()} and {entropy.byte()}"


def test_a_fault_is_found_made_small_and_can_be_seen_again() -> None:
    with pytest.raises(CaseFailed) as failed:
        campaign(Fragile(), seed=1, cases=10_000)
    assert "ZeroDivisionError: broken" in str(failed.value) and "200 and 100" in str(failed.value)
    entropy = re.search("FUZZ_ENTROPY=([0-9a-f]+)", str(failed.value))
    assert entropy is not None and bytes.fromhex(entropy[1]) == bytes((200, 100))


def test_the_same_seed_is_the_same_campaign_and_another_one_is_another() -> None:
    def outcomes(seed: int) -> dict[str, int]:
        return dict(campaign(TARGETS["heads"], seed, 300).outcomes)

    assert outcomes(1) == outcomes(1) != outcomes(2)


def test_cases_are_numbered_through_so_that_a_long_run_repeats_none() -> None:
    assert len({entropy_of(1, number, 100) for number in range(10_000)}) > 9_990


def test_a_campaign_ends_when_it_is_told_to() -> None:
    assert campaign(Fragile(), seed=2, cases=10**9, goes_on=lambda: False).cases == 0


def test_entropy_that_has_run_out_answers_the_plainest() -> None:
    entropy = Entropy(b"\x05")
    assert (entropy.byte(), entropy.spent) == (5, True)
    assert (entropy.byte(), entropy.below(1_000), entropy.pick("ab"), entropy.one_in(2)) == (0, 0, "a", False)
    assert entropy.take(3) == b"\0\0\0"


def test_shrinking_keeps_what_makes_it_fail() -> None:
    small = shrunk(bytes(range(256)), lambda source: b"\x40" in source and len(source) >= 3)
    assert len(small) == 3 and b"\x40" in small


def test_every_target_has_its_share() -> None:
    assert set(SHARES) == set(TARGETS) and abs(sum(SHARES.values()) - 1) < 1e-9


def late_goodbyes_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trap of every hub: the late end of an old link ends the new one."""
    receive = DeviceActor.receive

    def careless(self: DeviceActor, message: DeviceMessage, now: Instant) -> None:
        if isinstance(message, Disconnected) and self.link is not None:
            message = Disconnected(self.link, message.reason)
        receive(self, message, now)

    monkeypatch.setattr(DeviceActor, "receive", careless)


def pages_stay_subscribed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "unsubscribe", lambda feed, tenant_id, subscriber: None)


def a_number_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = DeviceActor._heard

    def fragile(self: DeviceActor, link: Link, said: Uplink, now: Instant) -> None:
        if isinstance(said, Heartbeat) and said.seq == 2**53:
            raise OverflowError(said.seq)
        heard(self, link, said, now)

    monkeypatch.setattr(DeviceActor, "_heard", fragile)


@pytest.mark.parametrize("plant", [late_goodbyes_count, pages_stay_subscribed, a_number_is_too_large])
def test_a_fault_that_is_planted_in_the_hub_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(CaseFailed, match="FUZZ_TARGET=sessions"):
        campaign(TARGETS["sessions"], seed=5, cases=2_000)


def unmasked_frames_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_MASKED", 0)


def the_fast_lane_opens_in_the_middle_of_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire.Wire, "_unread", property(lambda self: 0, lambda self, unread: None))


@pytest.mark.parametrize("plant", [unmasked_frames_are_taken, the_fast_lane_opens_in_the_middle_of_a_frame])
def test_a_fault_that_is_planted_in_the_fast_lane_of_frames_is_found(
    monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(CaseFailed, match="FUZZ_TARGET=wires"):
        campaign(TARGETS["wires"], seed=5, cases=2_000)
