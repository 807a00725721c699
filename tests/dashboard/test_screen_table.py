"""Rows as the browser's table gets them."""

from __future__ import annotations

import msgspec
import pytest

from dashboard.components.approval_card import Asking
from dashboard.components.screen_grid import alert_cell, grid_row
from dashboard.pages.approvals import plain_code
from dashboard.tags_typed import parse_tags, tags_text
from protocol.live import ScreenRow
from protocol.vocabulary import LedgerState, MissingReason, PresenceReason
from tests.dashboard.rows import offline, screen


def test_an_online_row_has_no_reason_and_an_offline_one_has() -> None:
    assert "why" not in grid_row(screen())
    assert grid_row(offline(since_ms=5))["why"] == "heartbeat lost"


def test_a_screen_that_never_connected_has_no_since() -> None:
    row = grid_row(offline(since_ms=5, reason=PresenceReason.NEVER_CONNECTED))
    assert row["why"] == "never connected" and "since" not in row


def test_an_unstable_row_says_since_when_and_why() -> None:
    row = grid_row(screen(unstable_since_ms=5, losses=4))
    assert (row["unst"], row["unstWhy"]) == (5, "lost its connection 4 times in 10 minutes")


def test_a_card_of_a_screen_that_asks_again_stays_while_the_screen_plays_on() -> None:
    row = screen(pairing_code="K7M42Q", now_playing="One", last_seen_ms=1)
    later = screen(pairing_code="K7M42Q", now_playing="Two", last_seen_ms=2)
    assert Asking.of(row) == Asking.of(later) and Asking.of(row).again
    assert Asking.of(row) != Asking.of(screen(pairing_code="OTHER2"))


def test_a_row_says_which_number_it_plays_and_since_when_it_is_behind() -> None:
    row = grid_row(screen(playlist="Welcome", playlist_number=7, lags_since_ms=5))
    assert (row["list"], row["num"], row["lag"]) == ("Welcome", 7, 5)
    assert "lag" not in grid_row(screen(playlist="Welcome", playlist_number=7))


def test_what_is_empty_is_not_sent() -> None:
    bare = grid_row(screen("a", now_playing=None, playback=None))
    assert set(bare) == {"id", "name", "on", "play"}


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (screen(), ""),
        (screen(alert_id="e", alert_state=LedgerState.SENT), "waiting"),
        (screen(alert_id="e", alert_state=LedgerState.RENDERED), "shown"),
        (screen(alert_id="e", alert_state=LedgerState.HIDE_SENT), "clearing"),
        (screen(alert_id="e", alert_state=LedgerState.HIDDEN), ""),
        (
            offline(alert_id="e", alert_state=LedgerState.TARGETED, alert_missing=MissingReason.OFFLINE),
            "missing",
        ),
    ],
)
def test_the_alert_cell_says_how_a_screen_stands_to_the_emergency(row: ScreenRow, cell: str) -> None:
    assert alert_cell(row) == cell


def test_five_thousand_rows_are_small_enough_to_fetch_at_once() -> None:
    rows = [
        grid_row(
            screen(
                f"6f1c2a34-77aa-4c0e-9d54-{n:012}",
                name=f"Platform {n}",
                site="Central station",
                groups=["Platforms"],
                tags={"floor": "2"},
                platform="simulated",
                simulated=True,
                since_ms=1_763_700_000_000,
                last_seen_ms=1_763_700_000_000,
                playlist="Central station, weekdays",
                playlist_number=117,
                lags_since_ms=1_763_700_000_000,
            )
        )
        for n in range(5_000)
    ]
    assert len(msgspec.json.encode(rows)) < 1_600_000


def test_tags_are_read_as_people_write_them() -> None:
    assert parse_tags("floor: 2\nwing=north, lobby\n\n") == {"floor": "2", "wing": "north", "lobby": ""}
    assert parse_tags(tags_text({"b": "2", "a": ""})) == {"a": "", "b": "2"}


def test_a_pairing_code_may_be_typed_as_it_was_read_out() -> None:
    assert plain_code(" k7m-42q ") == plain_code("K7M 42Q") == "K7M42Q"
