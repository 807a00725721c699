"""Failures as RFC 9457 problem documents. Each says what to do; none says what is inside the hub."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
import structlog
from quart import Response, g
from werkzeug.exceptions import HTTPException

from hub.use_cases.errors import (
    Garbled,
    Gone,
    InConflict,
    Invalid,
    Locked,
    NoRoom,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Overloaded,
    Refused,
    Stale,
    TooLarge,
    TooMany,
    Unseen,
)
from persistence.errors import DatabaseUnavailable
from protocol.api import Problem

CONTENT_TYPE: Final = "application/problem+json"
_RETRY_AFTER_S: Final = 2
_log = structlog.get_logger("hub.api")

CHECKSUM_MISMATCH: Final = 460
"""Of the tus protocol (extension "checksum")."""
_STATUS_OF_REFUSAL: Final[dict[type[Refused], int]] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    InConflict: 409,
    Gone: 410,
    Stale: 412,
    TooLarge: 413,
    Invalid: 422,
    Locked: 423,
    Unseen: 428,
    TooMany: 429,
    Garbled: CHECKSUM_MISMATCH,
    Overloaded: 503,
    NoRoom: 507,
}
_WHAT_TO_DO: Final[dict[int, str]] = {
    400: "The request could not be read. Send it again as HTTP/1.1 with a complete body.",
    404: "There is nothing at this address. The paths are listed at /docs.",
    405: "This address does not take this method. The Allow header lists those it takes.",
    408: "The body did not arrive in time. Send the request again.",
    413: "The body is larger than 1 MiB. Send less at a time.",
}


class ProblemResponse(Exception):
    """Raised by the API itself, where no use case was reached yet."""

    def __init__(
        self,
        status: int,
        detail: str,
        fields: dict[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fields = fields
        self.headers = headers or {}


def phrase_of(status: int) -> str:
    """What a status is called."""
    return "Checksum Mismatch" if status == CHECKSUM_MISMATCH else HTTPStatus(status).phrase


def problem(
    status: int, detail: str, fields: dict[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer for a failure. `instance` is the request's id, by which it is found in the log."""
    document = Problem(
        title=phrase_of(status),
        status=status,
        detail=detail,
        instance=f"urn:clarion:request:{g.request_id}" if "request_id" in g else None,
        fields=fields,
    )
    return Response(
        msgspec.json.encode(document), status, headers=dict(headers or {}), content_type=CONTENT_TYPE
    )


def answer_failure(error: Exception) -> Response:
    """Whatever was raised, as a problem document."""
    match error:
        case ProblemResponse():
            return problem(error.status, error.detail, error.fields, error.headers)
        case Refused():
            return _refusal(error)
        case DatabaseUnavailable():
            _log.warning("database unavailable", reason=str(error))
            return problem(
                503,
                "The database does not answer, so nothing is confirmed. Look again before you repeat it.",
                headers={"Retry-After": str(_RETRY_AFTER_S)},
            )
        case HTTPException():
            return _of_quart(error)
        case _:
            _log.error("unexpected failure", exc_info=error)
            return problem(
                500, "A fault in the hub; it has been recorded. Tell an administrator the id in `instance`."
            )


def _refusal(error: Refused) -> Response:
    status = _STATUS_OF_REFUSAL[type(error)]
    headers = {"WWW-Authenticate": 'Bearer realm="clarion"'} if status == 401 else {}
    if isinstance(error, TooMany | Overloaded):
        headers["Retry-After"] = str(error.retry_after_s)
    fields = error.fields if isinstance(error, Invalid | NotSignedIn) else None
    return problem(status, error.detail, fields, headers)


def _of_quart(error: HTTPException) -> Response:
    status = error.code or 500
    kept = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Location", "Retry-After")
    }
    return problem(status, _WHAT_TO_DO.get(status, HTTPStatus(status).description + "."), headers=kept)
