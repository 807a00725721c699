"""How single screens are set up and how they are, and what was played, as the hub's API has it."""

from __future__ import annotations

from typing import Final

import httpx

from dashboard.hub_http import HubHttp
from protocol.api import Page
from protocol.player import DrillResult, HealthSample, ScreenSettings, Screenshot
from protocol.reports import Played, ProofOfPlay

_REPORTING_S: Final = 60.0
"""A report over a year of thousands of screens is added up before the hub says anything."""


class HubPlayers:
    """`query` of the reports: the parameters of the API. Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    # ---- one screen ----

    async def settings(self, device_id: str) -> ScreenSettings:
        return await self._http.get(f"/devices/{device_id}/player-settings", ScreenSettings)

    async def put_settings(self, device_id: str, settings: ScreenSettings) -> ScreenSettings:
        return await self._http.ask("PUT", f"/devices/{device_id}/player-settings", ScreenSettings, settings)

    async def drill(self, device_id: str) -> DrillResult:
        """Send it an alert that it does not show; the answer says whether it would have."""
        return await self._http.post(f"/devices/{device_id}/drill", DrillResult)

    async def screenshots(self, device_id: str) -> list[Screenshot]:
        """The newest first."""
        shots = (await self._http.get(f"/devices/{device_id}/screenshots", Page[Screenshot])).items
        return sorted(shots, key=lambda shot: shot.taken_at, reverse=True)

    async def picture(self, screenshot_id: str) -> httpx.Response:
        """Read as it comes, and closed by who asked."""
        return await self._http.stream(f"/screenshots/{screenshot_id}/picture", {}, silent_s=10.0)

    async def health(self, device_id: str, hours: int) -> list[HealthSample]:
        """One sample a minute, the oldest first."""
        query = {"hours": str(hours)}
        samples = (await self._http.get(f"/devices/{device_id}/health", Page[HealthSample], query)).items
        return sorted(samples, key=lambda sample: sample.at)

    async def plays(self, device_id: str, cursor: str | None = None, limit: int = 20) -> Page[Played]:
        """What was on its glass, the newest first."""
        query = {"limit": str(limit), **({"cursor": cursor} if cursor is not None else {})}
        return await self._http.get(f"/devices/{device_id}/plays", Page[Played], query)

    # ---- all of them ----

    async def proof_of_play(self, query: dict[str, str]) -> ProofOfPlay:
        return await self._http.ask(
            "GET", "/reports/proof-of-play", ProofOfPlay, query=query, silent_s=_REPORTING_S
        )

    async def export(self, query: dict[str, str]) -> httpx.Response:
        """A file, read as it comes, and closed by who asked."""
        return await self._http.stream("/reports/proof-of-play.csv", query, silent_s=_REPORTING_S)
