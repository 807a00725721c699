"""What can be ordered of the selected screens, and how far the order has got."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import confirm
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.screen_grid import ScreenGrid
from dashboard.hub_client import HubClient, HubError
from dashboard.sentences import COMMAND_WORDS, count
from dashboard.session import explain
from protocol.api import CommandRequest
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
_AT_ONCE: Final = 8


class CommandBar:
    """A bar that comes up from below when rows are selected. It floats, so the table does not move."""

    def __init__(self, page: LivePage, grid: ScreenGrid) -> None:
        self._page, self._grid = page, grid
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
            button(
                "", self._grid.clear_selection, icon="close", kind="quiet icon", aria_label="Clear selection"
            )

    def selected(self, number: int) -> None:
        switch_class(self._bar, "hidden", number == 0)
        if number:
            set_text(self._count, count(number, "screen"))

    async def _send(self, command: CommandName) -> None:
        ids = await self._grid.selected_ids()
        if not ids:
            return
        words = COMMAND_WORDS[command]
        if command is CommandName.REBOOT and not await confirm(
            f"Reboot {count(len(ids), 'screen')}?",
            "Each goes dark until it has started again, a minute or more.",
            f"Reboot {count(len(ids), 'screen')}",
        ):
            return
        progress = ui.notification(
            f"{words}: 0 of {len(ids):,} accepted",
            position="bottom",
            timeout=None,
            spinner=True,
        ).classes("toast")

        def tell(accepted: int, refused: int) -> None:
            failed = f", {refused:,} refused" if refused else ""
            progress.message = f"{words}: {accepted:,} of {len(ids):,} accepted{failed}"

        refusal = await order_all(self._page.hub, ids, command, tell)
        progress.spinner = False
        if refusal is not None:
            explain(self._page.session, refusal)
        self._grid.clear_selection()
        await asyncio.sleep(4)
        progress.dismiss()


async def order_all(
    hub: HubClient, device_ids: Iterable[str], command: CommandName, tell: Callable[[int, int], None]
) -> HubError | None:
    """Post `command` to each device, a few at a time; `tell(accepted, refused)` after each.

    Returns the last refusal, or None when the hub accepted every one. A hub that is away, or that no longer
    knows the operator, ends it early: the rest would only fail the same way.
    """
    waiting = list(device_ids)[::-1]
    accepted = refused = 0
    last: HubError | None = None

    async def work() -> None:
        nonlocal accepted, refused, last
        while waiting:
            device_id = waiting.pop()
            try:
                await hub.send_command(device_id, CommandRequest(command))
                accepted += 1
            except HubError as error:
                refused, last = refused + 1, error
                if error.status is None or error.signed_out:
                    waiting.clear()
            tell(accepted, refused)

    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return last
