"""From PostgreSQL to the live side: at the start, and at a look-up."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from hub.gateway.credentials import DeviceIdentity
from hub.restore import DatabaseWentBack, Restore
from persistence.database import Database
from persistence.live_state import LiveState
from protocol.frames import AlertText
from protocol.vocabulary import (
    AlertSound,
    DeviceStatus,
    LedgerState,
    MissingReason,
    Pictogram,
    PresenceReason,
)
from tests.fakes import KEYS
from tests.hub.gateway.house import House
from tests.persistence.premises import Premises


@dataclass
class Start:
    """A hub's live side that is about to be filled from PostgreSQL."""

    house: House
    state: LiveState
    restore: Restore

    async def fill(self) -> None:
        await self.restore.everything(self.house.board)


@pytest.fixture
def ours(database_url: str) -> Premises:
    return Premises(database_url, "ours", devices=3)


@pytest.fixture
async def start(hub_database_url: str) -> AsyncIterator[Start]:
    async with Database(hub_database_url, pool_size=2) as database:
        house, state = House(), LiveState(database)
        yield Start(house, state, Restore(state, house.roster))


async def test_the_board_and_the_roster_come_back_as_they_were(start: Start, ours: Premises) -> None:
    shown, sent, late = ours.devices
    for device_id, state, rendered in ((shown, "rendered", "now()"), (sent, "sent", "NULL")):
        ours.run(
            "INSERT INTO emergency_ledger (tenant_id, emergency_id, device_id, state, targeted_at, sent_at, "
            f"rendered_at) VALUES (%s, %s, %s, %s, now(), now(), {rendered})",
            ours.id,
            ours.emergency_id,
            device_id,
            state,
        )
    await start.fill()
    view = start.house.board.view(ours.id, ours.emergency_id)
    assert view is not None
    progress = view.progress()
    assert (progress.targeted, progress.rendered) == (3, 1)
    assert progress.missing == {MissingReason.OFFLINE: 2}
    row = start.house.roster.get(shown)
    assert row is not None and (row.alert_id, row.alert_state) == (ours.emergency_id, LedgerState.RENDERED)
    assert row.pending_commands == 1
    assert [alert.emergency_id for alert in start.house.board.alerts_for(late)[1]] == [ours.emergency_id]


async def test_an_alert_comes_back_in_all_its_languages_signed_anew(start: Start, ours: Premises) -> None:
    ours.run(
        "UPDATE emergencies SET language = 'en', pictogram = 'fire', sound = 'chime',"
        ' texts = \'[{"language": "es", "title": "Fuego", "message": "Salgan."}]\' WHERE id = %s',
        ours.emergency_id,
    )
    ours.run("UPDATE devices SET proven_at = now(), proven_in_ms = 43 WHERE id = %s", ours.devices[0])
    await start.fill()
    (alert,) = start.house.board.alerts_for(ours.devices[0])[1]
    assert (alert.language, alert.pictogram, alert.sound) == ("en", Pictogram.FIRE, AlertSound.CHIME)
    assert alert.texts == [AlertText("es", "Fuego", "Salgan.")]
    assert alert == KEYS.signed(ours.id, alert)
    view = start.house.board.view(ours.id, ours.emergency_id)
    assert view is not None
    for told in (view.progress(), view.as_emergency()):
        assert (told.language, told.pictogram, told.sound) == ("en", Pictogram.FIRE, AlertSound.CHIME)
        assert [(text.language, text.title, text.message) for text in told.texts] == [
            ("es", "Fuego", "Salgan.")
        ]
    proven, unproven = (start.house.roster.get(device_id) for device_id in ours.devices[:2])
    assert proven is not None and proven.row().proven_ms is not None
    assert unproven is not None and unproven.row().proven_ms is None


async def test_a_screen_of_which_the_roster_was_not_told_is_read_before_it_is_let_in(
    start: Start, ours: Premises
) -> None:
    await start.fill()
    approved, unheard = ours.devices[:2]
    start.house.roster.remove(unheard)
    known = start.house.roster.get(approved)
    assert known is not None
    known.status = DeviceStatus.PENDING
    digests = []
    for device_id in (approved, unheard):
        digests.append(hashlib.sha256(device_id.encode()).digest())
        ours.run("UPDATE devices SET token_hash = %s WHERE id = %s", digests[-1], device_id)

    found = await start.restore.devices_of_tokens(digests)

    assert found[digests[1]] == DeviceIdentity(unheard, ours.id, False, found[digests[1]].epoch)
    for device_id, digest in zip((approved, unheard), digests, strict=True):
        assert start.house.board.alerts_for(device_id)[1], "no alert passes it by"
        assert start.house.effects.session_epoch(device_id) < found[digest].epoch, "its session may begin"


async def test_the_token_of_a_suspended_tenants_screen_is_known_and_lets_nobody_in(
    start: Start, ours: Premises
) -> None:
    await start.fill()
    approved, revoked = ours.devices[:2]
    digests = [hashlib.sha256(each.encode()).digest() for each in (approved, revoked, "nobody's")]
    for device_id, digest in zip((approved, revoked), digests, strict=False):
        ours.run("UPDATE devices SET token_hash = %s WHERE id = %s", digest, device_id)
    ours.run("UPDATE devices SET status = 'revoked' WHERE id = %s", revoked)
    ours.run("UPDATE tenants SET status = 'SUSPENDED' WHERE id = %s", ours.id)
    found = await start.restore.devices_of_tokens(digests)
    assert found == {digests[0]: DeviceIdentity(approved, ours.id, False, 0, is_suspended=True)}
    ours.run("UPDATE tenants SET status = 'ACTIVE' WHERE id = %s", ours.id)
    found = await start.restore.devices_of_tokens(digests)
    assert found.keys() == {digests[0]} and not found[digests[0]].is_suspended


async def test_a_hub_that_starts_is_the_newest_whoever_was_online(start: Start, ours: Premises) -> None:
    device_id = ours.devices[0]
    ours.run("SELECT setval('session_epochs', 40)")
    ours.run(
        "UPDATE devices SET presence = 'online', presence_reason = 'connected', session_epoch = 40, "
        "playlist_version = 3 WHERE id = %s",
        device_id,
    )
    await start.fill()
    assert ours.rows("SELECT DISTINCT session_epoch FROM devices") == [(41,)]
    assert {start.house.effects.session_epoch(device) for device in ours.devices} == {41}
    row = start.house.roster.get(device_id)
    assert row is not None and (row.reason, row.playlist_version) == (PresenceReason.HUB_RESTARTED, 3)

    (later,) = await start.restore.screens(ours.id, [device_id])
    assert later.epoch == 41, "whoever is read later has the hub's epoch too"


async def test_a_hub_whose_database_was_put_back_under_it_says_so_instead_of_keeping_every_screen_out(
    start: Start, ours: Premises
) -> None:
    ours.run("SELECT setval('session_epochs', 1000)")
    await start.fill()
    digest = hashlib.sha256(b"token").digest()
    ours.run("UPDATE devices SET token_hash = %s WHERE id = %s", digest, ours.devices[0])
    assert (await start.restore.devices_of_tokens([digest]))[digest].epoch == 1002

    ours.run("SELECT setval('session_epochs', 500)")

    with pytest.raises(DatabaseWentBack, match="start again"):
        await start.restore.devices_of_tokens([digest])
