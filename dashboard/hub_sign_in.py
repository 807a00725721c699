"""What the hub answers somebody who is not signed in: credentials become tokens, and tokens newer ones."""

from __future__ import annotations

from dashboard.browser import Browser
from dashboard.hub_http import HubHttp, Ignored
from protocol.access import (
    ForgottenPassword,
    LogoutRequest,
    NewPasswordByLink,
    RefreshRequest,
    TokenPair,
    UserLogin,
)


class HubSignIn:
    """One for everybody: whose browser asks goes with each call. Every method raises HubError."""

    def __init__(self, http: HubHttp) -> None:
        self._http = http

    async def login(self, login: UserLogin, browser: Browser) -> TokenPair:
        """A 401 whose `fields` name `one_time_code` asks for the second factor."""
        return await self._http.post("/auth/login", TokenPair, login, browser.headers())

    async def refresh(self, refresh_token: str, browser: Browser) -> TokenPair:
        """The next pair. The token is used up even when the answer is lost."""
        return await self._http.post(
            "/auth/refresh", TokenPair, RefreshRequest(refresh_token), browser.headers()
        )

    async def logout(self, refresh_token: str, browser: Browser) -> None:
        """End the session of this token."""
        await self._http.post("/auth/logout", Ignored, LogoutRequest(refresh_token), browser.headers())

    async def forgotten(self, request: ForgottenPassword, browser: Browser) -> None:
        """Ask for a link by mail; the answer does not tell whether there is such a person."""
        await self._http.post("/auth/forgot", Ignored, request, browser.headers())

    async def set_password(self, request: NewPasswordByLink, browser: Browser) -> None:
        """Choose a password with the token of a one-time link."""
        await self._http.post("/auth/set-password", Ignored, request, browser.headers())

    async def close(self) -> None:
        await self._http.close()
