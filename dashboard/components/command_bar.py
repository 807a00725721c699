"""What can be ordered of the selected screens, and how far the order has got."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from nicegui import ui

from dashboard.command_sentences import COMMAND_WORDS, bulk_open, bulk_verdict
from dashboard.components.buttons import button
from dashboard.components.command_args import asked_args
from dashboard.components.command_choice import COMMANDS, WAIT_S
from dashboard.components.dialogs import confirm
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.components.screen_grid import ScreenGrid
from dashboard.hub_http import HubError
from dashboard.once import Once
from dashboard.sentences import count
from dashboard.session import explain
from protocol.api import BulkCommandRequest, Scope
from protocol.vocabulary import CommandName, Permission

if TYPE_CHECKING:
    from dashboard.frame import LivePage

_ASK_EVERY_S: Final = 1.0
_ASKED_AT_MOST: Final = 15
_SHOWN_S: Final = 4.0


class CommandBar:
    """A bar that comes up from below when rows are selected. It floats, so the table does not move.

    What the operator's role does not allow is not in it.
    """

    def __init__(self, page: LivePage, grid: ScreenGrid) -> None:
        self._page, self._grid = page, grid
        self._once = Once[BulkCommandRequest]()
        self._under_way = False
        self._sent = 0
        self._bar = tag(
            "div",
            "command-bar hidden",
            role="toolbar",
            aria_label="Commands for selected screens",
            testid="command-bar",
        )
        with self._bar:
            self._count = tag("strong", "command-count", testid="selected-count")
            for command, picture in () if page.session.may_not_send_to_many() else COMMANDS:
                button(
                    COMMAND_WORDS[command],
                    lambda command=command: self._send(command),
                    icon=picture,
                    kind="quiet",
                    testid=f"bulk-{command}",
                    title=COMMAND_WORDS[command],
                )
            if page.session.may(Permission.EMERGENCIES_TRIGGER):
                button("Alert…", self._alert, icon="alert", kind="quiet", testid="bulk-alert")
            button(
                "", self._grid.clear_selection, icon="close", kind="quiet icon", aria_label="Clear selection"
            )
        with tag("div", "order-progress hidden", role="status") as self._progress:
            self._words = tag("span", "", testid="bulk-progress")
            self._follow = tag("a", "order-link", "Screen by screen", testid="bulk-follow")

    def selected(self, number: int) -> None:
        switch_class(self._bar, "hidden", number == 0)
        if number:
            set_text(self._count, count(number, "screen"))

    async def _alert(self) -> None:
        self._page.session.chosen_screens = await self._grid.selected_ids()
        ui.navigate.to("/emergency?chosen=1")

    async def _send(self, command: CommandName) -> None:
        ids = await self._grid.selected_ids()
        if not ids or self._under_way:
            return
        if command is CommandName.REBOOT and not await confirm(
            f"Reboot {count(len(ids), 'screen')}?",
            "Each goes dark until it has started again, a minute or more.",
            f"Reboot {count(len(ids), 'screen')}",
        ):
            return
        args = await asked_args(self._page.session, command, count(len(ids), "screen"))
        if args is None:
            return
        everybody = len(ids) == self._page.store.counters.screens
        scope = Scope() if everybody else Scope("devices", sorted(ids))
        request = BulkCommandRequest(command, args, scope, WAIT_S)
        self._under_way = True
        try:
            accepted = await self._page.hub.send_to_many(request, self._once.key(request))
        except HubError as error:
            explain(self._page.session, error)
            return
        finally:
            self._under_way = False
        self._once.done()
        self._grid.clear_selection()
        await self._show_progress(command, accepted.bulk_id)

    async def _show_progress(self, command: CommandName, bulk_id: str) -> None:
        """For a moment, and longer while it goes on; what takes longer still has a page of its own."""
        self._sent += 1
        mine = self._sent
        set_text(self._words, f"{COMMAND_WORDS[command]}: accepted.")
        set_attribute(self._follow, "href", f"/commands/many/{bulk_id}")
        switch_class(self._progress, "hidden", False)
        try:
            for _ in range(_ASKED_AT_MOST):
                bulk = await self._page.hub.bulk_command(bulk_id)
                if mine != self._sent:
                    return  # another order has the place by now
                set_text(self._words, f"{COMMAND_WORDS[command]}: {bulk_verdict(bulk)}")
                if not bulk_open(bulk):
                    break
                await asyncio.sleep(_ASK_EVERY_S)
        except HubError as error:
            explain(self._page.session, error)
        await asyncio.sleep(_SHOWN_S)
        if mine == self._sent:
            switch_class(self._progress, "hidden", True)
