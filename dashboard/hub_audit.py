"""The audit log, as the hub's API has it."""

from __future__ import annotations

from typing import Final

import httpx

from dashboard.hub_http import HubHttp
from protocol.api import Page
from protocol.audit import AuditAction, AuditRow, AuditVerdict

_SILENT_S: Final = 120.0
"""A rare filter goes through a million entries before the hub says anything."""
_VERIFYING_S: Final = 3600.0
"""Verifying reads everything, archives too: a million entries in a quarter of a minute, and nothing is said
meanwhile."""


class HubAudit:
    """`query`: the parameters of the API. Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def find(self, query: dict[str, str]) -> Page[AuditRow]:
        """One page, the newest first."""
        return await self._http.ask("GET", "/audit", Page[AuditRow], query=query, silent_s=_SILENT_S)

    async def actions(self) -> list[AuditAction]:
        return (await self._http.get("/audit/actions", Page[AuditAction])).items

    async def verify(self) -> AuditVerdict:
        return await self._http.ask("POST", "/audit/verify", AuditVerdict, silent_s=_VERIFYING_S)

    async def export(self, query: dict[str, str]) -> httpx.Response:
        """A file, read as it comes, and closed by who asked."""
        return await self._http.stream("/audit/export", query, silent_s=_SILENT_S)
