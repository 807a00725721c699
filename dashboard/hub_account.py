"""What the hub tells and lets somebody do about themselves."""

from __future__ import annotations

from dashboard.hub_http import HubHttp, Ignored
from protocol.access import (
    Me,
    MePatch,
    PasswordChange,
    PasswordProof,
    RecoveryCodes,
    SecondFactorConfirmation,
    SecondFactorOffer,
    SessionRow,
)
from protocol.api import Page


class HubAccount:
    """Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def me(self) -> Me:
        return await self._http.get("/users/me", Me)

    async def change(self, patch: MePatch) -> Me:
        return await self._http.ask("PATCH", "/users/me", Me, patch)

    async def change_password(self, change: PasswordChange) -> None:
        """Ends every other session."""
        await self._http.post("/users/me/password", Ignored, change)

    async def offer_second_factor(self, password: str) -> SecondFactorOffer:
        return await self._http.post("/users/me/second-factor", SecondFactorOffer, PasswordProof(password))

    async def confirm_second_factor(self, one_time_code: str) -> RecoveryCodes:
        return await self._http.post(
            "/users/me/second-factor/confirm", RecoveryCodes, SecondFactorConfirmation(one_time_code)
        )

    async def drop_second_factor(self, password: str) -> None:
        await self._http.ask("DELETE", "/users/me/second-factor", Ignored, PasswordProof(password))

    async def new_recovery_codes(self, password: str) -> RecoveryCodes:
        """The older ones open nothing any more."""
        return await self._http.post("/users/me/recovery-codes", RecoveryCodes, PasswordProof(password))

    async def sessions(self) -> list[SessionRow]:
        return (await self._http.get("/auth/sessions", Page[SessionRow])).items

    async def end_session(self, session_id: str) -> None:
        await self._http.ask("DELETE", f"/auth/sessions/{session_id}", Ignored)
