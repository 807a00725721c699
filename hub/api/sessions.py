"""Sessions of people: go on, end, list; and the same as OAuth 2.0 has it (RFC 6749), for standard clients."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import msgspec

from hub.api.problems import ProblemResponse
from hub.api.route import Answer, route
from hub.operator import Operator, Origin
from hub.use_cases.errors import NotSignedIn
from hub.use_cases.wiring import UseCases
from protocol.access import (
    LogoutRequest,
    RefreshRequest,
    SessionRow,
    TokenError,
    TokenForm,
    TokenPair,
    UserLogin,
)
from protocol.api import Id, Page


async def refresh(use_cases: UseCases, body: RefreshRequest, origin: Origin) -> TokenPair:
    return await use_cases.sessions.refresh(body.refresh_token, origin)


async def logout(
    use_cases: UseCases, body: LogoutRequest | None, caller: Operator | None, origin: Origin
) -> None:
    if body is not None:
        await use_cases.sessions.sign_out(body.refresh_token, origin)
    elif caller is not None:
        await use_cases.sessions.sign_out_here(caller)
    else:
        raise ProblemResponse(401, "Send the refresh token of the session, or its access token.")


async def logout_all(use_cases: UseCases, operator: Operator) -> None:
    await use_cases.sessions.sign_out_everywhere(operator)


async def list_sessions(use_cases: UseCases, operator: Operator) -> Page[SessionRow]:
    return await use_cases.sessions.all(operator)


async def revoke_session(use_cases: UseCases, operator: Operator, session_id: str) -> None:
    await use_cases.sessions.revoke(operator, session_id)


async def token(use_cases: UseCases, form: TokenForm, origin: Origin) -> TokenPair | Answer:
    try:
        match form.grant_type:
            case "password":
                return await use_cases.sign_in(_login(form), origin)
            case "refresh_token" if form.refresh_token:
                return await use_cases.sessions.refresh(form.refresh_token, origin)
            case "refresh_token":
                return _refused("invalid_request", "refresh_token is missing")
            case "":
                return _refused("invalid_request", "grant_type is missing")
            case _:
                return _refused("unsupported_grant_type", "grant_type must be password or refresh_token")
    except msgspec.ValidationError as error:
        return _refused("invalid_request", str(error))
    except NotSignedIn as refusal:
        named = "; ".join(f"{name} {why}" for name, why in (refusal.fields or {}).items())
        return _refused("invalid_grant", named or refusal.detail)


def _login(form: TokenForm) -> UserLogin:
    given = {"email": form.username, "password": form.password}
    if form.one_time_code:
        given["one_time_code"] = form.one_time_code
    # A client must have a name; only a tenant's id says something here.
    with suppress(msgspec.ValidationError):
        given["tenant_id"] = msgspec.convert(form.client_id, Id)
    return msgspec.convert(given, UserLogin)


def _refused(error: str, description: str) -> Answer:
    return Answer({"error": error, "error_description": description}, 400)


ROUTES: Final = (
    route(
        "POST",
        "/api/v1/auth/refresh",
        refresh,
        tag="sign-in",
        summary="The next pair of tokens; a refresh token is good once",
        answers={200: (TokenPair, "The refresh token in it replaces the one that was sent.")},
        problems={401: "The session is over. One that was used twice ends its whole session."},
    ),
    route(
        "POST",
        "/api/v1/auth/logout",
        logout,
        tag="sign-in",
        summary="End a session: that of the refresh token, or of the access token",
        answers={204: (None, "It is over.")},
        problems={401: "Neither a refresh token was sent nor a good access token."},
    ),
    route(
        "POST",
        "/api/v1/auth/logout-all",
        logout_all,
        tag="sign-in",
        summary="End all of one's own sessions",
        answers={204: (None, "They are over.")},
    ),
    route(
        "GET",
        "/api/v1/auth/sessions",
        list_sessions,
        tag="sign-in",
        summary="One's own sessions",
        answers={200: (Page[SessionRow], "All that are good, the one used last first.")},
    ),
    route(
        "DELETE",
        "/api/v1/auth/sessions/{session_id}",
        revoke_session,
        tag="sign-in",
        summary="End one of one's own sessions",
        answers={204: (None, "It is over.")},
        problems={404: "No such session is yours, or it has ended already."},
    ),
    route(
        "POST",
        "/api/v1/auth/token",
        token,
        tag="sign-in",
        summary="The same for standard clients: OAuth 2.0, grants password and refresh_token",
        answers={
            200: (TokenPair, "Tokens."),
            400: (TokenError, "As RFC 6749 has it: what is missing, or not right."),
        },
        problems={
            415: "The body is not declared as a form.",
            429: "Too many sign-ins at this moment, or too many refused in a row; Retry-After says how long.",
        },
    ),
)
