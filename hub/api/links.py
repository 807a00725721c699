"""The way back in: links to a new password, and what they open."""

from __future__ import annotations

from typing import Final

from hub.api.route import route
from hub.operator import Operator, Origin
from hub.use_cases.wiring import UseCases
from protocol.access import ForgottenPassword, NewPasswordByLink, OneTimeLink


async def forgot_password(use_cases: UseCases, body: ForgottenPassword, origin: Origin) -> None:
    use_cases.forgotten.ask(body, origin)


async def set_password_by_link(use_cases: UseCases, body: NewPasswordByLink, origin: Origin) -> None:
    await use_cases.lost_access.choose_password(body, origin)


async def link_to_new_password(use_cases: UseCases, operator: Operator, user_id: str) -> OneTimeLink:
    return await use_cases.lost_access.link_for(operator, user_id)


async def remove_second_factor(use_cases: UseCases, operator: Operator, user_id: str) -> None:
    await use_cases.lost_access.remove_second_factor(operator, user_id)


_NONE: Final = {404: "Your tenant has no such person."}

ROUTES: Final = (
    route(
        "POST",
        "/api/v1/auth/forgot",
        forgot_password,
        tag="sign-in",
        summary="Ask for a letter with a link to a new password",
        answers={202: (None, "If there is such a person, and the hub sends mail, a letter is on its way.")},
        problems={429: "Asked too often; Retry-After says how long to wait."},
    ),
    route(
        "POST",
        "/api/v1/auth/set-password",
        set_password_by_link,
        tag="sign-in",
        summary="Choose a password by a one-time link; every session of the person ends",
        answers={204: (None, "It is set. Sign in with it.")},
        problems={410: "The link is over.", 429: "Too many at this moment."},
    ),
    route(
        "POST",
        "/api/v1/users/{user_id}/reset-link",
        link_to_new_password,
        tag="people",
        summary="A link by which somebody chooses a new password; it is mailed, or else shown here",
        answers={201: (OneTimeLink, "Good once.")},
        problems={**_NONE, 409: "They are switched off."},
    ),
    route(
        "DELETE",
        "/api/v1/users/{user_id}/second-factor",
        remove_second_factor,
        tag="people",
        summary="Take somebody's second factor away, who lost it",
        answers={204: (None, "They sign in with their password alone.")},
        problems=_NONE,
    ),
)
