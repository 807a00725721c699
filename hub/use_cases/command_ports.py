"""What the use cases of commands need of PostgreSQL; see `ports.py`, whose `Transaction` has these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from hub.use_cases.site_limits import Sites
from protocol.api import BulkCommand, CommandRow, Scope
from protocol.vocabulary import CommandName, CommandStatus, DeviceStatus


class Ended(Protocol):
    """A command that has just ended."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def command(self) -> CommandName: ...
    @property
    def detail(self) -> str: ...


class Waiting(Protocol):
    """A command that was not sent. `playlist_version`: with reload_playlist, the one of its device now."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def command(self) -> CommandName: ...
    @property
    def args(self) -> dict[str, Any]: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def playlist_version(self) -> int | None: ...


class Commands(Protocol):
    """Commands as operators read and end them. `if_sent` is added to the detail of one that was sent.
    `sites`: only those to devices that are there; None: all."""

    def get(self, command_id: str, sites: Sites = None) -> CommandRow | None: ...

    def find(
        self,
        *,
        sites: Sites,
        status: str | None,
        only_open: bool,
        device_id: str | None,
        bulk_id: str | None,
        command: str | None,
        before: int | None,
        limit: int,
    ) -> list[tuple[int, CommandRow]]: ...

    def cancel(self, command_id: str, detail: str, if_sent: str, at: datetime) -> Ended | None: ...

    def cancel_bulk(
        self, bulk_id: str, detail: str, if_sent: str, at: datetime, sites: Sites = None
    ) -> Sequence[Ended]: ...

    def cancel_of_device(
        self, device_id: str, detail: str, if_sent: str, at: datetime
    ) -> Sequence[Ended]: ...

    def waiting_since(self, at: datetime) -> Sequence[Waiting]: ...

    def ended_since(self, at: datetime) -> Sequence[tuple[Ended, CommandStatus]]: ...

    def expire(self, detail: str, before: datetime, at: datetime, at_most: int) -> Sequence[Ended]: ...


class NewCommand(Protocol):
    """What is queued. `args_json`: a JSON object."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def command(self) -> CommandName: ...
    @property
    def args_json(self) -> str: ...
    @property
    def idempotency_key(self) -> str | None: ...
    @property
    def created_by(self) -> str: ...
    @property
    def created_by_name(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


class Earlier(Protocol):
    """A command that an idempotency key was used for."""

    @property
    def id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def idempotency_key(self) -> str: ...
    @property
    def command(self) -> CommandName: ...
    @property
    def args(self) -> dict[str, Any]: ...
    @property
    def status(self) -> CommandStatus: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime: ...


class Room(Protocol):
    """Whether a device takes commands, and whose it is to send them."""

    @property
    def status(self) -> DeviceStatus: ...
    @property
    def open_commands(self) -> int: ...
    @property
    def site_id(self) -> str | None: ...


class CommandQueue(Protocol):
    """Queueing commands, many at once."""

    def lock(self, devices: Collection[str] = ()) -> None: ...

    def lock_out(self) -> None: ...

    def room(self, device_ids: Collection[str], at_most: int) -> Mapping[str, Room]: ...

    def earlier(self, keys: Sequence[tuple[str, str]]) -> Sequence[Earlier]: ...

    def add(self, commands: Sequence[NewCommand]) -> set[str]: ...

    def supersede(self, newest: Mapping[tuple[str, CommandName], str], at: datetime) -> Sequence[Ended]: ...

    def raise_playlists(self, device_ids: Collection[str]) -> Mapping[str, int]: ...


class Filled(Protocol):
    """How many screens a bulk command was for, and its commands: pairs of command id and device id."""

    @property
    def targeted(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def commands(self) -> list[tuple[str, str]]: ...


class BulkCommands(Protocol):
    """One command to many screens. `sites`: those to which whoever reads is limited, by the id
    `user_id`; they find what is for a screen there, or is theirs, with the commands of those screens."""

    def add(
        self,
        *,
        id: str,
        command: str,
        args: dict[str, Any],
        scope: Scope,
        scope_text: str,
        idempotency_key: str | None,
        created_by: str,
        created_by_name: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> bool: ...

    def lock(self, scope: Scope) -> None: ...

    def fill(self, bulk_id: str, scope: Scope, at_most: int) -> Filled: ...

    def get(self, bulk_id: str, sites: Sites = None, user_id: str | None = None) -> BulkCommand | None: ...

    def by_key(self, idempotency_key: str) -> BulkCommand | None: ...

    def newest(
        self, *, sites: Sites, user_id: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[BulkCommand]: ...
