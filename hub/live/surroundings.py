"""Where the effects of device turns go: each to the roster, the journal, the feed and the board, and
nowhere else.

Every method is a few assignments in memory. Text that came from a screen is cleaned here, once, before it
is kept.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from actors.device.ports import Link, WantedManifest
from actors.runtime import Instant
from hub.journal import Journal
from hub.journal_records import (
    PRESENCE_KINDS,
    CommandRecord,
    HeartbeatRecord,
    PlaybackRecord,
    PresenceRecord,
    TimelineRecord,
)
from hub.live.board import Board
from hub.live.feed import Feed
from hub.live.playlists import Playlists
from hub.live.roster import Roster, Screen
from hub.live.stability import CALM_MS, LOSSES, WITHIN_MS
from protocol.frames import Alert, DeviceEvent, Health, Playback, Receipt, Records, SettingsFrame
from protocol.live import CommandChange, TimelineEntry
from protocol.vocabulary import (
    OPEN_COMMAND_STATUSES,
    PRESENCE_SENTENCES,
    CommandName,
    CommandStatus,
    EventName,
    PlaybackState,
    Presence,
    PresenceReason,
)

logger = logging.getLogger(__name__)

EVENT_SENTENCES = {
    EventName.PLAYBACK_STARTED: "playback started",
    EventName.PLAYBACK_ENDED: "playback ended",
    EventName.ERROR: "the screen reported an error",
    EventName.READY: "ready",
    EventName.IDLE: "idle",
    EventName.PROGRAMME_CHANGED: "plays now",
    EventName.ITEM_SKIPPED: "an item was skipped",
    EventName.ALERT_REFUSED: "an alert was refused",
    EventName.RESTARTED: "the player started again",
    EventName.SAFE_MODE: "the player started in safe mode",
    EventName.SUMMARISED: "records were summarised",
}

UNSTABLE = f"unstable: lost its connection {LOSSES} times within {WITHIN_MS // 60_000} minutes"
STABLE = f"stable again: kept its connection for {CALM_MS // 60_000} minutes"

LINES_A_MINUTE = 120
"""What one screen may add to its history: whoever reports without end fills neither disk nor pages."""

NEWS_MS = 300_000
"""What a screen that was away for a week has to tell is history, and no news."""

_LONGEST_SHOWN_S = 86_400.0

# PostgreSQL has no NUL in text, and nobody wants control characters in a table.
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def clean(text: str | None) -> str | None:
    """Text of a screen, fit to be kept and shown."""
    return text if text is None or text.isprintable() else _CONTROL.sub(" ", text)


def event_sentence(event: DeviceEvent) -> str:
    """What a screen reports, as a line of its history."""
    about = ": ".join(filter(None, (clean(event.item), clean(event.detail))))
    sentence = EVENT_SENTENCES[event.event]
    return f"{sentence}: {about}" if about else sentence


def shown_since_ms(playback: Playback, wall_ms: int) -> int | None:
    """Since when it runs what it plays, by its word; what stands still has no such instant."""
    if playback.state is not PlaybackState.PLAYING:
        return None
    return wall_ms - round(min(max(playback.position_s or 0.0, 0.0), _LONGEST_SHOWN_S) * 1000)


class Line(Protocol):
    """A line of a screen's history that is in PostgreSQL."""

    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


