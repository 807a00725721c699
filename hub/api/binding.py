"""From a request to the arguments of a handler, and from what it returns to a response.

Rule: an action that has begun is ended, whether or not its client still waits. A request is cancelled at its
deadline and when the hub stops; between a commit and the word of it to the screens, nothing may come.
      What reads its body as it comes may be ended: it keeps what came, and shields what must not be torn.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import trio
from quart import Response, g, request

from hub.api.body_stream import body_stream
from hub.api.decoding import CORRECT, decode_body, decode_form, decode_query
from hub.api.limits import RequestLimits
from hub.api.problems import ProblemResponse
from hub.api.route import Answer, Download, Route, Whole
from hub.operator import Operator, Origin
from hub.tokens import AccessTokens, InvalidToken
from hub.use_cases.api_keys import SECRET_PREFIX
from hub.use_cases.device_secrets import hash_token
from hub.use_cases.errors import NotAllowed
from hub.use_cases.manifests import DeviceCaller
from hub.use_cases.wiring import UseCases

DEVICE_SOCKET_PATH: Final = "/api/v1/ws/device"
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}")
_NOTED_AT_MOST: Final = 400
_REVISION: Final = re.compile(r'"([0-9]{1,18})"')
_KEY: Final = re.compile(r"[\x21-\x7e]{1,200}")


class Binding:
    """Makes a Quart view of a route."""

    def __init__(
        self,
        use_cases: UseCases,
        tokens: AccessTokens,
        limits: RequestLimits,
        public_websocket_url: str | None,
    ) -> None:
        self._use_cases = use_cases
        self._tokens = tokens
        self._limits = limits
        self._public_websocket_url = public_websocket_url

    def view(self, route: Route) -> Callable[..., Awaitable[Response]]:
        """What Quart calls."""

        async def answer(**path: str) -> Response:
            try:
                arguments = await self._arguments(route, path)
                with trio.CancelScope() as action:
                    action.shield = route.method != "GET" and not route.streams
                    returned = await route.handler(**arguments)
            except (NotAllowed, ProblemResponse) as error:
                self._note_denial(route, error)
                raise
            return _response(route, returned)

        answer.__name__ = route.handler.__name__
        return answer

    async def _arguments(self, route: Route, path: dict[str, str]) -> dict[str, Any]:
        self._limits.arrives(route, caller_ip())
        given: dict[str, Any] = {}
        if route.signed_in:
            # Who asks comes first: a stranger learns nothing from the other checks.
            given["operator"] = operator = await self._operator(route)
            self._limits.asks(route, operator)
        if "caller" in route.needs:
            given["caller"] = await self._caller(route)
        if route.by_device:
            given["device"] = await self._device()
        for name, value in path.items():
            given[name] = _numbered(name, value) if name in route.numbers else _named(name, value)
        if "query" in route.needs:
            given["query"] = decode_query(request.args.to_dict(), route.query)
        if "body" in route.needs:
            payload = await request.body
            assert isinstance(payload, bytes)
            absent = route.body_optional and not payload
            given["body"] = None if absent else decode_body(payload, request.content_type, route.body)
        if "form" in route.needs:
            given["form"] = decode_form(await request.body, request.content_type, route.form)
        if "use_cases" in route.needs:
            given["use_cases"] = self._use_cases
        if "ip" in route.needs:
            given["ip"] = caller_ip()
        if "origin" in route.needs:
            given["origin"] = origin()
        if "idempotency_key" in route.needs:
            given["idempotency_key"] = _idempotency_key()
        if "if_match" in route.needs:
            given["if_match"] = _revision()
        if "if_none_match" in route.needs:
            given["if_none_match"] = request.headers.get("If-None-Match")
        if "headers" in route.needs:
            given["headers"] = request.headers
        if route.streams:
            given["stream"] = body_stream()
        if "websocket_url" in route.needs:
            given["websocket_url"] = self._websocket_url()
        return given

    async def _operator(self, route: Route) -> Operator:
        """Who asks. Raises ProblemResponse."""
        operator = await self._caller(route)
        if operator is None and _token() is None:
            raise ProblemResponse(
                401,
                "Sign in: POST /api/v1/auth/login, then send Authorization: Bearer <access_token>.",
                headers={"WWW-Authenticate": 'Bearer realm="clarion"'},
            )
        if operator is None:
            raise ProblemResponse(
                401,
                "This access token or key is not valid, or not any more. Sign in again, or use another key.",
                headers={"WWW-Authenticate": 'Bearer realm="clarion", error="invalid_token"'},
            )
        return operator

    async def _device(self) -> DeviceCaller:
        """The screen that asks. Raises ProblemResponse."""
        token = _token()
        device = None if token is None else await self._use_cases.manifests.device_of(token)
        if device is None:
            raise ProblemResponse(
                401,
                "Send Authorization: Bearer <the token of a screen that was let in>.",
                headers={"WWW-Authenticate": 'Bearer realm="clarion", error="invalid_token"'},
            )
        return device

    async def _caller(self, route: Route) -> Operator | None:
        """Who asks, if it is somebody. Without a wait, unless it is a session that this hub does not know.
        Raises ProblemResponse for a key where there must be a person."""
        token = _token()
        if token is None:
            return None
        if not token.startswith(SECRET_PREFIX):
            operator = await self._of_session(token)
            return None if operator is None else _known(operator)
        key = self._use_cases.access.of_key(hash_token(token))
        if key is None:
            return None
        key = _known(key)
        self._use_cases.key_uses.note(key)
        if route.for_people:
            raise ProblemResponse(403, "A key has no session: this is for people who signed in.")
        return key

    async def _of_session(self, token: str) -> Operator | None:
        try:
            session_id = self._tokens.verify(token)
        except InvalidToken:
            return None
        access = self._use_cases.access
        return access.of_session(session_id) or await access.learn(session_id)

    def _note_denial(self, route: Route, error: NotAllowed | ProblemResponse) -> None:
        """For the audit, if somebody who is signed in was not allowed this."""
        if "operator" in g and (isinstance(error, NotAllowed) or error.status == 403):
            path = printable(request.path)
            self._use_cases.denials.note(g.operator, route.method, route.path, path, error.detail)

    def _websocket_url(self) -> str:
        if self._public_websocket_url is not None:
            return self._public_websocket_url
        # What the client called us is what it can reach us by; it goes into nobody else's answer.
        host = request.headers.get("Host", "")
        if not _HOST.fullmatch(host):
            raise ProblemResponse(
                400, "The Host header is not a host. Send the name by which you reach the hub."
            )
        scheme = "wss" if urlsplit(request.url).scheme in ("https", "wss") else "ws"
        return f"{scheme}://{host}{DEVICE_SOCKET_PATH}"


def _named(name: str, value: str) -> str:
    if not _ID.fullmatch(value):
        raise ProblemResponse(404, f"There is nothing of this id: {name} must be a UUID.")
    return value.lower()


def _numbered(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise ProblemResponse(404, f"There is nothing of this number: {name} must be a whole one from 1.")
    return int(value)


def _token() -> str | None:
    """What the request shows: `Authorization: Bearer …`, or a key in `X-API-Key`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        return token.strip() or None if scheme.lower() == "bearer" else None
    return request.headers.get("X-API-Key")


