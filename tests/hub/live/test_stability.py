"""A screen that comes and goes is called unstable, with the reason, until it has kept a connection."""

from __future__ import annotations

import pytest

from hub.live.stability import CALM_MS, LOSSES, WITHIN_MS, Stability
from hub.live.surroundings import STABLE, UNSTABLE
from protocol.vocabulary import UNINTENDED, PresenceReason
from tests.actors.device.world import NOON_MS
from tests.hub.gateway.house import House

LOST = PresenceReason.HEARTBEAT_LOST


def lose(stability: Stability, *instants_ms: int) -> list[bool]:
    return [stability.lost(LOST, now_ms) for now_ms in instants_ms]


def test_the_last_of_so_many_losses_within_the_time_makes_it_unstable_and_says_so_once() -> None:
    stability = Stability()
    step_ms = WITHIN_MS // (LOSSES - 1)
    assert lose(stability, *(n * step_ms for n in range(LOSSES))) == [False] * (LOSSES - 1) + [True]
    assert stability.unstable and stability.losses == LOSSES
    assert lose(stability, WITHIN_MS) == [False]
    assert stability.losses == LOSSES + 1, "those of the last ten minutes"
    assert lose(stability, WITHIN_MS + 1) == [False]
    assert stability.losses == LOSSES + 1, "the first one is too long ago"


def test_the_same_losses_over_a_longer_time_are_accidents() -> None:
    stability = Stability()
    step_ms = WITHIN_MS // (LOSSES - 1) + 1
    assert lose(stability, *(n * step_ms for n in range(20 * LOSSES))) == [False] * 20 * LOSSES
    assert not stability.unstable


@pytest.mark.parametrize("reason", sorted(set(PresenceReason) - UNINTENDED))
def test_what_somebody_wanted_is_no_loss(reason: PresenceReason) -> None:
    stability = Stability()
    for _ in range(2 * LOSSES):
        assert not stability.lost(reason, 0)
    assert not stability.unstable and stability.losses == 0


def test_it_is_stable_again_when_it_has_kept_a_connection_for_the_calm_time_and_starts_anew() -> None:
    stability = Stability()
    lose(stability, *range(LOSSES))
    back_ms = LOSSES + CALM_MS
    assert not stability.calmed(back_ms, back_ms), "that it was away for long is no connection kept"
    assert not stability.calmed(back_ms + CALM_MS - 1, back_ms)
    assert stability.calmed(back_ms + CALM_MS, back_ms)
    assert not stability.calmed(back_ms + CALM_MS, back_ms)
    assert (stability.unstable, stability.losses) == (False, 0)


async def test_the_row_and_the_history_say_it() -> None:
    house = House()
    for n in range(LOSSES):
        house.effects.went_offline("d1", LOST, NOON_MS + n, NOON_MS + n)
    screen = house.roster.get("d1")
    assert screen is not None
    row = screen.row()
    assert (row.unstable_since_ms, row.losses) == (NOON_MS + LOSSES - 1, LOSSES)

    after_ms = NOON_MS + LOSSES + CALM_MS
    house.effects.calm(after_ms)
    assert screen.unstable_since_ms is not None, "it is still away"
    house.effects.came_online("d1", "", "", after_ms, epoch=1)
    house.effects.calm(after_ms)
    assert screen.unstable_since_ms is not None, "it has only just come back"
    house.effects.calm(after_ms + CALM_MS)
    row = screen.row()
    assert (row.unstable_since_ms, row.losses) == (None, 0)
    await house.journal.flush()
    kinds = [(line.kind, line.text) for batch in house.batches for line in batch.timeline]
    assert ("unstable", UNSTABLE) in kinds and ("stable", STABLE) in kinds
