"""A device asks to be let in: register, show the pairing code, claim the token once an operator approved.

Rule 1: the enrolment key opens nothing but the waiting room; an operator opens the door.
Rule 2: one hardware is one device. Whoever registers known hardware again gets a new code for the same
        device, and the token that is in use stays good until an operator approves.
Rule 3: the token is handed out once, to whoever holds the claim token of the approved pairing.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hub.use_cases.approval_address import approval_address
from hub.use_cases.device_secrets import hash_token, new_pairing_code, new_token
from hub.use_cases.errors import Gone, NotAllowed, TooMany
from hub.use_cases.ports import Database, Questions, Transaction
from hub.use_cases.realtime import Realtime
from hub.use_cases.texts import one_line, optional_line
from protocol.api import Claim, Claimed, Register, Registered

OPEN_PAIRINGS_AT_MOST: Final = 1000
_POLL_S: Final = 3
_GONE: Final = "This claim is over: expired, used, or replaced by a newer one. Register again to get another."


class Pairings:
    """`pairing_ttl_s`: how long an operator has to approve. `dashboard_url`: where operators do."""

    def __init__(
        self,
        database: Database,
        realtime: Realtime,
        now: Callable[[], datetime],
        pairing_ttl_s: int,
        dashboard_url: str,
    ) -> None:
        self._database = database
        self._realtime = realtime
        self._now = now
        self._ttl = timedelta(seconds=pairing_ttl_s)
        self._dashboard_url = dashboard_url

    async def register(self, request: Register, ip: str | None) -> Registered:
        """Opens a pairing. Raises NotAllowed (unknown enrolment key), Invalid, TooMany."""
        hardware_id = one_line("hardware_id", request.hardware_id)
        name = optional_line("name", request.name)
        model = optional_line("model", request.model)
        platform = optional_line("platform", request.platform)
        player_version = optional_line("player_version", request.player_version)
        key_hash = hash_token(request.enrolment_key)

        def whose(questions: Questions) -> str | None:
            return questions.tenant_of_enrolment_key(key_hash)

        tenant_id = await self._database.ask(whose)
        if tenant_id is None:
            raise NotAllowed(
                "This enrolment key is not known here. Ask an administrator for the current one."
            )
        claim_token = new_token()
        now = self._now()

        def pair(tx: Transaction) -> tuple[str, str]:
            tx.enrolment.lock()
            before = tx.enrolment.by_hardware(hardware_id)
            waits_already = (
                before is not None
                and before.state == "waiting"
                and before.expires_at is not None
                and before.expires_at > now
            )
            if not waits_already and tx.enrolment.waiting(now) >= OPEN_PAIRINGS_AT_MOST:
                raise TooMany(
                    f"{OPEN_PAIRINGS_AT_MOST} screens wait for approval already. Try again in a minute.",
                    60,
                )
            code = new_pairing_code()
            while tx.enrolment.code_is_taken(code):
                code = new_pairing_code()
            device_id = tx.enrolment.register(
                hardware_id=hardware_id,
                name=name,
                model=model,
                platform=platform,
                mac_address=request.mac_address,
                player_version=player_version,
                ip=ip,
                code=code,
                claim_token_hash=hash_token(claim_token),
                expires_at=now + self._ttl,
                now=now,
            )
            if not waits_already:
                tx.devices.happened([device_id], "registered", "asked to be let in", now)
            return device_id, code

        device_id, code = await self._database.transact(tenant_id, pair)
        await self._realtime.refresh_devices(tenant_id, [device_id])
        address = approval_address(self._dashboard_url, code)
        return Registered(
            device_id=device_id,
            pairing_code=code,
            claim_token=claim_token,
            expires_at=now + self._ttl,
            approval_url=address.url,
            approval_qr=address.picture,
        )

    async def claim(self, request: Claim, websocket_url: str) -> Claimed:
        """The token, once; before that, that it is pending. Raises NotAllowed (refused), Gone."""
        device_id = request.device_id.lower()

        def whose(questions: Questions) -> str | None:
            return questions.tenant_of_device(device_id)

        tenant_id = await self._database.ask(whose)
        if tenant_id is None:
            raise Gone(_GONE)
        claim_hash = hash_token(request.claim_token)
        device_token = new_token()
        now = self._now()

        def collect(tx: Transaction) -> bool:
            """Whether the token was handed out."""
            pairing = tx.enrolment.by_id(device_id)
            if (
                pairing is None
                or pairing.claim_token_hash is None
                or not hmac.compare_digest(pairing.claim_token_hash, claim_hash)
            ):
                raise Gone(_GONE)
            if pairing.state == "refused":
                raise NotAllowed("An operator refused this screen. Ask them why before it registers again.")
            if pairing.expires_at is None or pairing.expires_at <= now:
                raise Gone(_GONE)
            if pairing.state == "waiting":
                return False
            tx.enrolment.issue_token(device_id, hash_token(device_token), now)
            tx.devices.happened([device_id], "paired", "collected its token", now)
            return True

        if not await self._database.transact(tenant_id, collect):
            return Claimed(status="pending", retry_after_s=_POLL_S)
        await self._realtime.refresh_devices(tenant_id, [device_id])
        return Claimed(status="approved", device_token=device_token, websocket_url=websocket_url)