def _known(operator: Operator) -> Operator:
    """Whoever asks this, and from where; remembered for as long as the request lasts."""
    g.operator = operator._replace(origin=origin())
    return g.operator  # type: ignore[no-any-return]


def origin() -> Origin:
    """Where the request comes from, for the audit."""
    agent = printable(request.headers.get("User-Agent", ""))
    return Origin(caller_ip(), agent or None, g.request_id)


def printable(text: str) -> str:
    """What a client wrote, as it may stand in a log or a table: PostgreSQL has no NUL, and no control
    character is to change what a reader sees."""
    return "".join(char for char in text[:_NOTED_AT_MOST] if char.isprintable())


def caller_ip() -> str | None:
    """The peer's address, without port or zone; None if there is none (a Unix socket)."""
    address = (request.remote_addr or "").partition("%")[0]
    return address if re.fullmatch(r"[0-9A-Fa-f:.]+", address) else None


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise ProblemResponse(422, CORRECT, fields={"Idempotency-Key": "1 to 200 visible ASCII characters"})
    return key


def _revision() -> int | None:
    """What If-Match names: the revision of what is to be changed, as the ETag of an answer gave it."""
    tag = request.headers.get("If-Match")
    if tag is None:
        return None
    revision = _REVISION.fullmatch(tag.strip())
    if revision is None:
        raise ProblemResponse(422, CORRECT, fields={"If-Match": 'the ETag of an answer, such as "7"'})
    return int(revision[1])


def _response(route: Route, returned: Any) -> Response:
    if isinstance(returned, Download):
        named = {"Content-Disposition": f'attachment; filename="{returned.file_name}"'}
        return Response(returned.chunks, route.status, headers=named, content_type=returned.media_type)
    if isinstance(returned, Whole):
        headers = dict(returned.headers)
        return Response(returned.content, route.status, headers=headers, content_type=returned.media_type)
    answer = returned if isinstance(returned, Answer) else Answer(returned, route.status)
    if answer.body is None:
        return Response(b"", answer.status, headers=dict(answer.headers))
    return Response(
        msgspec.json.encode(answer.body),
        answer.status,
        headers=dict(answer.headers),
        content_type="application/json",
    )
