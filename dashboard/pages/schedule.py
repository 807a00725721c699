"""`/schedule`: what plays when on a screen or for a group, as a week; the entries; and why, at any moment."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.content import content_page
from dashboard.components.entry_list import EntryList
from dashboard.components.explain_panel import ExplainPanel
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.subject_finder import Subject, SubjectFinder
from dashboard.components.week_calendar import WeekCalendar
from dashboard.frame import LivePage, open_session
from dashboard.hub_http import HubError
from dashboard.schedule_sentences import week_words
from dashboard.sentences import count
from dashboard.subscription import Change
from dashboard.week import Week, blocks, instant, tones, week_of_day, zone_of
from protocol.places import Group
from protocol.schedule import Entry, Explanation, ResolvedSchedule, Target
from protocol.vocabulary import Permission

_MARGIN: Final = timedelta(days=2)


@ui.page("/schedule")
async def schedule_page(screen: str = "", group: str = "", day: str = "") -> RedirectResponse | None:
    """`screen` or `group`: whose week is shown at first; `day`: one of that week, like 2026-11-21."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    with content_page(session, "Schedule", "schedule") as page:
        schedule = _Schedule(page) if page is not None else None
    if schedule is not None:
        await schedule.open(screen, group, day)
    return None


class _Schedule:
    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._subject: Subject | None = None
        self._groups: dict[str, Group] = {}
        self._entries: list[Entry] = []
        self._week = week_of_day(datetime.now(page.clock.zone).date(), _own_zone(page))
        self._resolved: ResolvedSchedule | None = None
        self._minute, self._asked = -1, 0
        self._seen: tuple[object, ...] = ()
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("h1", "page-title", "Schedule")
                self._lead = tag("p", "page-lead", role="status", testid="schedule-lead")
            if page.session.may(Permission.CONTENT_PUBLISH):
                button("New entry", lambda: self._list.add(), kind="primary", icon="add", testid="entry-add")
        self._problem = ProblemNote("schedule-problem")
        self._finder = tag("div", "schedule-finder")
        with tag("div", "schedule hidden") as self._calendar_part:
            with tag("section", "card week-card", aria_label="Week"):
                with tag("div", "week-bar"):
                    button(
                        "",
                        partial(self._move, -1),
                        kind="icon",
                        icon="left",
                        aria_label="Week before",
                        testid="week-before",
                    )
                    button("Today", self._today, testid="week-today")
                    button(
                        "",
                        partial(self._move, 1),
                        kind="icon",
                        icon="right",
                        aria_label="Week after",
                        testid="week-after",
                    )
                    self._title = tag("h2", "week-title", testid="week-title")
                    self._zone = tag("span", "row-note week-zone", testid="week-zone")
                self._calendar = WeekCalendar(self._pressed)
                self._legend = tag("ul", "legend", aria_label="Playlists of this week")
            self._explain = ExplainPanel(self._ask, self._answered, self._typed)
        self._list = EntryList(page, self._groups, self._load)
        page.on_change(self._changed)
        page.on_beat(self._beat)

    async def open(self, screen: str, group: str, day: str) -> None:
        """Ask the hub, and draw."""
        if self._page.session.may(Permission.SCREENS_VIEW):
            try:
                self._groups.update((group.id, group) for group in await self._page.hub.places.groups())
            except HubError as error:
                self._problem.refused(self._page.session, error)
        with suppress(ValueError):
            self._week = week_of_day(date.fromisoformat(day), self._week.zone)
        row = self._page.store.screens.get(screen)
        if row is not None:
            self._subject = Subject("screen", row.id, row.name, row.site or "")
        elif group in self._groups:
            self._subject = Subject("group", group, self._groups[group].name)
        with self._finder:
            SubjectFinder(
                self._subjects,
                self._choose,
                "Whose week? A screen or a group…",
                "schedule-subject",
                self._subject,
            )
        await self._load()

    async def _load(self) -> None:
        self._asked += 1
        self._seen = self._row()
        number, subject, week, hub = self._asked, self._subject, self._week, self._page.hub.schedule
        try:
            entries = await hub.entries(
                device_id=subject.id if subject and subject.kind == "screen" else None,
                group_id=subject.id if subject and subject.kind == "group" else None,
            )
            resolved = await self._resolve(subject, week) if subject is not None else None
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        if number != self._asked:  # overtaken: another week or another screen was asked for meanwhile
            return
        if resolved is not None:
            self._week = week._replace(zone=zone_of(resolved.time_zone))
        self._entries, self._resolved = entries, resolved
        self._problem.say("")
        self._draw()
        if subject is not None and subject.kind == "screen":
            await self._explain.again()

    async def _resolve(self, subject: Subject, week: Week) -> ResolvedSchedule:
        """With a margin: what plays over midnight shall say for how long, and the zone is known only from the
        answer."""
        hub, begins, ends = self._page.hub.schedule, week.begins - _MARGIN, week.ends + _MARGIN
        if subject.kind == "group":
            return await hub.of_group(subject.id, _own_zone(self._page).key, begins, ends)
        return await hub.of_screen(subject.id, begins, ends)

    # ---- what is seen ----

    def _draw(self) -> None:
        subject, resolved = self._subject, self._resolved
        switch_class(self._calendar_part, "hidden", resolved is None)
        set_text(self._lead, _lead(subject))
        drawn = blocks(resolved.segments, self._week) if resolved is not None else []
        playing = {b.segment.playlist_id or "": b.segment.playlist_name or "" for b in drawn}
        named = playing | {entry.playlist_id: entry.playlist_name for entry in self._entries}
        colours = tones(named)
        if resolved is not None and subject is not None:
            now = datetime.now(UTC)
            set_text(self._title, week_words(self._week.days))
            set_text(self._zone, f"clock of {self._week.zone.key}")
            self._calendar.draw(self._week, drawn, colours, now)
            self._explain.hide(subject.kind == "group")
            self._legend.clear()
            with self._legend:
                for playlist_id, name in sorted(playing.items(), key=lambda pair: pair[1].casefold()):
                    with tag("li", "legend-item"):
                        tag("span", f"swatch tone-{colours[playlist_id]}", aria_hidden="true")
                        tag("span", "", name)
                if not playing:
                    tag("li", "row-note", "Nothing plays in this week.")
        self._list.show(self._entries, colours, _target(subject))

    def _subjects(self) -> list[Subject]:
        screens = [Subject("screen", key, name, site) for key, name, site in self._page.store.choices()]
        return screens + [
            Subject("group", group.id, group.name, f"group, {count(group.devices, 'screen')}")
            for group in self._groups.values()
        ]

    async def _changed(self, change: Change) -> None:
        """Another playlist plays on the screen, or another schedule came to it."""
        if self._subject is not None and self._subject.id in change.screens and self._row() != self._seen:
            await self._load()

    def _row(self) -> tuple[object, ...]:
        """What of the screen's row is about what plays."""
        row = self._page.store.screens.get(self._subject.id) if self._subject is not None else None
        return () if row is None else (row.playlist, row.playlist_number, row.lags_since_ms)

    def _beat(self) -> None:
        now = datetime.now(UTC)
        if now.minute != self._minute:
            self._minute = now.minute
            if self._resolved is not None:
                self._calendar.tick(self._week, now)

    # ---- what is asked ----

    async def _choose(self, subject: Subject | None) -> None:
        if subject is None:  # the week that is seen stays until another is chosen
            return
        self._subject = subject
        self._explain.forget()
        ui.navigate.history.replace(f"/schedule?{subject.kind}={subject.id}")
        await self._load()

    async def _move(self, weeks: int) -> None:
        self._week = self._week.moved(weeks)
        await self._load()

    async def _today(self) -> None:
        self._week = week_of_day(datetime.now(self._week.zone).date(), self._week.zone)
        await self._load()

    async def _ask(self, at: datetime | None) -> Explanation:
        assert self._subject is not None, "it is asked of a screen"
        return await self._page.hub.schedule.explain(self._subject.id, at)

    def _answered(self, said: Explanation) -> None:
        self._calendar.mark(self._week, said.at)

    async def _pressed(self, day: int, minute: int) -> None:
        if self._subject is not None and self._subject.kind == "screen":
            await self._explain.answer(instant(self._week.days[day], minute, self._week.zone))

    async def _typed(self, text: str) -> None:
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            return
        await self._explain.answer(local.replace(tzinfo=self._week.zone))


def _own_zone(page: LivePage) -> ZoneInfo:
    """The zone of the browser; UTC where only its offset is known."""
    return page.clock.zone if isinstance(page.clock.zone, ZoneInfo) else ZoneInfo("UTC")


def _lead(subject: Subject | None) -> str:
    if subject is None:
        return "Choose a screen or a group to see its week."
    if subject.kind == "group":
        return f"What is scheduled for the group {subject.name}; its screens may have more of their own."
    return f"What {subject.name} plays, and why. Press a moment to ask about it."


def _target(subject: Subject | None) -> Target:
    """Whom a new entry is for at first."""
    if subject is None:
        return Target()
    return Target(device_id=subject.id) if subject.kind == "screen" else Target(group_id=subject.id)
