"""What can be ordered of the selected screens, and how far the order has got."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.screen_grid import ScreenGrid
from dashboard.orders import Orders
from dashboard.sentences import COMMAND_WORDS, count
from dashboard.session import explain
from protocol.vocabulary import CommandName

if TYPE_CHECKING:
    from dashboard.frame import LivePage

COMMANDS: Final[tuple[tuple[CommandName, str], ...]] = (
    (CommandName.PLAY, "play"),
    (CommandName.PAUSE, "pause"),
    (CommandName.STOP, "stop"),
    (CommandName.RELOAD_PLAYLIST, "reload"),
    (CommandName.PING, "ping"),
    (CommandName.REBOOT, "reboot"),
)
_SHOWN_S: Final = 4.0


class CommandBar:
    """A bar that comes up from below when rows are selected. It floats, so the table does not move."""

    def __init__(self, page: LivePage, grid: ScreenGrid) -> None:
        self._page, self._grid = page, grid
        self._under_way: Orders | None = None
        self._bar = tag(
            "div",
            "command-bar hidden",
            role="toolbar",
            aria_label="Commands for selected screens",
            testid="command-bar",
        )
        with self._bar:
            self._count = tag("strong", "command-count", testid="selected-count")
            for command, picture in COMMANDS:
                button(
                    COMMAND_WORDS[command],
                    lambda command=command: self._send(command),
                    icon=picture,
                    kind="quiet",
                    testid=f"bulk-{command}",
                    title=COMMAND_WORDS[command],
                )
            button("Alert…", self._alert, icon="alert", kind="quiet", testid="bulk-alert")
            button(
                "", self._grid.clear_selection, icon="close", kind="quiet icon", aria_label="Clear selection"
            )

        self._progress = tag("div", "order-progress hidden", role="status", testid="bulk-progress")
        page.on_beat(self._tick)

    def selected(self, number: int) -> None:
        switch_class(self._bar, "hidden", number == 0)
        if number:
            set_text(self._count, count(number, "screen"))

    async def _alert(self) -> None:
        self._page.session.chosen_screens = await self._grid.selected_ids()
        ui.navigate.to("/emergency?chosen=1")

    async def _send(self, command: CommandName) -> None:
        ids = await self._grid.selected_ids()
        if not ids or self._under_way is not None:
            return
        words = COMMAND_WORDS[command]
        if command is CommandName.REBOOT and not await confirm(
            f"Reboot {count(len(ids), 'screen')}?",
            "Each goes dark until it has started again, a minute or more.",
            f"Reboot {count(len(ids), 'screen')}",
        ):
            return
        self._grid.clear_selection()
        orders = self._under_way = Orders(ids, command)
        self._tick()
        await orders.send(self._page.hub)
        self._under_way = None
        set_text(self._progress, f"{words}: {orders.sentence}")
        if orders.last_refusal is not None:
            explain(self._page.session, orders.last_refusal)
        await asyncio.sleep(_SHOWN_S)
        if self._under_way is None:
            switch_class(self._progress, "hidden", True)

    def _tick(self) -> None:
        if self._under_way is not None:
            words = COMMAND_WORDS[self._under_way.command]
            set_text(self._progress, f"{words}: {self._under_way.sentence}")
            switch_class(self._progress, "hidden", False)
