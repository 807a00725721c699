"""The tokens of one sign-in, renewed in time and one at a time. All tabs and the live socket share them.

Rule 1: a refresh token shown twice ends the session at the hub. So there is one renewal at a time, everybody
        waits for it, nobody's leaving cancels it, and its pair is kept before it is used (`kept_pairs`).
Rule 2: only a refusal ends a session. A hub that does not answer is asked again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from dashboard.hub_http import HubError
from dashboard.kept_pairs import KeptPair
from protocol.access import TokenPair

_AGAIN_S: Final = 2.0
_log = structlog.get_logger("dashboard.tokens")


class Tokens:
    """`renew` exchanges a refresh token, `keep` puts a pair into its file, `ended` hears why it is over."""

    def __init__(
        self,
        kept: KeptPair,
        renew: Callable[[str], Awaitable[TokenPair]],
        keep: Callable[[KeptPair], None],
        ended: Callable[[str], None],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._kept = kept
        self._renew = renew
        self._keep = keep
        self._ended = ended
        self._now_s = now_s
        self._renewal: asyncio.Task[str] | None = None

    @property
    def pair(self) -> TokenPair:
        """The one in use."""
        return self._kept.pair

    async def access(self) -> str:
        """An access token that is good. Raises HubError."""
        if self._now_s() < self._kept.renew_at_s:
            return self.pair.access_token
        try:
            return await self._renewed()
        except HubError as error:
            if error.signed_out or self._now_s() >= self._kept.access_until_s:
                raise
            return self.pair.access_token

    async def renewed(self, refused: str) -> str:
        """Another one than `refused`, which the hub did not take. Raises HubError."""
        if refused != self.pair.access_token:
            return self.pair.access_token
        return await self._renewed()

    async def stay_fresh(self) -> None:
        """Renew whenever it is time, until cancelled or the session is over."""
        while True:
            await asyncio.sleep(max(0.0, self._kept.renew_at_s - self._now_s()))
            try:
                await self.access()
            except HubError as error:
                if error.signed_out:
                    return
            if self._now_s() >= self._kept.renew_at_s:  # it did not answer
                await asyncio.sleep(_AGAIN_S)

    async def settle(self) -> None:
        """Wait for the renewal that is under way, if there is one: half of it would end the session."""
        if self._renewal is not None:
            await asyncio.gather(self._renewal, return_exceptions=True)

    async def _renewed(self) -> str:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew_now(), name="renew tokens")
            self._renewal.add_done_callback(lambda task: task.cancelled() or task.exception())
        # Whoever waits may be cancelled with their page; the renewal goes on.
        return await asyncio.shield(self._renewal)

    async def _renew_now(self) -> str:
        try:
            pair = await self._renew(self.pair.refresh_token)
            kept = KeptPair.of(pair, self._now_s())
            try:
                await asyncio.to_thread(self._keep, kept)
            except OSError as error:
                # The old pair is used up either way: better signed in until the next start than not at all.
                _log.error("tokens_not_kept", reason=str(error))
            self._kept = kept
        except HubError as error:
            if error.signed_out:
                self._ended(error.sentence)
            else:
                _log.warning("tokens_not_renewed", reason=error.sentence)
            raise
        finally:
            self._renewal = None
        return pair.access_token
