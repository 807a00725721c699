"""All commands, or those of one order: found by status, command and screen, page by page, live.

Lines move on where they are; new ones are announced and not pushed in, so that nothing slips away under the
pointer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dashboard.command_sentences import COMMAND_STATUS_WORDS, COMMAND_WORDS
from dashboard.components.buttons import button
from dashboard.components.command_choice import COMMANDS
from dashboard.components.command_list import CommandList
from dashboard.components.markup import Tag, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.components.screen_finder import ScreenFinder
from dashboard.hub_http import HubError
from dashboard.session import explain
from protocol.vocabulary import CommandName, CommandStatus, Permission

if TYPE_CHECKING:
    from dashboard.frame import LivePage
    from dashboard.subscription import Change

_PAGE: Final = 50
_OPEN: Final = "open"
_VALUE: Final = "(e) => emit(e.target.value)"


class CommandFinder:
    """`bulk_id`: only those of this order; its command is one, so there is no choice of it."""

    def __init__(self, page: LivePage, bulk_id: str | None = None) -> None:
        self._page = page
        self._bulk_id = bulk_id
        self._status = self._command = ""
        self._device_id: str | None = None
        self._cursor: str | None = None
        self._loading = 0
        self._older_shown = False
        with tag("div", "toolbar finder"):
            statuses = self._select("Status", "finder-status")
            with statuses:
                tag("option", "", "Every status", value="")
                tag("option", "", "still open", value=_OPEN)
                for status, words in COMMAND_STATUS_WORDS.items():
                    tag("option", "", words, value=status)
            statuses.on("change", lambda event: self._by_status(str(event.args)), js_handler=_VALUE)
            if bulk_id is None:
                commands = self._select("Command", "finder-command")
                with commands:
                    tag("option", "", "Every command", value="")
                    for command, _ in COMMANDS:
                        tag("option", "", COMMAND_WORDS[command], value=command)
                commands.on("change", lambda event: self._by_command(str(event.args)), js_handler=_VALUE)
            ScreenFinder(page.store.choices, self._by_screen)
        self._newer = button(
            "Newer commands have come. Show them", self.load, kind="wide", icon="up", testid="finder-newer"
        )
        self._problem = ProblemNote()
        self._list = CommandList(
            page.clock,
            "No command fits.",
            self._cancel if page.session.may(Permission.COMMANDS_SEND) else None,
            self._name_of,
            one_order=bulk_id is not None,
        )
        self._older = button("Older", self._load_older, kind="wide", testid="finder-older")
        for later in (self._newer, self._older):
            switch_class(later, "hidden", True)
        page.on_change(self._changed)

    async def load(self) -> None:
        """The newest page of what fits."""
        self._loading += 1
        await self._read(None, self._loading)

    async def refresh(self) -> None:
        """Read again what is filtered by status: statuses are others now. Not what was paged through."""
        if self._status and not self._older_shown:
            await self.load()

    async def _load_older(self) -> None:
        if self._cursor is not None:
            self._loading += 1
            await self._read(self._cursor, self._loading)

    async def _read(self, cursor: str | None, mine: int) -> None:
        try:
            found = await self._page.hub.find_commands(
                only_open=self._status == _OPEN,
                status=CommandStatus(self._status) if self._status not in ("", _OPEN) else None,
                command=CommandName(self._command) if self._command else None,
                device_id=self._device_id,
                bulk_id=self._bulk_id,
                cursor=cursor,
                limit=_PAGE,
            )
        except HubError as error:
            self._problem.refused(self._page.session, error)
            return
        if mine != self._loading:
            return  # the question is another one by now
        self._problem.say("")
        self._cursor = found.next_cursor
        self._older_shown = cursor is not None
        if cursor is None:
            self._list.show(found.items, self._page.now_ms)
            switch_class(self._newer, "hidden", True)
        else:
            self._list.add(found.items, self._page.now_ms)
        switch_class(self._older, "hidden", self._cursor is None)

    def _changed(self, change: Change) -> None:
        unknown = [c for c in change.commands if not self._list.change(c, self._page.now_ms)]
        fitting = self._bulk_id is None and any(
            c.status is CommandStatus.QUEUED and self._device_id in (None, c.device_id) for c in unknown
        )
        if fitting or change.resynchronised:
            switch_class(self._newer, "hidden", False)

    async def _by_status(self, status: str) -> None:
        self._status = status
        await self.load()

    async def _by_command(self, command: str) -> None:
        self._command = command
        await self.load()

    async def _by_screen(self, device_id: str | None) -> None:
        self._device_id = device_id
        await self.load()

    async def _cancel(self, command_id: str) -> None:
        try:
            row = await self._page.hub.cancel_command(command_id)
        except HubError as error:
            explain(self._page.session, error)
            return
        self._list.put(row, self._page.now_ms)

    def _name_of(self, device_id: str) -> str:
        row = self._page.store.screens.get(device_id)
        return row.name if row is not None else "a screen that is gone"

    def _select(self, label: str, testid: str) -> Tag:
        return tag("select", "input select", aria_label=label, testid=testid)
