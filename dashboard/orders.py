"""One command for many screens: posted screen by screen, a few at a time, counted as the hub answers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from dashboard.hub_client import HubError
from protocol.api import CommandAccepted, CommandRequest
from protocol.vocabulary import CommandName

_AT_ONCE: Final = 8


class TakesCommands(Protocol):
    """The hub, as orders see it."""

    async def send_command(self, device_id: str, request: CommandRequest) -> CommandAccepted:
        """Raises HubError."""


class Orders:
    """How far one command for many screens has got."""

    def __init__(self, device_ids: Sequence[str], command: CommandName) -> None:
        self.command = command
        self.wanted = len(device_ids)
        self.accepted = 0
        self.refused = 0
        self.last_refusal: HubError | None = None
        self._waiting = list(reversed(device_ids))

    @property
    def sentence(self) -> str:
        """`48 of 50 accepted, 2 refused`."""
        refused = f", {self.refused:,} refused" if self.refused else ""
        return f"{self.accepted:,} of {self.wanted:,} accepted{refused}"

    async def send(self, hub: TakesCommands) -> None:
        """Post them all.

        A hub that is away, or that no longer knows the operator, ends it early: the rest would fail too.
        """
        await asyncio.gather(*(self._work(hub) for _ in range(_AT_ONCE)))

    async def _work(self, hub: TakesCommands) -> None:
        while self._waiting:
            device_id = self._waiting.pop()
            try:
                await hub.send_command(device_id, CommandRequest(self.command))
            except HubError as error:
                self.refused += 1
                self.last_refusal = error
                if error.status is None or error.signed_out:
                    self._waiting.clear()
            else:
                self.accepted += 1
