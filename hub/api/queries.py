"""The query parameters of lists. One that is not known is an error: a mistyped filter must not show all."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from hub.use_cases.devices import Status
from hub.use_cases.paging import LIMIT_AT_MOST
from protocol.api import Id
from protocol.vocabulary import CommandName, CommandStatus, LedgerState, MediaKind, MediaStatus

Limit = Annotated[int, Meta(ge=1, le=LIMIT_AT_MOST)]
Cursor = Annotated[str, Meta(max_length=1000)]
VersionNumber = Annotated[int, Meta(ge=1, le=999_999_999)]


class PageQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`cursor` is the `next_cursor` of the page before."""

    limit: Limit = 100
    cursor: Cursor | None = None


class DevicesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`tag` is `key` or `key:value`; `q` is looked for in name, hardware id and location."""

    status: Status | None = None
    site: Id | None = None
    group: Id | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=261)] | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None


class DeviceCommandsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`open`: only those that are not finished."""

    open: bool = False


class CommandsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`open`: only those that are not finished. What is named together must all be so."""

    open: bool = False
    status: CommandStatus | None = None
    device_id: Id | None = None
    bulk_id: Id | None = None
    command: CommandName | None = None


class ScreenshotQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`command_id`: of the order that the picture answers. `note`: what is not in it, and why. `taken_ms`:
    when it was taken."""

    command_id: Id
    note: Annotated[str, Meta(max_length=500)] = ""
    taken_ms: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class EmergenciesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`open`: only those that are live or being cleared."""

    open: bool = False


class LedgerQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`missing`: only screens that have a reason why they do not show it (true), or none (false)."""

    missing: bool | None = None
    state: LedgerState | None = None


class UsersQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`q` is looked for in address and name."""

    q: Annotated[str, Meta(max_length=200)] | None = None


class PlaylistsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`q` is looked for in name and description."""

    q: Annotated[str, Meta(max_length=200)] | None = None


class DiffQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers of versions. Without `from`: the active one; without `to`: the draft."""

    before: VersionNumber | None = field(default=None, name="from")
    after: VersionNumber | None = field(default=None, name="to")


class ContentsQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """`q` is looked for in name, description and tags; `kind` and `status` are the newest version's."""

    q: Annotated[str, Meta(max_length=200)] | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    category: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    kind: MediaKind | None = None
    status: MediaStatus | None = None
    order: Literal["newest", "name"] = "newest"
