"""`/screens/{id}`: one screen: what it does now, what happened to it, what it was ordered."""

from __future__ import annotations

import asyncio

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.command_sentences import COMMAND_WORDS
from dashboard.components.alert_path_card import AlertPathCard
from dashboard.components.buttons import button
from dashboard.components.command_args import asked_args
from dashboard.components.command_choice import COMMANDS
from dashboard.components.command_list import CommandList
from dashboard.components.dialogs import toast
from dashboard.components.edit_screen import edit_screen
from dashboard.components.health_card import HealthCard
from dashboard.components.markup import tag
from dashboard.components.now_playing import NowPlaying
from dashboard.components.play_history import PlayHistory
from dashboard.components.plays_card import PlaysCard
from dashboard.components.screen_dialogs import revoke, rotate_token, wants_reboot
from dashboard.components.screen_facts import AboutFacts, NowFacts
from dashboard.components.screen_head import ScreenHead
from dashboard.components.screenshots_card import ScreenshotsCard
from dashboard.components.settings_card import SettingsCard
from dashboard.components.timeline import Timeline
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_http import HubError
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import CommandRequest, Device
from protocol.vocabulary import CommandName, Permission


@ui.page("/screens/{screen_id}")
async def screen_page(screen_id: str) -> RedirectResponse | None:
    """One screen, live."""
    session = await open_session()
    if isinstance(session, RedirectResponse):
        return session
    try:
        device = await session.hub.device(screen_id)
        problem = ""
    except HubError as error:
        device, problem = None, error.sentence
    with frame(session, device.name if device else "Screen", "screens") as page:
        if device is None:
            with tag("div", "empty"):
                tag("h1", "empty-title", problem)
                tag("a", "btn", "All screens", href="/")
            return None
        screen = _Screen(page, device)
    await asyncio.gather(screen.load(), screen.load_cards())
    return None


class _Screen:
    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        session, clock = page.session, page.clock
        self._head = ScreenHead(
            session,
            clock,
            device.name,
            on_edit=self._edit,
            on_rotate=lambda: rotate_token(session, self._device),
            on_revoke=lambda: revoke(session, self._device),
        )
        with tag("div", "screen-columns"):
            with tag("div", "screen-column"):
                with tag("section", "card", aria_label="Now"):
                    tag("h2", "card-title", "Now")
                    self._glass = NowPlaying(page, device.id)
                    self._now = NowFacts(clock)
                self._shots = ScreenshotsCard(page, device)
                may_see = session.may(Permission.CONTENT_VIEW)
                self._plays = PlaysCard(page, device) if may_see else None
                self._settings = SettingsCard(page, device)
                with tag("section", "card about-card", aria_label="About this screen"):
                    tag("h2", "card-title", "About")
                    self._about = AboutFacts(clock)
            with tag("div", "screen-column"):
                with tag("section", "card", aria_label="Commands"):
                    tag("h2", "card-title", "Commands")
                    self._command_buttons()
                    self._commands = CommandList(
                        clock,
                        "No command was ever sent to this screen.",
                        self._cancel if session.may(Permission.COMMANDS_SEND) else None,
                    )
                self._alert_path = AlertPathCard(page, device)
                with tag("section", "card", aria_label="What happened"):
                    tag("h2", "card-title", "What happened")
                    self._timeline = Timeline(clock)
                self._health = HealthCard(page, device)
                self._played = PlayHistory(page, device)
        self._about.show(device, page.now_ms)
        page.on_change(self._changed)

    async def load(self) -> None:
        """The history from the database."""
        try:
            commands, timeline = await asyncio.gather(
                self._page.hub.commands(self._device.id), self._page.hub.timeline(self._device.id)
            )
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        self._commands.show(commands, self._page.now_ms)
        self._timeline.show(timeline, self._page.now_ms)

    async def _load_commands(self) -> None:
        """They alone: what happened live is further than what is written of it."""
        try:
            commands = await self._page.hub.commands(self._device.id)
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        self._commands.show(commands, self._page.now_ms)

    async def load_cards(self) -> None:
        """What each card asks the hub for by itself."""
        cards = (self._shots, self._settings, self._health, self._played, self._plays)
        await asyncio.gather(self._show_row(), *(card.load() for card in cards if card is not None))

    def _command_buttons(self) -> None:
        may_not = self._page.session.may_not(Permission.COMMANDS_SEND)
        if may_not:
            tag("p", "note note-warn", may_not, testid="command-not-allowed")
            return
        with tag("div", "command-buttons"):
            for command, picture in COMMANDS:
                button(
                    COMMAND_WORDS[command],
                    lambda command=command: self._order(command),
                    icon=picture,
                    testid=f"command-{command}",
                )

    async def _show_row(self) -> None:
        row = self._page.store.screens.get(self._device.id)
        if row is not None:
            self._head.show(row, self._page.now_ms)
            self._now.show(row, self._page.now_ms)
            self._alert_path.changed(row)
            await self._glass.show(row)

    async def _changed(self, change: Change) -> None:
        # What was told comes first: whatever asks the hub below may be overtaken by the next change.
        mine = self._device.id
        for entry in change.timeline:
            if entry.device_id == mine:
                self._timeline.add(entry, self._page.now_ms)
        unknown = [
            c
            for c in change.commands
            if c.device_id == mine and not self._commands.change(c, self._page.now_ms)
        ]
        if mine in change.screens:
            await self._show_row()
            if self._plays is not None:
                await self._plays.changed(self._page.store.screens[mine])
        await self._shots.changed(change)
        if change.resynchronised:
            await self.load()
        elif unknown:
            await self._load_commands()

    async def _order(self, command: CommandName) -> None:
        if command is CommandName.REBOOT and not await wants_reboot(self._device.name):
            return
        args = await asked_args(self._page.session, command, self._device.name)
        if args is None:
            return
        try:
            await self._page.hub.send_command(self._device.id, CommandRequest(command, args))
        except HubError as error:
            explain(self._page.session, error)
            return
        toast(f"{COMMAND_WORDS[command]}: accepted.")
        await self._load_commands()

    async def _cancel(self, command_id: str) -> None:
        try:
            row = await self._page.hub.cancel_command(command_id)
        except HubError as error:
            explain(self._page.session, error)
            return
        self._commands.put(row, self._page.now_ms)

    async def _edit(self) -> None:
        hub = self._page.hub
        try:
            device, sites, groups, tags = await asyncio.gather(
                hub.device(self._device.id), hub.places.sites(), hub.places.groups(), hub.places.tags()
            )
        except HubError as error:
            explain(self._page.session, error)
            return
        changed = await edit_screen(self._page.session, device, sites, groups, tags)
        if changed is not None:
            self._device = changed
            self._head.rename(changed.name)
            self._about.show(changed, self._page.now_ms)
