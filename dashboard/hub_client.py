"""The hub's HTTP API as methods. Every failure is one `HubError` with a sentence an operator can act on."""

from __future__ import annotations

import ssl
from typing import Final, TypeVar
from uuid import uuid4

import httpx
import msgspec

from protocol.api import (
    CommandAccepted,
    CommandRequest,
    CommandRow,
    Device,
    DevicePatch,
    DeviceToken,
    Emergency,
    EmergencyCreated,
    EmergencyRequest,
    LedgerRow,
    Login,
    Page,
    Place,
    PlaceRequest,
    Problem,
    Scope,
    ScopePreview,
    ScopePreviewRequest,
    TimelineItem,
    Token,
)
from protocol.vocabulary import LedgerState

Answer = TypeVar("Answer")

_DEADLINE: Final = httpx.Timeout(10.0, connect=3.0)
_MOST_PAGES: Final = 50


class _Ignored(msgspec.Struct):
    """An answer whose body says nothing that is needed here."""


class _Approval(msgspec.Struct, frozen=True):
    pairing_code: str


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


class HubClient:
    """One operator's way to the hub. Every method raises HubError."""

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

    # ---- sign-in ----

    async def login(
        self, tenant_id: str, email: str, password: str, forwarded_for: str | None = None
    ) -> Token:
        """`forwarded_for`: whose browser asks, so that the hub does not take everybody for one address."""
        headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else None
        return await self._post("/auth/login", Token, Login(tenant_id, email, password), headers)

    # ---- screens ----

    async def device(self, device_id: str) -> Device:
        return await self._get(f"/devices/{device_id}", Device)

    async def change_device(self, device_id: str, patch: DevicePatch) -> Device:
        return await self._ask("PATCH", f"/devices/{device_id}", Device, patch)

    async def approve(self, device_id: str, pairing_code: str) -> None:
        """With the code that the operator saw. Another one by now: HubError with the field `pairing_code`."""
        await self._post(f"/devices/{device_id}/approve", _Ignored, _Approval(pairing_code))

    async def reject(self, device_id: str) -> None:
        await self._post(f"/devices/{device_id}/reject", _Ignored)

    async def revoke(self, device_id: str) -> None:
        await self._post(f"/devices/{device_id}/revoke", _Ignored)

    async def rotate_token(self, device_id: str) -> DeviceToken:
        return await self._post(f"/devices/{device_id}/rotate-token", DeviceToken)

    async def timeline(self, device_id: str) -> list[TimelineItem]:
        """The newest page."""
        return (await self._get(f"/devices/{device_id}/timeline", Page[TimelineItem])).items

    async def commands(self, device_id: str) -> list[CommandRow]:
        """The newest page."""
        return (await self._get(f"/devices/{device_id}/commands", Page[CommandRow])).items

    async def send_command(self, device_id: str, request: CommandRequest) -> CommandAccepted:
        """With a key of its own, so that whoever sends it twice on the way makes one command, not two."""
        headers = {"Idempotency-Key": str(uuid4())}
        return await self._post(f"/devices/{device_id}/command", CommandAccepted, request, headers)

    # ---- sites and groups ----

    async def sites(self) -> list[Place]:
        return (await self._get("/sites", Page[Place])).items

    async def groups(self) -> list[Place]:
        return (await self._get("/groups", Page[Place])).items

    async def add_site(self, name: str) -> Place:
        return await self._post("/sites", Place, PlaceRequest(name))

    # ---- emergencies ----

    async def preview(self, scope: Scope) -> ScopePreview:
        return await self._post("/emergencies/preview", ScopePreview, ScopePreviewRequest(scope))

    async def activate(self, request: EmergencyRequest) -> EmergencyCreated:
        return await self._post("/emergencies", EmergencyCreated, request)

    async def clear(self, emergency_id: str) -> None:
        await self._post(f"/emergencies/{emergency_id}/clear", _Ignored)

    async def emergency(self, emergency_id: str) -> Emergency:
        return await self._get(f"/emergencies/{emergency_id}", Emergency)

    async def emergencies(self) -> list[Emergency]:
        """The newest page."""
        return (await self._get("/emergencies", Page[Emergency])).items

    async def not_showing(self, emergency_id: str) -> list[LedgerRow]:
        """The screens that do not show it, each with its reason."""
        return await self._every(f"/emergencies/{emergency_id}/ledger", LedgerRow, {"missing": "true"})

    async def still_showing(self, emergency_id: str) -> list[LedgerRow]:
        """The screens that may still show it: it was painted, and nobody has seen it go."""
        path = f"/emergencies/{emergency_id}/ledger"
        rows = await self._every(path, LedgerRow, {"state": LedgerState.HIDE_SENT})
        return rows + await self._every(path, LedgerRow, {"state": LedgerState.RENDERED})

    # ---- how ----

    async def _get(self, path: str, answer: type[Answer], query: dict[str, str] | None = None) -> Answer:
        return await self._ask("GET", path, answer, query=query)

    async def _post(
        self,
        path: str,
        answer: type[Answer],
        body: msgspec.Struct | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        return await self._ask("POST", path, answer, body, headers=headers)

    async def _every(
        self, path: str, item: type[Answer], query: dict[str, str] | None = None
    ) -> list[Answer]:
        items: list[Answer] = []
        asked = {"limit": "500", **(query or {})}
        for _ in range(_MOST_PAGES):
            page: Page[Answer] = await self._get(path, Page[item], asked)  # type: ignore[valid-type]
            items += page.items
            if page.next_cursor is None:
                break
            asked["cursor"] = page.next_cursor
        return items

    async def _ask(
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
    if answer is _Ignored:
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
