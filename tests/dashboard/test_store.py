"""The picture of the fleet: the latest row wins, counters follow, readers learn what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from dashboard.store import Counters, Store
from protocol.live import CommandChange, Recovered, ScreenRow, TimelineEntry
from protocol.vocabulary import (
    CommandName,
    CommandStatus,
    DeviceStatus,
    EmergencyStatus,
    LedgerState,
    PlaybackState,
    Presence,
    PresenceReason,
    Severity,
)
from tests.dashboard.rows import delta, emergency, offline, pending, screen, snapshot

NOW = 1_000_000


def test_a_snapshot_is_the_whole_picture() -> None:
    store = Store()
    store.apply(snapshot(screen("a"), offline("b"), pending("c"), emergencies=[emergency()]))
    assert store.known and store.tenant == "St. Anna"
    assert store.counters == Counters(screens=2, online=1, offline=1, playing=1)
    assert [e.id for e in store.in_force()] == ["e1"]


def test_a_delta_replaces_whole_rows() -> None:
    store = Store()
    store.apply(snapshot(screen("a", now_playing="Old")))
    store.apply(delta(screens=[offline("a")]))
    assert store.screens["a"].presence is Presence.OFFLINE
    assert store.counters == Counters(screens=1, offline=1)


def test_a_screen_that_lags_is_counted_until_it_does_not() -> None:
    store = Store()
    store.apply(snapshot(screen("a", lags_since_ms=5), offline("b", lags_since_ms=5), pending("c")))
    assert store.counters.lagging == 2
    store.apply(delta(screens=[screen("a")]))
    assert store.counters.lagging == 1


def test_a_removed_screen_is_gone_from_the_counters_too() -> None:
    store = Store()
    store.apply(snapshot(screen("a"), screen("b")))
    store.apply(delta(removed=["a", "unknown"]))
    assert set(store.screens) == {"b"} and store.counters.screens == 1


def test_a_reader_sees_each_changed_screen_once_however_often_it_changed() -> None:
    store = Store()
    store.apply(snapshot(screen("a"), screen("b")))
    reader = store.subscribe()
    for seq in range(1, 50):
        store.apply(delta(seq, screens=[screen("a", now_playing=str(seq))]))
    change = reader.take()
    assert change is not None and change.screens == {"a"} and not change.removed
    assert reader.take() is None


def test_a_row_that_is_the_same_again_is_no_change() -> None:
    store = Store()
    store.apply(snapshot(screen("a")))
    reader = store.subscribe()
    store.apply(delta(screens=[screen("a")]))
    assert reader.take() is None


def test_readers_take_at_their_own_pace() -> None:
    store = Store()
    store.apply(snapshot(screen("a")))
    quick, slow = store.subscribe(), store.subscribe()
    store.apply(delta(1, screens=[offline("a")]))
    first = quick.take()
    store.apply(delta(2, screens=[screen("b")]))
    second, both = quick.take(), slow.take()
    assert first is not None and first.screens == {"a"}
    assert second is not None and second.screens == {"b"}
    assert both is not None and both.screens == {"a", "b"}


def test_a_closed_reader_costs_nothing_more() -> None:
    store = Store()
    reader = store.subscribe()
    reader.close()
    store.apply(snapshot(screen("a")))
    assert reader.take() is None


def test_a_new_snapshot_tells_only_what_differs() -> None:
    store = Store()
    store.apply(snapshot(screen("same"), screen("changed"), screen("gone")))
    reader = store.subscribe()
    store.apply(snapshot(screen("same"), offline("changed"), screen("new"), stream="b"))
    change = reader.take()
    assert change is not None and change.resynchronised
    assert change.screens == {"changed", "new"} and change.removed == {"gone"}


def test_a_screen_that_goes_and_comes_back_is_put_and_not_removed() -> None:
    store = Store()
    store.apply(snapshot(screen("a")))
    reader = store.subscribe()
    store.apply(delta(1, removed=["a"]))
    store.apply(delta(2, screens=[screen("a")]))
    change = reader.take()
    assert change is not None and change.screens == {"a"} and change.removed == set()


def test_an_approved_screen_that_pairs_again_waits_until_its_code_expires() -> None:
    store = Store()
    again = screen("a", pairing_code="K7M42Q", pairing_expires_ms=NOW)
    store.apply(snapshot(again, pending("b"), screen("c")))
    assert _ids(store.waiting(NOW - 1)) == ["a", "b"]
    assert _ids(store.waiting(NOW)) == ["b"]
    assert store.counters.screens == 2


def test_commands_and_happenings_come_in_order() -> None:
    store = Store()
    reader = store.subscribe()
    for seq, status in enumerate((CommandStatus.SENT, CommandStatus.SUCCEEDED), start=1):
        store.apply(
            delta(
                seq,
                commands=[CommandChange("c", "a", CommandName.PING, status, seq)],
                timeline=[TimelineEntry("a", "command", str(status), seq)],
            )
        )
    change = reader.take()
    assert change is not None
    assert [command.status for command in change.commands] == [CommandStatus.SENT, CommandStatus.SUCCEEDED]
    assert [entry.text for entry in change.timeline] == ["sent", "succeeded"]


def test_the_gravest_live_emergency_comes_first() -> None:
    store = Store()
    store.apply(
        snapshot(
            emergencies=[
                emergency("minor", severity=Severity.MINOR, issued_ms=9),
                emergency("old", issued_ms=1),
                emergency("new", issued_ms=2),
                emergency("clearing", status=EmergencyStatus.CLEARING),
                emergency("over", status=EmergencyStatus.CLEARED),
            ]
        )
    )
    assert [e.id for e in store.in_force()] == ["new", "old", "minor", "clearing"]


def test_an_emergency_that_a_new_snapshot_does_not_list_is_over() -> None:
    store = Store()
    store.apply(snapshot(emergencies=[emergency()]))
    reader = store.subscribe()
    store.apply(snapshot(stream="b"))
    change = reader.take()
    assert store.in_force() == [] and change is not None and change.emergencies == {"e1"}


def test_the_hub_is_away_since_the_first_loss_and_back_with_the_first_frame() -> None:
    store = Store()
    store.apply(snapshot(screen("a")))
    reader = store.subscribe()
    store.lost(5_000)
    store.lost(9_000)
    assert store.away_since_ms == 5_000 and store.screens
    away = reader.take()
    store.apply(Recovered("a", 0))
    back = reader.take()
    assert store.away_since_ms is None
    assert away is not None and away.hub and back is not None and back.hub


def test_its_repr_is_a_status_line() -> None:
    store = Store()
    assert repr(store) == "<Store 0 screens, 0 emergencies, hub unknown>"
    store.apply(snapshot(screen("a"), emergencies=[emergency()]))
    assert repr(store) == "<Store 1 screens, 1 emergencies, hub live>"


_rows = st.builds(
    screen,
    st.sampled_from("abcd"),
    status=st.sampled_from(DeviceStatus),
    presence=st.sampled_from(Presence),
    playback=st.sampled_from([None, *PlaybackState]),
    alert_state=st.sampled_from([None, *LedgerState]),
    reason=st.sampled_from([PresenceReason.CONNECTED, PresenceReason.QUARANTINED]),
    pairing_code=st.sampled_from([None, "K7M42Q"]),
    pairing_expires_ms=st.sampled_from([None, NOW - 1, NOW + 1]),
    unstable_since_ms=st.sampled_from([None, 1]),
    lags_since_ms=st.sampled_from([None, 1]),
    site=st.sampled_from([None, "North", "South"]),
)


def _counted_again(rows: list[ScreenRow]) -> Counters:
    approved = [row for row in rows if row.status is DeviceStatus.APPROVED]
    online = [row for row in approved if row.presence is Presence.ONLINE]
    return Counters(
        screens=len(approved),
        online=len(online),
        offline=len(approved) - len(online),
        playing=sum(row.playback is PlaybackState.PLAYING for row in online),
        alerted=sum(row.alert_state in (LedgerState.RENDERED, LedgerState.HIDE_SENT) for row in approved),
        unstable=sum(row.unstable_since_ms is not None for row in approved),
        lagging=sum(row.lags_since_ms is not None for row in approved),
    )


def _ids(rows: Iterable[ScreenRow]) -> list[str]:
    return sorted(row.id for row in rows)


@given(st.lists(st.tuples(st.lists(_rows, max_size=4), st.lists(st.sampled_from("abcd"), max_size=2))))
def test_counters_kept_step_by_step_are_what_counting_again_gives(
    steps: list[tuple[list[ScreenRow], list[str]]],
) -> None:
    store = Store()
    reader = store.subscribe()
    seen: dict[str, ScreenRow] = {}
    for seq, (rows, removed) in enumerate(steps, start=1):
        store.apply(delta(seq, screens=rows, removed=removed))
        change = reader.take()
        if change is not None:
            seen.update({key: store.screens[key] for key in change.screens})
            for key in change.removed:
                seen.pop(key, None)
    rows = list(store.screens.values())
    assert store.counters == _counted_again(rows)
    approved = [row for row in rows if row.status is DeviceStatus.APPROVED]
    assert store.sites == Counter(row.site for row in approved if row.site)
    away = [row for row in approved if row.presence is Presence.OFFLINE]
    assert _ids(store.waiting(NOW)) == _ids(
        row
        for row in rows
        if row.status is DeviceStatus.PENDING
        or (row in approved and row.pairing_code and (row.pairing_expires_ms or 0) > NOW)
    )
    assert _ids(store.quarantined()) == _ids(r for r in away if r.reason is PresenceReason.QUARANTINED)
    assert seen == store.screens
