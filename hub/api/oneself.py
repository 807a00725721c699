"""Whoever is signed in: who they are, their name, password and second factor."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator
from hub.use_cases.wiring import UseCases
from protocol.access import (
    Me,
    MePatch,
    PasswordChange,
    PasswordProof,
    RecoveryCodes,
    SecondFactorConfirmation,
    SecondFactorOffer,
)


async def get_me(use_cases: UseCases, operator: Operator) -> Me:
    return await use_cases.oneself.me(operator)


async def change_me(use_cases: UseCases, operator: Operator, body: MePatch) -> Me:
    return await use_cases.oneself.change(operator, body)


async def change_own_password(use_cases: UseCases, operator: Operator, body: PasswordChange) -> None:
    await use_cases.oneself.change_password(operator, body)


async def offer_second_factor(
    use_cases: UseCases, operator: Operator, body: PasswordProof
) -> SecondFactorOffer:
    return await use_cases.own_second_factor.offer(operator, body.password)


async def confirm_second_factor(
    use_cases: UseCases, operator: Operator, body: SecondFactorConfirmation
) -> RecoveryCodes:
    return await use_cases.own_second_factor.confirm(operator, body.one_time_code)


async def remove_own_second_factor(use_cases: UseCases, operator: Operator, body: PasswordProof) -> None:
    await use_cases.own_second_factor.remove(operator, body.password)


async def renew_recovery_codes(use_cases: UseCases, operator: Operator, body: PasswordProof) -> RecoveryCodes:
    return await use_cases.own_second_factor.renew_codes(operator, body.password)


_WAIT: Final = {429: "Too many wrong ones in a row; Retry-After says how long to wait."}

ROUTES: Final = (
    route(
        "GET",
        "/api/v1/users/me",
        get_me,
        tag="oneself",
        summary="Who you are, and what you may do",
        answers={200: (Me, "You.")},
    ),
    route(
        "PATCH",
        "/api/v1/users/me",
        change_me,
        tag="oneself",
        summary="Change your name or address",
        answers={200: (Me, "You, as you are now.")},
        problems={409: "The address is taken.", **_WAIT},
    ),
    route(
        "POST",
        "/api/v1/users/me/password",
        change_own_password,
        tag="oneself",
        summary="Change your password; your other sessions end",
        answers={204: (None, "Changed.")},
        problems={409: "It was changed at this very moment by somebody else.", **_WAIT},
    ),
    route(
        "POST",
        "/api/v1/users/me/second-factor",
        offer_second_factor,
        tag="oneself",
        summary="Ask for the secret of a second factor; it is not in force before it is confirmed",
        answers={200: (SecondFactorOffer, "The secret, for an authenticator app.")},
        problems={409: "A second factor is on already.", **_WAIT},
    ),
    route(
        "POST",
        "/api/v1/users/me/second-factor/confirm",
        confirm_second_factor,
        tag="oneself",
        summary="Switch the second factor on, by its first code",
        answers={200: (RecoveryCodes, "It is on. The recovery codes are shown once.")},
        problems={409: "There is nothing to confirm.", **_WAIT},
    ),
    route(
        "DELETE",
        "/api/v1/users/me/second-factor",
        remove_own_second_factor,
        tag="oneself",
        summary="Switch the second factor off",
        answers={204: (None, "It is off.")},
        problems=_WAIT,
    ),
    route(
        "POST",
        "/api/v1/users/me/recovery-codes",
        renew_recovery_codes,
        tag="oneself",
        summary="New recovery codes; the older ones open nothing any more",
        answers={200: (RecoveryCodes, "Shown once.")},
        problems={409: "There is no second factor.", **_WAIT},
    ),
)
