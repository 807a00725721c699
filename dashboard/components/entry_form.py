"""The dialog of one entry of the schedule: which playlist plays on which screens, and when."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from msgspec import UNSET
from nicegui import ui

from dashboard.components.entry_target import EntryTarget, Offers
from dashboard.components.entry_times import EntryTimes
from dashboard.components.form_dialog import Unfit, form_dialog, labelled, text_field
from dashboard.components.markup import tag
from dashboard.components.moment_field import moment_field
from dashboard.frame import LivePage
from dashboard.schedule_typed import NotATime, except_days_of, except_days_text
from protocol.schedule import Entry, EntryPatch, EntryRequest, Target

_BOX: Final = "outlined dense options-dense popup-content-class=menu"
_FACTS: Final = EntryRequest.__struct_fields__


async def add_entry(page: LivePage, offers: Offers, target: Target) -> Entry | None:
    """Make one, for `target` at first; None when the operator let it be."""
    form = _Form(page, offers, None, target)

    async def send() -> Entry:
        return await page.hub.schedule.add(form.request())

    return await form_dialog(page.session, "New entry", "Schedule it", lambda: form.draw(send))


async def edit_entry(page: LivePage, offers: Offers, entry: Entry) -> Entry | None:
    """Change what is otherwise; refused when somebody else changed it meanwhile."""
    form = _Form(page, offers, entry, entry.target)

    async def send() -> Entry:
        wanted = form.request()
        same = {name for name in _FACTS if getattr(wanted, name) == getattr(entry, name)}
        patch = EntryPatch(**{name: UNSET if name in same else getattr(wanted, name) for name in _FACTS})
        return await page.hub.schedule.change(entry, patch)

    return await form_dialog(page.session, "Edit entry", "Save", lambda: form.draw(send))


class _Form:
    def __init__(self, page: LivePage, offers: Offers, entry: Entry | None, target: Target) -> None:
        self._page, self._offers, self._entry = page, offers, entry
        self._zone = page.clock.zone
        self._for = target

    def draw(self, send: Callable[[], Awaitable[Entry]]) -> Callable[[], Awaitable[Entry]]:
        entry = self._entry
        # What no screen can play yet is not offered, unless it is what plays here already.
        playlists = {p.id: p.name for p in self._offers.playlists if p.active_number is not None}
        if entry is not None:
            playlists.setdefault(entry.playlist_id, entry.playlist_name)
        with labelled("Playlist", "" if playlists else "None is published yet."):
            self._playlist = ui.select(
                playlists, value=entry.playlist_id if entry else None, with_input=True
            ).props(f"{_BOX} data-testid=entry-playlist")
        self._target = EntryTarget(self._page, self._offers, self._for)
        self._times = EntryTimes(entry, datetime.now(self._zone).date())
        self._draw_more()
        return send

    def _draw_more(self) -> None:
        entry = self._entry
        unusual = entry is not None and bool(
            entry.name
            or entry.is_takeover
            or entry.priority
            or entry.valid_from
            or entry.valid_until
            or entry.except_days
            or entry.time_zone
            or not entry.enabled
        )
        with tag("details", "more unusual", open=unusual, testid="entry-more"):
            tag("summary", "", "Name, priority, validity, days left out")
            self._name = text_field("Name", "entry-name", entry.name if entry else "", maxlength="200")
            with tag("div", "field-pair"):
                self._priority = text_field(
                    "Priority (0 to 100)",
                    "entry-priority",
                    str(entry.priority if entry else 0),
                    type_="number",
                )
                with tag("div", "entry-ticks"):
                    self._takeover = ui.checkbox("Takes over", value=bool(entry and entry.is_takeover)).props(
                        "dense data-testid=entry-takeover"
                    )
                    self._enabled = ui.checkbox("On", value=entry is None or entry.enabled).props(
                        "dense data-testid=entry-enabled"
                    )
            tag(
                "p",
                "field-hint",
                "Of two that would play at once: what takes over, then the higher priority.",
            )
            with tag("div", "field-pair moments"):
                begins, ends = (entry.valid_from, entry.valid_until) if entry else (None, None)
                self._from = moment_field("Valid from", "entry-from", begins, self._page.clock)
                self._until = moment_field("Valid until", "entry-until", ends, self._page.clock)
            tag("p", "field-hint", "By your own clock. Empty for no bound.")
            self._except = text_field(
                "Not on these days",
                "entry-except",
                except_days_text(entry.except_days) if entry else "",
                placeholder="2026-12-24, 2026-12-25",
            )
            zones = {
                "": "That of each screen's site",
                **{name: name for name in sorted(available_timezones())},
            }
            chosen = (entry.time_zone if entry else None) or ""
            with labelled("Time zone of days and times"):
                self._zones = ui.select(
                    zones | {chosen: zones.get(chosen, chosen)}, value=chosen, with_input=True
                ).props(f"{_BOX} data-testid=entry-zone")

    def request(self) -> EntryRequest:
        """What is chosen and written. Raises Unfit."""
        if not self._playlist.value:
            raise Unfit("Choose a playlist.")
        target = self._target.chosen()
        first_day, recurrence = self._times.days()
        priority = self._priority() or "0"
        if not priority.isdecimal() or int(priority) > 100:
            raise Unfit("The priority is a number from 0 to 100.")
        try:
            except_days = except_days_of(self._except())
        except NotATime as error:
            raise Unfit(str(error)) from None
        return EntryRequest(
            self._playlist.value,
            target,
            self._name(),
            self._takeover.value,
            int(priority),
            self._enabled.value,
            self._from(),
            self._until(),
            first_day,
            recurrence,
            except_days,
            self._times.dayparts(),
            self._zones.value or None,
        )
