"""What one screen plays: which playlist in which number, what it should have, why, and what comes next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.form_dialog import Unfit, form_dialog, labelled
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.schedule_sentences import change_words, lags, next_changes, numbered, plays
from dashboard.session import explain
from dashboard.week import zone_of
from protocol.api import Device
from protocol.live import ScreenRow
from protocol.manifest import DevicePlaylist, PlaylistPlaying
from protocol.schedule import Entry, Explanation, ResolvedSchedule
from protocol.vocabulary import Permission, Presence

_FACTS: Final = (("plays", "Plays"), ("should", "Should play"), ("manifest", "Manifest"), ("next", "Next"))
_AHEAD: Final = timedelta(days=7)
_ASKS: Final = 5
_ASK_AGAIN_MS: Final = 1_000
"""What was decided just now is not in the screen's manifest yet: it is asked for so often, so far apart."""


class PlaysCard:
    """Asks the hub anew when the screen's row says that it plays something else."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._seen: tuple[object, ...] = ()
        self._asks_left, self._ask_ms = 0, 0
        self._facts: dict[str, Tag] = {}
        with tag("section", "card", aria_label="What it plays", testid="plays"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "What it plays")
                with tag("div", "row-actions"):
                    tag(
                        "a",
                        "btn btn-small",
                        "Schedule",
                        href=f"/schedule?screen={device.id}",
                        testid="plays-schedule",
                    )
                    if page.session.may(Permission.CONTENT_PUBLISH):
                        button("Assign", self._assign, kind="small", testid="plays-assign")
            with tag("dl", "facts"):
                for key, text in _FACTS:
                    with tag("div", "fact"):
                        tag("dt", "", text)
                        self._facts[key] = tag("dd", "num plays-fact", testid=f"plays-{key}")
            self._why = tag("p", "row-note plays-note", testid="plays-why")
            self._lags = tag("p", "note note-warn plays-note hidden", role="status", testid="plays-lags")
        page.on_beat(self._beat)

    async def load(self) -> None:
        """Ask the hub, and say it."""
        self._asks_left = _ASKS
        await self._ask()

    async def changed(self, row: ScreenRow) -> None:
        """Its row is another: ask anew if that is about what it plays."""
        if _of_row(row) != self._seen:
            await self.load()

    async def _beat(self) -> None:
        if self._asks_left and self._page.now_ms >= self._ask_ms:
            self._asks_left -= 1
            await self._ask()

    async def _ask(self) -> None:
        self._ask_ms = self._page.now_ms + _ASK_AGAIN_MS
        self._seen = _of_row(self._page.store.screens.get(self._device.id))
        hub, device_id, now = self._page.hub.schedule, self._device.id, datetime.now(UTC)
        try:
            standing, why, schedule = await asyncio.gather(
                hub.standing(device_id),
                hub.explain(device_id),
                hub.of_screen(device_id, now, now + _AHEAD),
            )
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            set_text(self._why, error.sentence)
            return
        self._show(standing, why, schedule)

    def _show(self, standing: DevicePlaylist, why: Explanation, schedule: ResolvedSchedule) -> None:
        now, zone = datetime.now(UTC), zone_of(schedule.time_zone)
        row = self._page.store.screens.get(self._device.id)
        online = row is not None and row.presence is Presence.ONLINE
        number = f"number {standing.version:,}" if standing.version else "None yet"
        if standing.reported_version != standing.version:
            number += f"; the screen says {standing.reported_version:,}"
        changes = [f"{change_words(at, zone, now)} {name}" for at, name in next_changes(schedule, now)]
        set_text(self._facts["plays"], plays(standing))
        should = _decided(why) or standing.should_play
        if should == standing.should_play:
            self._asks_left = 0
        set_text(self._facts["should"], numbered(should))
        set_text(self._facts["manifest"], number)
        set_text(self._facts["next"], "\n".join(changes) or "No change within a week")
        # Whoever reads "Nothing" here may stand before a screen that shows something.
        own = "" if standing.version else " Until then its player shows what it has of its own."
        set_text(self._why, why.sentence + own)
        said = lags(standing, self._page.clock, self._page.now_ms, online=online)
        set_text(self._lags, said)
        switch_class(self._lags, "hidden", not said)

    async def _assign(self) -> None:
        hub, device = self._page.hub, self._device
        try:
            playlists = await hub.playlists.all()
            entries = await hub.schedule.entries(device_id=device.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        assigned = next((entry for entry in entries if _is_assignment(entry, device.id)), None)
        offered = {p.id: p.name for p in playlists if p.active_number is not None}
        if assigned is not None:
            offered.setdefault(assigned.playlist_id, assigned.playlist_name)

        def draw() -> Callable[[], Awaitable[bool]]:
            tag(
                "p",
                "dialog-text",
                "It plays on this screen whenever nothing goes before it: an emergency, a takeover, an entry "
                "with a higher priority.",
            )
            with labelled("Playlist", "" if offered else "None is published yet."):
                box = ui.select(
                    {"": "None: as scheduled for others", **offered},
                    value=assigned.playlist_id if assigned else "",
                    with_input=True,
                ).props("outlined dense options-dense popup-content-class=menu data-testid=assign-playlist")

            async def send() -> bool:
                if box.value is None:
                    raise Unfit("Choose a playlist.")
                if box.value:
                    await hub.schedule.assign(device.id, box.value)
                elif assigned is not None:
                    await hub.schedule.remove(assigned.id)
                return True

            return send

        if await form_dialog(self._page.session, f"Assign a playlist to {device.name}", "Assign", draw):
            await self.load()


def _of_row(row: ScreenRow | None) -> tuple[object, ...]:
    """What of a row is about what plays."""
    return () if row is None else (row.playlist, row.playlist_number, row.lags_since_ms, row.presence)


def _decided(why: Explanation) -> PlaylistPlaying | None:
    """What the schedule says now, be it in the screen's manifest yet or not."""
    if why.playlist_id is None or why.playlist_name is None or why.number is None:
        return None
    return PlaylistPlaying(why.playlist_id, why.playlist_name, why.number)


def _is_assignment(entry: Entry, device_id: str) -> bool:
    """Whether it is the screen's one entry without times."""
    times = (entry.valid_from, entry.valid_until, entry.first_day, entry.recurrence)
    timeless = not entry.dayparts and not entry.except_days and all(time is None for time in times)
    return entry.target.device_id == device_id and timeless and not entry.is_takeover
