"""Between PostgreSQL's records and the live side's objects: at start, and whenever something changed
there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from actors.emergency.ledger import Entry
from hub.gateway.credentials import DeviceIdentity
from hub.live.board import Board
from hub.live.incident import to_ms
from hub.live.roster import Roster, Screen
from hub.player_setup import frame_of
from hub.use_cases.realtime import LiveEmergency
from persistence.live_state import EmergencyRecord, LedgerRecord, LiveState, ScreenRecord
from protocol.api import Scope
from protocol.frames import AlertText, Playback
from protocol.vocabulary import (
    AlertSound,
    DeviceStatus,
    LedgerState,
    MissingReason,
    Pictogram,
    PlaybackState,
    PresenceReason,
    Severity,
)


class DatabaseWentBack(Exception):
    """PostgreSQL gives epochs that it gave before: it was put back to an earlier state under a running hub.

    Every session of before would be the newer one for ever, so no screen could come back. A hub that starts
    anew reads what there is now; this one ends.
    """


class Restore:
    """Fulfils `hub.live.realtime.Truth` and `hub.gateway.credentials.Tokens`."""

    def __init__(self, state: LiveState, roster: Roster) -> None:
        self._state = state
        self._roster = roster
        self._epoch = 0

    async def everything(self, board: Board) -> None:
        """Fill the roster and the board.

        First of all every session of an older hub is fenced: what it writes from then on is refused, so what
        is read here stays as it is.
        """
        self._epoch = await self._state.draw_epoch()
        tenants = await self._state.tenants()
        for tenant in tenants:
            await self._state.nobody_is_online(tenant.id, self._epoch)
            for screen in await self.screens(tenant.id):
                self._roster.put(screen)
            for emergency in await self._state.emergencies(tenant.id):
                entries = await self._state.ledger(tenant.id, emergency.id)
                board.restore(
                    _emergency(emergency),
                    _ms(emergency.cleared_at),
                    emergency.cleared_by,
                    map(_entry, entries),
                )

    async def screens(self, tenant_id: str, device_ids: Sequence[str] | None = None) -> list[Screen]:
        """See `Truth`. None: all of them."""
        return [_screen(record, self._epoch) for record in await self._state.screens(tenant_id, device_ids)]

    async def devices_of_tokens(self, hashes: Sequence[bytes]) -> Mapping[bytes, DeviceIdentity]:
        """See `Tokens`. Raises DatabaseWentBack."""
        found = await self._state.devices_of_tokens(hashes)
        if any(owner.epoch <= self._epoch for owner in found.values()):
            raise DatabaseWentBack("the database was put back to an earlier state: the hub must start again")
        strangers: defaultdict[str, list[str]] = defaultdict(list)
        for owner in found.values():
            screen = self._roster.get(owner.device_id)
            if screen is None or screen.status is not DeviceStatus.APPROVED:
                strangers[owner.tenant_id].append(owner.device_id)
        # PostgreSQL let them in and the roster was not told (a fault in between): no alert may pass them by.
        for tenant_id, device_ids in strangers.items():
            for screen in await self.screens(tenant_id, device_ids):
                self._roster.put(screen)
        known = {token_hash: DeviceIdentity(*owner) for token_hash, owner in found.items()}
        strange = [token_hash for token_hash in hashes if token_hash not in known]
        suspended = await self._state.devices_of_suspended(strange) if strange else {}
        for token_hash, (device_id, tenant_id) in suspended.items():
            known[token_hash] = DeviceIdentity(device_id, tenant_id, False, 0, is_suspended=True)
        return known


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_ms(instant)


def _screen(record: ScreenRecord, epoch: int) -> Screen:
    screen = Screen(record.id, record.tenant_id)
    screen.epoch = epoch
    screen.must_play(record.playlist_version, record.manifest_digest)
    screen.reported_playlist, screen.reported_digest = record.reported_playlist, record.reported_digest
    if record.manifest_digest is not None and record.reported_playlist != record.playlist_version:
        screen.lags_since_ms = _ms(record.wanted_since)
    screen.name = record.name
    screen.status = DeviceStatus(record.status)
    screen.site_id, screen.site = record.site_id, record.site
    screen.group_ids, screen.groups = tuple(record.group_ids), tuple(record.groups)
    screen.tags = record.tags
    screen.settings = frame_of(record.setup, record.time_zone, record.opening_hours)
    screen.location, screen.platform = record.location, record.platform
    screen.pairing_code, screen.pairing_expires_ms = record.pairing_code, _ms(record.pairing_expires_at)
    screen.reason = PresenceReason(record.presence_reason)
    screen.since_ms, screen.last_seen_ms = _ms(record.presence_since), _ms(record.last_seen_at)
    screen.pending_commands = record.open_commands
    screen.proven_ms = _ms(record.proven_at)
    if record.playback is not None:
        screen.playback = Playback(PlaybackState(record.playback), record.now_playing)
    return screen


def _emergency(record: EmergencyRecord) -> LiveEmergency:
    return LiveEmergency(
        id=record.id,
        hide_command_id=record.hide_command_id,
        tenant_id=record.tenant_id,
        title=record.title,
        message=record.message,
        severity=Severity(record.severity),
        scope=msgspec.convert(record.scope, Scope),
        scope_text=record.scope_text,
        content_hash=record.content_hash,
        issued_at=record.issued_at,
        issued_by=record.issued_by,
        expires_at=record.expires_at,
        issued_by_id=record.issued_by_id,
        language=record.language,
        texts=msgspec.convert(record.texts, tuple[AlertText, ...]),
        pictogram=None if record.pictogram is None else Pictogram(record.pictogram),
        sound=None if record.sound is None else AlertSound(record.sound),
    )


def _entry(record: LedgerRecord) -> Entry:
    entry = Entry(record.device_id, to_ms(record.targeted_at))
    entry.state = LedgerState(record.state)
    entry.missing = None if record.missing is None else MissingReason(record.missing)
    entry.detail = record.detail
    entry.sent_ms, entry.received_ms = _ms(record.sent_at), _ms(record.received_at)
    entry.rendered_ms, entry.hidden_ms = _ms(record.rendered_at), _ms(record.hidden_at)
    entry.content_hash = record.content_hash
    return entry
