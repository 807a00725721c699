"""One question to the hub over HTTP: encode, ask, decode. Every failure is one `HubError` with a sentence an
operator can act on."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

import httpx
import msgspec

from dashboard.browser import NO_BROWSER, Browser
from protocol.api import Page, Problem

Answer = TypeVar("Answer")

_SILENT_S: Final = 10.0
_CONNECT_S: Final = 3.0
_MOST_PAGES: Final = 50


class Ignored(msgspec.Struct):
    """An answer whose body says nothing that is needed here."""


class HubError(Exception):
    """The hub did not do what was asked. `status` is None when it did not answer at all."""

    def __init__(
        self, sentence: str, status: int | None = None, fields: dict[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.fields = fields or {}

    @property
    def signed_out(self) -> bool:
        """Whether it is not known any more who asks; a 401 that names a field is about what was typed."""
        return self.status == 401 and not self.fields


class Credential(Protocol):
    """Who asks. Both methods raise HubError, with `signed_out` when nobody does any more."""

    async def access(self) -> str:
        """An access token that is good."""

    async def renewed(self, refused: str) -> str:
        """Another one than `refused`, which the hub did not take."""


class HubHttp:
    """The connections of one operator, or of people not signed in yet. Every method raises HubError.

    `browser`: for whom it asks now, passed on with every call.
    """

    def __init__(
        self, hub_url: str, credential: Credential | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.browser: Browser = NO_BROWSER
        self._credential = credential
        # trust_env off: a proxy variable meant for the internet must not swallow calls to this network.
        self._http = httpx.AsyncClient(
            base_url=f"{hub_url}/api/v1",
            trust_env=False,
            verify=True if tls is None else tls,
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, answer: type[Answer], query: dict[str, str] | None = None) -> Answer:
        return await self.ask("GET", path, answer, query=query)

    async def post(
        self,
        path: str,
        answer: type[Answer],
        body: msgspec.Struct | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return await self.ask("POST", path, answer, body, headers=headers)

    async def every(self, path: str, item: type[Answer], query: dict[str, str] | None = None) -> list[Answer]:
        items: list[Answer] = []
        asked = {"limit": "500", **(query or {})}
        for _ in range(_MOST_PAGES):
            page: Page[Answer] = await self.get(path, Page[item], asked)  # type: ignore[valid-type]
            items += page.items
            if page.next_cursor is None:
                break
            asked["cursor"] = page.next_cursor
        return items

    async def ask(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        body: msgspec.Struct | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        *,
        silent_s: float = _SILENT_S,
    ) -> Answer:
        """`silent_s`: so long the hub may say nothing."""
        content = msgspec.json.encode(body) if body is not None else None
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = "application/json"
        response = await self._answered(
            lambda: self._http.build_request(
                method, path, content=content, params=query, headers=sent, timeout=_timeout(silent_s)
            )
        )
        return _decoded(response.content, answer)

    async def stream(self, path: str, query: dict[str, str], *, silent_s: float) -> httpx.Response:
        """An answer whose body is read as it comes, and closed by who asked."""
        return await self._answered(
            lambda: self._http.build_request("GET", path, params=query, timeout=_timeout(silent_s)),
            stream=True,
        )

    async def _answered(self, make: Callable[[], httpx.Request], *, stream: bool = False) -> httpx.Response:
        async def once(token: str | None) -> httpx.Response:
            request = make()
            request.headers.update(self.browser.headers())
            if token is not None:
                request.headers["Authorization"] = f"Bearer {token}"
            response = await self._send(request, stream=stream)
            if not response.is_success:
                await response.aread()
            return response

        token = await self._credential.access() if self._credential is not None else None
        response = await once(token)
        if response.is_success:
            return response
        refusal = _refusal(response)
        if refusal.signed_out and self._credential is not None and token is not None:
            # Refused before anything was done, so it may be asked again.
            response = await once(await self._credential.renewed(token))
            if response.is_success:
                return response
            refusal = _refusal(response)
        raise refusal

    async def _send(self, request: httpx.Request, *, stream: bool) -> httpx.Response:
        try:
            return await self._http.send(request, stream=stream)
        except httpx.TimeoutException:
            raise HubError(
                "The hub did not answer in time. Nothing is known to have changed; try again."
            ) from None
        except httpx.HTTPError:
            raise HubError("The hub does not answer. Check that it runs, then try again.") from None


def if_still(revision: int) -> dict[str, str]:
    """The header with which a change is refused (412) where somebody has made another one since."""
    return {"If-Match": f'"{revision}"'}


def _timeout(silent_s: float) -> httpx.Timeout:
    return httpx.Timeout(silent_s, connect=_CONNECT_S)


def _decoded(content: bytes, answer: type[Answer]) -> Answer:
    if answer is Ignored:
        return answer()
    try:
        return msgspec.json.decode(content, type=answer)
    except msgspec.DecodeError as error:
        raise HubError(f"The hub answered something this dashboard does not understand ({error}).") from None


def _refusal(response: httpx.Response) -> HubError:
    status = response.status_code
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.DecodeError:
        return HubError(f"The hub refused with status {status} and did not say why.", status)
    fields = problem.fields or {}
    sentence = problem.detail or problem.title
    if fields:
        sentence += " " + " ".join(f"{name}: {why}." for name, why in fields.items()).replace("..", ".")
    return HubError(sentence, status, fields)
