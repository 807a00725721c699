"""A person switches their own second factor on and off; see `hub.use_cases.second_factor`.

Rule: on, off, and new recovery codes ask for the password: a session left open is not enough.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from hub.operator import Operator
from hub.use_cases.audit import record
from hub.use_cases.errors import InConflict, Invalid
from hub.use_cases.password_proof import PasswordProofs, home_of
from hub.use_cases.ports import Database, Transaction
from hub.use_cases.second_factor import Offer, SecondFactor
from protocol.access import RecoveryCodes, SecondFactorOffer


class Whose(NamedTuple):
    """Fits `hub.use_cases.second_factor.Person`."""

    id: str


class OwnSecondFactor:
    """All of these raise NotAllowed for whoever is not a person, and TooMany."""

    def __init__(
        self,
        database: Database,
        second_factor: SecondFactor,
        proofs: PasswordProofs,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._second_factor = second_factor
        self._proofs = proofs
        self._now = now

    async def offer(self, operator: Operator, password: str) -> SecondFactorOffer:
        """A secret for the app; not in force before `confirm`. Raises Invalid, InConflict (one is on)."""
        await self._proofs.prove(operator, password)
        now = self._now()

        def write(tx: Transaction) -> Offer:
            whose = Whose(operator.user_id)
            offer = self._second_factor.offer(tx, whose, operator.email, operator.tenant_name)
            if offer is None:
                raise InConflict("A second factor is on already. Switch it off before you set up another.")
            record(tx, operator, now, "user.second_factor_offered", "user", operator.user_id)
            return offer

        offer = await self._database.transact(home_of(operator), write)
        return SecondFactorOffer(offer.secret, offer.uri)

    async def confirm(self, operator: Operator, code: str) -> RecoveryCodes:
        """Puts it in force; the recovery codes, once. Raises Invalid (the code is wrong), InConflict (nothing
        was offered)."""
        home = home_of(operator)
        self._proofs.may_try(operator)
        now, whose = self._now(), Whose(operator.user_id)

        def write(tx: Transaction) -> list[str] | None:
            factor = tx.second_factors.of(operator.user_id)
            if factor is None or factor.since is not None:
                raise InConflict("There is no second factor to confirm. Ask for a new secret first.")
            codes = self._second_factor.confirm(tx, whose, code, now)
            if codes is not None:
                record(tx, operator, now, "user.second_factor_added", "user", operator.user_id)
            return codes

        codes = await self._database.transact(home, write)
        if codes is None:
            await self._proofs.refused(operator, "user.second_factor_refused")
            raise Invalid(
                {"one_time_code": "is not the code of this moment: check the clock of the telephone"}
            )
        return RecoveryCodes(codes)

    async def remove(self, operator: Operator, password: str) -> None:
        """Takes it away, with its recovery codes. Raises Invalid."""
        await self._proofs.prove(operator, password)
        now = self._now()

        def write(tx: Transaction) -> None:
            if tx.second_factors.remove(operator.user_id, now):
                record(tx, operator, now, "user.second_factor_removed", "user", operator.user_id)

        await self._database.transact(home_of(operator), write)

    async def renew_codes(self, operator: Operator, password: str) -> RecoveryCodes:
        """Ten new recovery codes, once; older ones open nothing. Raises Invalid, InConflict (none is on)."""
        await self._proofs.prove(operator, password)
        now, whose = self._now(), Whose(operator.user_id)

        def write(tx: Transaction) -> list[str]:
            if not self._second_factor.is_on(tx, whose):
                raise InConflict("There is no second factor, so recovery codes would open nothing.")
            record(tx, operator, now, "user.recovery_codes_renewed", "user", operator.user_id)
            return self._second_factor.new_codes(tx, whose)

        return RecoveryCodes(await self._database.transact(home_of(operator), write))
