"""`/screens/{id}`: one screen: what it does now, what happened to it, what it was ordered."""

from __future__ import annotations

import asyncio

from fastapi.responses import RedirectResponse
from nicegui import ui

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.command_bar import COMMANDS
from dashboard.components.command_list import CommandList
from dashboard.components.dialogs import confirm, toast
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.components.screen_dialogs import edit_screen, show_token
from dashboard.components.timeline import Timeline
from dashboard.frame import LivePage, frame, open_session
from dashboard.hub_client import HubError
from dashboard.sentences import COMMAND_WORDS, playing, presence
from dashboard.session import explain
from dashboard.store import Change
from protocol.api import CommandRequest, Device
from protocol.live import ScreenRow
from protocol.vocabulary import MISSING_SENTENCES, CommandName, DeviceStatus, LedgerState, Presence


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
    await screen.load()
    return None


class _Screen:
    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._facts: dict[str, Tag] = {}
        self._head()
        with tag("div", "screen-columns"):
            with tag("div", "screen-column"):
                with tag("section", "card", aria_label="Now"):
                    tag("h2", "card-title", "Now")
                    self._now()
                with tag("section", "card about-card", aria_label="About this screen"):
                    tag("h2", "card-title", "About")
                    self._about = tag("dl", "facts")
            with tag("div", "screen-column"):
                with tag("section", "card", aria_label="Commands"):
                    tag("h2", "card-title", "Commands")
                    self._command_buttons()
                    self._commands = CommandList(page.clock)
                with tag("section", "card", aria_label="What happened"):
                    tag("h2", "card-title", "What happened")
                    self._timeline = Timeline(page.clock)
        self._show_about()
        self._show_row()
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

    def _head(self) -> None:
        with tag("div", "page-head"):
            with tag("div", "page-head-words"):
                tag("a", "crumb", "Screens", href="/")
                with tag("div", "screen-title"):
                    self._name = tag("h1", "page-title", self._device.name, testid="screen-name")
                    self._pill = tag("span", "pill", testid="screen-presence")
                    self._simulated = tag("span", "chip", "simulated")
                self._presence = tag("p", "page-lead", role="status", testid="screen-presence-sentence")
            with tag("div", "page-actions"):
                button("Edit", self._edit, icon="edit", testid="screen-edit")
                button("New token", self._rotate, icon="key", testid="screen-rotate")
                self._revoke_button = button(
                    "Revoke", self._revoke, icon="ban", kind="danger-quiet", testid="screen-revoke"
                )

    def _command_buttons(self) -> None:
        with tag("div", "command-buttons"):
            for command, picture in COMMANDS:
                button(
                    COMMAND_WORDS[command],
                    lambda command=command: self._order(command),
                    icon=picture,
                    testid=f"command-{command}",
                )

    def _now(self) -> None:
        with tag("dl", "facts"):
            for key, text in (
                ("playing", "Playing"),
                ("alert", "Alert"),
                ("seen", "Last seen"),
                ("pending", "Pending commands"),
            ):
                with tag("div", "fact"):
                    tag("dt", "", text)
                    self._facts[key] = tag("dd", "num", testid=f"screen-{key}")

    def _show_row(self) -> None:
        row = self._page.store.screens.get(self._device.id)
        if row is None:
            return
        online = row.status is DeviceStatus.APPROVED and row.presence is Presence.ONLINE
        set_text(self._name, row.name)
        set_text(
            self._pill,
            "Online"
            if online
            else "Offline"
            if row.status is DeviceStatus.APPROVED
            else row.status.capitalize(),
        )
        switch_class(self._pill, "pill-ok", online)
        switch_class(self._pill, "pill-bad", not online)
        switch_class(self._simulated, "hidden", not row.simulated)
        switch_class(self._revoke_button, "hidden", row.status is not DeviceStatus.APPROVED)
        sentence = presence(row, self._page.clock, self._page.now_ms)
        set_text(self._presence, f"{sentence[0].upper()}{sentence[1:]}.")
        set_text(self._facts["playing"], playing(row))
        set_text(self._facts["alert"], alert_sentence(row))
        seen = self._page.clock.moment(row.last_seen_ms, self._page.now_ms) if row.last_seen_ms else "never"
        set_text(self._facts["seen"], seen)
        set_text(self._facts["pending"], f"{row.pending_commands:,}")

    def _show_about(self) -> None:
        device, clock, now = self._device, self._page.clock, self._page.now_ms
        facts = (
            ("Site", device.site),
            ("Location", device.location),
            ("Groups", ", ".join(device.groups)),
            (
                "Tags",
                ", ".join(f"{key}: {value}" if value else key for key, value in sorted(device.tags.items())),
            ),
            ("Model", device.model),
            ("Platform", device.platform),
            ("Player", device.player_version),
            ("IP address", device.ip_address),
            ("MAC address", device.mac_address),
            ("Hardware id", device.hardware_id),
            ("Device id", device.id),
            ("Approved", clock.moment(to_ms(device.approved_at), now) if device.approved_at else None),
        )
        self._about.clear()
        with self._about:
            for text, value in facts:
                with tag("div", "fact"):
                    tag("dt", "", text)
                    tag("dd", "num", value or "–")

    async def _changed(self, change: Change) -> None:
        mine = self._device.id
        if mine in change.screens:
            self._show_row()
        for entry in change.timeline:
            if entry.device_id == mine:
                self._timeline.add(entry, self._page.now_ms)
        unknown = [
            c
            for c in change.commands
            if c.device_id == mine and not self._commands.change(c, self._page.now_ms)
        ]
        if unknown or change.resynchronised:
            await self.load()

    async def _order(self, command: CommandName) -> None:
        words = COMMAND_WORDS[command]
        if command is CommandName.REBOOT and not await confirm(
            f"Reboot {self._device.name}?",
            "It goes dark until it has started again, a minute or more.",
            "Reboot",
        ):
            return
        try:
            await self._page.hub.send_command(self._device.id, CommandRequest(command))
        except HubError as error:
            explain(self._page.session, error)
            return
        toast(f"{words}: accepted.")
        await self.load()

    async def _edit(self) -> None:
        try:
            sites = await self._page.hub.sites()
        except HubError as error:
            explain(self._page.session, error)
            return
        changed = await edit_screen(self._page.hub, self._device, sites)
        if changed is not None:
            self._device = changed
            set_text(self._name, changed.name)
            self._show_about()

    async def _rotate(self) -> None:
        if not await confirm(
            f"Give {self._device.name} a new token?",
            "The old one ends at once: the screen stays away until the new one is put into its player.",
            "Make a new token",
        ):
            return
        try:
            token = await self._page.hub.rotate_token(self._device.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        await show_token(token)

    async def _revoke(self) -> None:
        if not await confirm(
            f"Revoke {self._device.name}?",
            "It is cut off at once and gets nothing more, no alert either. To come back it must enrol anew.",
            "Revoke",
        ):
            return
        try:
            await self._page.hub.revoke(self._device.id)
        except HubError as error:
            explain(self._page.session, error)
            return
        toast(f"{self._device.name} is revoked.")


def alert_sentence(row: ScreenRow) -> str:
    """How this screen stands to the gravest emergency."""
    if row.alert_id is None:
        return "none"
    if row.alert_missing is not None:
        return f"not shown: {MISSING_SENTENCES[row.alert_missing]}"
    match row.alert_state:
        case LedgerState.RENDERED:
            return "shows the alert"
        case LedgerState.HIDE_SENT:
            return "all-clear sent, still shows it"
        case LedgerState.HIDDEN:
            return "none"
        case _:
            return "on its way"
