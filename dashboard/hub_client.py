"""The hub's HTTP API as methods: screens, commands, emergencies; the rest beside them."""

from __future__ import annotations

import ssl
from typing import Final
from uuid import uuid4

import msgspec

from dashboard.hub_account import HubAccount
from dashboard.hub_audit import HubAudit
from dashboard.hub_contents import HubContents
from dashboard.hub_http import Credential, HubHttp, Ignored
from dashboard.hub_keys import HubKeys
from dashboard.hub_people import HubPeople
from dashboard.hub_places import HubPlaces
from dashboard.hub_players import HubPlayers
from dashboard.hub_playlists import HubPlaylists
from dashboard.hub_schedule import HubSchedule
from dashboard.hub_tenants import HubTenants
from protocol.api import (
    BulkCommand,
    BulkCommandAccepted,
    BulkCommandRequest,
    CommandAccepted,
    CommandRequest,
    CommandRow,
    Device,
    DevicePatch,
    DeviceToken,
    Emergency,
    EmergencyCreated,
    EmergencyRequest,
    LedgerRow,
    Page,
    Scope,
    ScopePreview,
    ScopePreviewRequest,
    TimelineItem,
)
from protocol.vocabulary import CommandName, CommandStatus, LedgerState

_KEY: Final = "Idempotency-Key"


class _Approval(msgspec.Struct, frozen=True):
    pairing_code: str


class HubClient(HubHttp):
    """One operator's way to the hub. Every method raises HubError."""

    def __init__(
        self, hub_url: str, credential: Credential | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(hub_url, credential, tls)
        self.account = HubAccount(self)
        self.audit = HubAudit(self)
        self.people = HubPeople(self)
        self.places = HubPlaces(self)
        self.contents = HubContents(self)
        self.keys = HubKeys(self)
        self.players = HubPlayers(self)
        self.playlists = HubPlaylists(self)
        self.schedule = HubSchedule(self)
        self.tenants = HubTenants(self)

    # ---- screens ----

    async def device(self, device_id: str) -> Device:
        return await self.get(f"/devices/{device_id}", Device)

    async def change_device(self, device_id: str, patch: DevicePatch) -> Device:
        return await self.ask("PATCH", f"/devices/{device_id}", Device, patch)

    async def approve(self, device_id: str, pairing_code: str) -> None:
        """With the code that the operator saw. Another one by now: HubError with the field `pairing_code`."""
        await self.post(f"/devices/{device_id}/approve", Ignored, _Approval(pairing_code))

    async def reject(self, device_id: str) -> None:
        await self.post(f"/devices/{device_id}/reject", Ignored)

    async def revoke(self, device_id: str) -> None:
        await self.post(f"/devices/{device_id}/revoke", Ignored)

    async def rotate_token(self, device_id: str) -> DeviceToken:
        return await self.post(f"/devices/{device_id}/rotate-token", DeviceToken)

    async def timeline(self, device_id: str) -> list[TimelineItem]:
        """The newest page."""
        return (await self.get(f"/devices/{device_id}/timeline", Page[TimelineItem])).items

    # ---- commands ----

    async def commands(self, device_id: str) -> list[CommandRow]:
        """Those of one screen, the newest page."""
        return (await self.get(f"/devices/{device_id}/commands", Page[CommandRow])).items

    async def find_commands(
        self,
        *,
        only_open: bool = False,
        status: CommandStatus | None = None,
        command: CommandName | None = None,
        device_id: str | None = None,
        bulk_id: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[CommandRow]:
        """One page of all commands that fit, the newest first."""
        asked: dict[str, str | None] = {
            "open": "true" if only_open else None,
            "status": status,
            "command": command,
            "device_id": device_id,
            "bulk_id": bulk_id,
            "cursor": cursor,
            "limit": str(limit),
        }
        query = {key: value for key, value in asked.items() if value is not None}
        return await self.get("/commands", Page[CommandRow], query)

    async def send_command(self, device_id: str, request: CommandRequest) -> CommandAccepted:
        """With a key of its own, so that whoever sends it twice on the way makes one command, not two."""
        headers = {_KEY: str(uuid4())}
        return await self.post(f"/devices/{device_id}/command", CommandAccepted, request, headers)

    async def cancel_command(self, command_id: str) -> CommandRow:
        """Take it back; the answer says what that could still change."""
        return await self.post(f"/commands/{command_id}/cancel", CommandRow)

    async def send_to_many(self, request: BulkCommandRequest, key: str) -> BulkCommandAccepted:
        """With the same `key` it stays one order, however often it is asked for."""
        return await self.post("/commands", BulkCommandAccepted, request, {_KEY: key})

    async def bulk_commands(self, limit: int) -> list[BulkCommand]:
        """The newest of those to many screens."""
        return (await self.get("/bulk-commands", Page[BulkCommand], {"limit": str(limit)})).items

    async def bulk_command(self, bulk_id: str) -> BulkCommand:
        return await self.get(f"/bulk-commands/{bulk_id}", BulkCommand)

    async def cancel_bulk(self, bulk_id: str) -> BulkCommand:
        """Take back all of it that is still open."""
        return await self.post(f"/bulk-commands/{bulk_id}/cancel", BulkCommand)

    # ---- emergencies ----

    async def preview(self, scope: Scope) -> ScopePreview:
        return await self.post("/emergencies/preview", ScopePreview, ScopePreviewRequest(scope))

    async def activate(self, request: EmergencyRequest, key: str) -> EmergencyCreated:
        """With the same `key` it stays one emergency, however often it is asked for."""
        return await self.post("/emergencies", EmergencyCreated, request, {_KEY: key})

    async def clear(self, emergency_id: str) -> None:
        await self.post(f"/emergencies/{emergency_id}/clear", Ignored)

    async def sign_off(self, emergency_id: str) -> None:
        """Close a case after the all-clear although screens may still show the alert."""
        await self.post(f"/emergencies/{emergency_id}/sign-off", Ignored)

    async def emergency(self, emergency_id: str) -> Emergency:
        return await self.get(f"/emergencies/{emergency_id}", Emergency)

    async def emergencies(self) -> list[Emergency]:
        """The newest page."""
        return (await self.get("/emergencies", Page[Emergency])).items

    async def not_showing(self, emergency_id: str) -> list[LedgerRow]:
        """The screens that do not show it, each with its reason."""
        return await self.every(f"/emergencies/{emergency_id}/ledger", LedgerRow, {"missing": "true"})

    async def ledger(self, emergency_id: str, cursor: str | None = None, limit: int = 100) -> Page[LedgerRow]:
        """One page of every screen of it."""
        query = {"limit": str(limit), **({"cursor": cursor} if cursor is not None else {})}
        return await self.get(f"/emergencies/{emergency_id}/ledger", Page[LedgerRow], query)

    async def still_showing(self, emergency_id: str) -> list[LedgerRow]:
        """The screens that may still show it: it was painted, and nobody has seen it go."""
        path = f"/emergencies/{emergency_id}/ledger"
        rows = await self.every(path, LedgerRow, {"state": LedgerState.HIDE_SENT})
        return rows + await self.every(path, LedgerRow, {"state": LedgerState.RENDERED})
