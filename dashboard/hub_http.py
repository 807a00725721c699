"""One question to the hub over HTTP: encode, ask, decode. Every failure is one `HubError` with a sentence an
operator can act on."""

from __future__ import annotations

import ssl
from typing import Final, TypeVar

import httpx
import msgspec

from protocol.api import Page, Problem

Answer = TypeVar("Answer")

_DEADLINE: Final = httpx.Timeout(10.0, connect=3.0)
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
        """Whether the token is no longer good."""
        return self.status == 401


class HubHttp:
    """The connections of one operator, or of somebody not signed in yet. Every method raises HubError."""

    def __init__(self, hub_url: str, token: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # trust_env off: a proxy variable meant for the internet must not swallow calls to this network.
        self._http = httpx.AsyncClient(
            base_url=f"{hub_url}/api/v1",
            headers=headers,
            timeout=_DEADLINE,
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
    ) -> Answer:
        content = msgspec.json.encode(body) if body is not None else None
        sent = {"Content-Type": "application/json", **(headers or {})} if body is not None else headers
        try:
            response = await self._http.request(method, path, content=content, params=query, headers=sent)
        except httpx.TimeoutException:
            raise HubError(
                "The hub did not answer in time. Nothing is known to have changed; try again."
            ) from None
        except httpx.HTTPError:
            raise HubError("The hub does not answer. Check that it runs, then try again.") from None
        if response.is_success:
            return _decoded(response.content, answer)
        raise _refusal(response)


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
