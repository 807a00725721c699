"""What the use cases about screens' pictures and settings need of PostgreSQL; see `ports.py`, whose
`Transaction` has these."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from hub.use_cases.site_limits import Sites
from protocol.player import Screenshot
from protocol.vocabulary import CommandStatus


class AskedPicture(Protocol):
    """An order for a picture."""

    @property
    def status(self) -> CommandStatus: ...
    @property
    def created_at(self) -> datetime: ...


class Picture(Protocol):
    """The bytes, and of what type."""

    @property
    def mime_type(self) -> str: ...
    @property
    def content(self) -> bytes: ...


class Screenshots(Protocol):
    """What screens looked like. Each picture answers one order, and each order at most one picture."""

    def asked(self, device_id: str, command_id: str) -> AskedPicture | None: ...

    def answering(self, device_id: str, command_id: str) -> Screenshot | None: ...

    def add(
        self,
        screenshot_id: str,
        device_id: str,
        command_id: str,
        *,
        taken_at: datetime,
        at: datetime,
        note: str,
        mime_type: str,
        size_px: tuple[int, int],
        content: bytes,
    ) -> bool: ...

    def keep_newest(self, device_id: str, at_most: int) -> None: ...

    def of_device(self, device_id: str) -> list[Screenshot]: ...

    def picture(self, screenshot_id: str, sites: Sites = None) -> Picture | None: ...


class ScreenSetups(Protocol):
    """How operators set screens up."""

    def get(self, device_id: str) -> str | None: ...

    def put(self, device_id: str, settings: dict[str, object], at: datetime) -> None: ...