class Effects:
    """Fulfils `actors.device.ports.Surroundings`. `take_records(tenant_id, device_id, link, records)`: where
    what a screen recorded goes."""

    def __init__(
        self,
        roster: Roster,
        journal: Journal,
        feed: Feed,
        board: Board,
        playlists: Playlists,
        take_records: Callable[[str, str, Link, Records], None],
    ) -> None:
        self._roster = roster
        self._journal = journal
        self._feed = feed
        self._board = board
        self._playlists = playlists
        self._take_records = take_records
        self._unstable: set[str] = set()

    # ---- alerts ----

    def alerts_for(self, device_id: str) -> tuple[int, list[Alert]]:
        """See the port."""
        return self._board.alerts_for(device_id)

    def alerts_delivered(self, device_id: str, alerts: list[Alert], now: Instant) -> None:
        """See the port."""
        self._board.delivered(device_id, alerts, now)

    def alert_receipt(self, device_id: str, receipt: Receipt, now: Instant) -> bool:
        """See the port."""
        detail, content_hash = clean(receipt.detail), clean(receipt.content_hash)
        # Thousands come at once, and hardly one has anything to be cleaned: those are not made anew.
        if detail is not receipt.detail or content_hash is not receipt.content_hash:
            receipt = msgspec.structs.replace(receipt, detail=detail, content_hash=content_hash)
        return self._board.receipt(device_id, receipt, now)

    def alerts_agreed(self, device_id: str, now: Instant) -> None:
        """See the port."""
        self._board.agreed(device_id, now)

    # ---- presence ----

    def session_epoch(self, device_id: str) -> int:
        """See the port."""
        screen = self._roster.get(device_id)
        return 0 if screen is None else screen.epoch

    def name(self, device_id: str) -> str:
        """See the port."""
        screen = self._roster.get(device_id)
        return "" if screen is None else screen.name

    def tenant_id(self, device_id: str) -> str:
        """See the port."""
        screen = self._roster.get(device_id)
        return "" if screen is None else screen.tenant_id

    def settings(self, device_id: str) -> SettingsFrame | None:
        """See the port."""
        screen = self._roster.get(device_id)
        return None if screen is None else screen.settings

    def recorded(self, device_id: str, link: Link, records: Records) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is not None:
            self._take_records(screen.tenant_id, device_id, link, records)

    def events_kept(self, tenant_id: str, device_id: str, events: Iterable[Line], wall_ms: int) -> None:
        """Events of a screen's log are in PostgreSQL now: pages are told of what is not long past."""
        for event in events:
            if event.at_ms > wall_ms - NEWS_MS:
                self._feed.happened(tenant_id, TimelineEntry(device_id, event.kind, event.text, event.at_ms))

    def playlist_version(self, device_id: str) -> int:
        """See the port."""
        screen = self._roster.get(device_id)
        return 0 if screen is None else screen.playlist_version

    def manifest(self, device_id: str) -> WantedManifest | None:
        """See the port."""
        return self._playlists.wanted(device_id)

    def playlist_reported(self, device_id: str, version: int, wall_ms: int) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is not None and self._playlists.reported(screen, version):
            self._record_playback(screen, wall_ms)
            self._feed.screen_changed(screen.tenant_id, device_id)

    def came_online(
        self, device_id: str, player_version: str, ip_address: str, wall_ms: int, *, epoch: int
    ) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        screen.epoch = epoch
        screen.last_seen_ms = wall_ms
        self._set_presence(screen, Presence.ONLINE, PresenceReason.CONNECTED, wall_ms)
        # PostgreSQL's inet knows no zone (`fe80::1%eth0`).
        self._record_playback(screen, wall_ms, clean(player_version), ip_address.partition("%")[0] or None)
        self._happened(screen, "online", "came online", wall_ms)

    def went_offline(self, device_id: str, reason: PresenceReason, last_heard_ms: int, wall_ms: int) -> None:
        """See the port."""
        self._board.went_offline(device_id)
        screen = self._roster.get(device_id)
        if screen is None:
            return
        screen.last_seen_ms = last_heard_ms
        self._set_presence(screen, Presence.OFFLINE, reason, wall_ms)
        self._happened(screen, "offline", f"went offline: {PRESENCE_SENTENCES[reason]}", wall_ms)
        if screen.stability.lost(reason, wall_ms):
            screen.unstable_since_ms = wall_ms
            self._unstable.add(device_id)
            self._happened(screen, "unstable", UNSTABLE, wall_ms)

    def quarantined(self, device_id: str, for_s: float, fault: str, wall_ms: int) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        text = f"kept out for {for_s / 60:.0f} minutes: the hub failed again and again to serve it ({fault})"
        logger.warning("the screen %r (%s) is %s", screen.name, device_id, text)
        self._happened(screen, "quarantined", text, wall_ms)

    def calm(self, wall_ms: int) -> None:
        """Call those stable again that have kept their connection. For the beat."""
        for device_id in tuple(self._unstable):
            screen = self._roster.get(device_id)
            if screen is None:
                self._unstable.discard(device_id)
            elif screen.presence is Presence.ONLINE and screen.stability.calmed(
                wall_ms, screen.since_ms or 0
            ):
                screen.unstable_since_ms = None
                self._unstable.discard(device_id)
                self._happened(screen, "stable", STABLE, wall_ms)
                self._feed.screen_changed(screen.tenant_id, device_id)

    def _set_presence(self, screen: Screen, presence: Presence, reason: PresenceReason, wall_ms: int) -> None:
        screen.presence, screen.reason, screen.since_ms = presence, reason, wall_ms
        # A screen that another hub has taken over is that hub's to speak of.
        if reason is not PresenceReason.TAKEN_OVER:
            self._journal.presence(
                PresenceRecord(
                    screen.tenant_id,
                    screen.id,
                    presence,
                    reason,
                    wall_ms,
                    screen.last_seen_ms or wall_ms,
                    screen.epoch,
                )
            )
        self._feed.screen_changed(screen.tenant_id, screen.id)

    # ---- playback ----

    def playback_changed(self, device_id: str, playback: Playback, wall_ms: int) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is not None:
            screen.playback = Playback(
                playback.state, clean(playback.item), media_id=clean(playback.media_id)
            )
            screen.shown_since_ms = shown_since_ms(playback, wall_ms)
            self._record_playback(screen, wall_ms)
            self._feed.screen_changed(screen.tenant_id, device_id)

    def heartbeat_sampled(
        self,
        device_id: str,
        emergency_version: int,
        playback: Playback | None,
        health: Health | None,
        wall_ms: int,
    ) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        screen.last_seen_ms = wall_ms
        self._record_playback(screen, wall_ms)
        self._journal.heartbeat(
            HeartbeatRecord(
                screen.tenant_id,
                device_id,
                wall_ms,
                emergency_version,
                None if playback is None else playback.state,
                None if playback is None else clean(playback.item),
                *(() if health is None else msgspec.structs.astuple(health)),
            )
        )

    def _record_playback(
        self,
        screen: Screen,
        wall_ms: int,
        player_version: str | None = None,
        ip_address: str | None = None,
    ) -> None:
        playback = screen.playback
        self._journal.playback(
            PlaybackRecord(
                screen.tenant_id,
                screen.id,
                None if playback is None else playback.state,
                None if playback is None else playback.item,
                wall_ms,
                player_version,
                ip_address,
                screen.reported_playlist,
                screen.epoch,
            )
        )

    def event_reported(self, device_id: str, event: DeviceEvent, wall_ms: int) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        # A playlist turns over every few seconds, for years: who watches sees each item, nobody keeps them.
        self._happened(
            screen,
            event.event,
            event_sentence(event),
            wall_ms,
            kept=event.event not in (EventName.PLAYBACK_STARTED, EventName.PLAYBACK_ENDED),
        )

    def _happened(self, screen: Screen, kind: str, text: str, wall_ms: int, *, kept: bool = True) -> None:
        # Counted apart: what a screen says never hides when it came and went.
        line = screen.line_of_minute(wall_ms, of_presence=kind in PRESENCE_KINDS)
        if line > LINES_A_MINUTE:
            return
        if line == LINES_A_MINUTE:
            kind, text, kept = "too_much", "reports too much: the rest of this minute is left out", True
        if kept:
            self._journal.timeline(TimelineRecord(screen.tenant_id, screen.id, wall_ms, kind, text))
        self._feed.happened(screen.tenant_id, TimelineEntry(screen.id, kind, text, wall_ms))

    # ---- commands ----

    def command_changed(
        self,
        device_id: str,
        command_id: str,
        command: CommandName,
        status: CommandStatus,
        detail: str | None,
        wall_ms: int,
    ) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is None:
            return
        detail = clean(detail)
        self._journal.command(
            CommandRecord(
                screen.tenant_id,
                command_id,
                status,
                detail,
                wall_ms if status is CommandStatus.SENT else None,
                wall_ms if status is CommandStatus.RECEIVED else None,
                wall_ms if status not in OPEN_COMMAND_STATUSES else None,
                screen.epoch,
            )
        )
        self._feed.command_changed(
            screen.tenant_id, CommandChange(command_id, device_id, command, status, wall_ms, detail)
        )

    def pending_changed(self, device_id: str, pending: int) -> None:
        """See the port."""
        screen = self._roster.get(device_id)
        if screen is not None and screen.pending_commands != pending:
            screen.pending_commands = pending
            self._feed.screen_changed(screen.tenant_id, device_id)
