"""The roster: who is in which scope, and that a tenant is a wall."""

from __future__ import annotations

import msgspec
import pytest

from hub.live.roster import Roster, Screen
from hub.manifests.shelf import Playing
from protocol.api import Scope
from protocol.frames import Playback
from protocol.vocabulary import (
    DeviceStatus,
    LedgerState,
    MissingReason,
    PlaybackState,
    Presence,
    PresenceReason,
)


def screen(device_id: str, tenant_id: str = "t1", status: DeviceStatus = DeviceStatus.APPROVED) -> Screen:
    made = Screen(device_id, tenant_id)
    made.status = status
    return made


@pytest.fixture
def roster() -> Roster:
    roster = Roster()
    for device_id, site, groups in (("a", "s1", ("g1", "g2")), ("b", "s1", ()), ("c", None, ("g2",))):
        made = screen(device_id)
        made.site_id, made.group_ids = site, groups
        roster.put(made)
    foreign = screen("x", "t2")
    foreign.site_id, foreign.group_ids = "s1", ("g1", "g2")
    roster.put(foreign)
    for status in (DeviceStatus.PENDING, DeviceStatus.REJECTED, DeviceStatus.REVOKED):
        roster.put(screen(status.value, status=status))
    return roster


@pytest.mark.parametrize(
    ("scope", "reached"),
    [
        (Scope(), "abc"),
        (Scope("sites", ["s1"]), "ab"),
        (Scope("sites", ["s9"]), ""),
        (Scope("groups", ["g1"]), "a"),
        (Scope("groups", ["g2", "g1"]), "ac"),
        (Scope("devices", ["c", "c", "a"]), "ac"),
        (Scope("devices", ["x", "unknown", "pending", "revoked"]), ""),
        (Scope("devices", []), ""),
    ],
)
def test_a_scope_reaches_the_tenants_approved_screens_that_it_names(
    roster: Roster, scope: Scope, reached: str
) -> None:
    assert sorted(found.id for found in roster.in_scope("t1", scope)) == list(reached)


@pytest.mark.parametrize(
    "scope", [Scope(), Scope("sites", ["s1"]), Scope("groups", ["g1"]), Scope("devices", ["x"])]
)
def test_a_scope_never_reaches_into_another_tenant(roster: Roster, scope: Scope) -> None:
    assert [found.id for found in roster.in_scope("t2", scope)] == ["x"]
    assert "x" not in [found.id for found in roster.in_scope("t1", scope)]
    assert roster.in_scope("t3", scope) == []


def test_a_screen_without_a_site_is_in_no_site(roster: Roster) -> None:
    assert [found.id for found in roster.in_scope("t1", Scope("sites", ["None", ""]))] == []


def test_what_is_read_again_replaces_who_it_is_and_keeps_how_it_is(roster: Roster) -> None:
    known = roster.get("a")
    assert known is not None
    known.presence, known.playback, known.pending_commands = Presence.ONLINE, Playback(PlaybackState.IDLE), 3
    known.alert_id = "fire"
    again = screen("a")
    again.name, again.group_ids = "renamed", ()
    assert roster.put(again) is known
    row = known.row()
    assert (row.name, row.presence, row.playback, row.pending_commands, row.alert_id) == (
        "renamed",
        Presence.ONLINE,
        PlaybackState.IDLE,
        3,
        "fire",
    )
    assert known.group_ids == () and known.site_id is None


def test_a_removed_screen_is_in_no_scope_and_no_list(roster: Roster) -> None:
    size = len(roster)
    roster.remove("a")
    roster.remove("a")
    assert len(roster) == size - 1 and roster.get("a") is None
    assert "a" not in [found.id for found in roster.of_tenant("t1")]


def test_simulated_screens_are_labelled(roster: Roster) -> None:
    made = screen("sim")
    made.platform = "simulated"
    assert made.row().simulated and not screen("real").row().simulated


def test_a_row_has_each_fact_in_its_place() -> None:
    made = screen("a")
    facts = {
        "id": "a",
        "name": "its name",
        "status": DeviceStatus.APPROVED,
        "presence": Presence.ONLINE,
        "reason": PresenceReason.CONNECTED,
        "since_ms": 1,
        "last_seen_ms": 2,
        "site_id": "its site's id",
        "site": "its site",
        "groups": ["its group"],
        "tags": {"its": "tag"},
        "location": "its location",
        "platform": "its platform",
        "simulated": False,
        "playback": PlaybackState.PLAYING,
        "now_playing": "its item",
        "unstable_since_ms": 3,
        "losses": 1,
        "pending_commands": 4,
        "pairing_code": "its code",
        "pairing_expires_ms": 5,
        "alert_id": "its alert",
        "alert_state": LedgerState.RECEIVED,
        "alert_missing": MissingReason.SILENT,
        "playlist": "its playlist",
        "playlist_number": 6,
        "lags_since_ms": 7,
        "media_id": "its media",
        "shown_since_ms": 8,
        "proven_ms": 9,
    }
    of_parts = {
        "id",
        "groups",
        "simulated",
        "playback",
        "now_playing",
        "losses",
        "media_id",
        "playlist",
        "playlist_number",
    }
    for name in facts.keys() - of_parts:
        setattr(made, name, facts[name])
    made.groups = ("its group",)
    made.playback = Playback(PlaybackState.PLAYING, "its item", media_id="its media")
    made.plays = Playing("p", "its playlist", 6)
    made.stability.lost(PresenceReason.NETWORK_CLOSED, 3)
    made.stability.unstable = True
    assert msgspec.structs.asdict(made.row()) == facts
