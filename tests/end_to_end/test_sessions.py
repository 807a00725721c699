"""Sessions on a real hub: keys are rotated under them, they end and their live pages with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import trio
from trio_websocket import ConnectionClosed, open_websocket_url

from hub.jwt_keys import known_kids, rotate
from persistence.owner import connect_as_owner
from protocol.close_codes import CloseCode
from tests.guarantees.witness import until
from tests.hub.hub_process import HubProcess
from tests.patience import PATIENCE_S

SEEN_WITHIN_S = 15.0


class Person:
    """The operator of the first run, signed in once."""

    def __init__(self, hub: HubProcess, client: httpx.AsyncClient, pair: dict[str, Any]) -> None:
        self._hub = hub
        self._client = client
        self.pair = pair

    async def get(self, path: str) -> int:
        return (await self._client.get(path, headers=self._headers)).status_code

    async def delete(self, path: str) -> int:
        return (await self._client.delete(path, headers=self._headers)).status_code

    async def refresh(self, token: str | None = None) -> int:
        body = {"refresh_token": token or self.pair["refresh_token"]}
        answer = await self._client.post("/api/v1/auth/refresh", json=body)
        if answer.is_success:
            self.pair = answer.json()
        return answer.status_code

    async def page(self, is_open: trio.Event, codes: list[int]) -> None:
        """A live page until it is closed; the code it was closed with."""
        headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        url = f"{self._hub.websocket_url}/api/v1/ws/admin"
        async with open_websocket_url(url, subprotocols=["clarion.v1"], extra_headers=headers) as websocket:
            await websocket.send_message('{"type":"resume"}')
            try:
                while True:
                    await websocket.get_message()
                    is_open.set()
            except ConnectionClosed as closed:
                assert closed.reason is not None
                codes.append(closed.reason.code)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.pair['access_token']}"}


@asynccontextmanager
async def signed_in(hub: HubProcess) -> AsyncIterator[Person]:
    people = hub.people
    body = {"email": people.operator_email, "password": people.operator_password}
    async with httpx.AsyncClient(base_url=hub.url, timeout=PATIENCE_S, trust_env=False) as client:
        answer = await client.post("/api/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        yield Person(hub, client, answer.json())


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def test_the_key_is_rotated_and_then_retired_under_live_sessions_and_nobody_is_signed_out(
    hub: HubProcess,
) -> None:
    folder = hub.log.parent / "data"
    (first,) = known_kids(folder)
    async with signed_in(hub) as person, trio.open_nursery() as nursery:
        with trio.fail_after(2 * SEEN_WITHIN_S):
            is_open, codes = trio.Event(), list[int]()
            nursery.start_soon(person.page, is_open, codes)
            await is_open.wait()
            assert kid_of(person.pair["access_token"]) == first
            second = rotate(folder, datetime.now(UTC))
            while kid_of(person.pair["access_token"]) != second:
                assert await person.get("/api/v1/devices") == 200, "the older key is good still"
                assert await person.refresh() == 200
                await trio.sleep(0.1)
            third = rotate(folder, datetime.now(UTC), retire_others=True)
            await until_status(person, 401)
            assert await person.refresh() == 200, (
                "what a refresh token is good for has nothing to do with keys"
            )
            assert kid_of(person.pair["access_token"]) == third
            assert await person.get("/api/v1/devices") == 200
            assert codes == [], "the page lives as long as its session"
        nursery.cancel_scope.cancel()


async def until_status(person: Person, status: int) -> None:
    while await person.get("/api/v1/devices") != status:
        await trio.sleep(0.1)


async def test_a_session_that_is_revoked_closes_its_live_page_and_no_other(hub: HubProcess) -> None:
    async with signed_in(hub) as here, signed_in(hub) as there, trio.open_nursery() as nursery:
        with trio.fail_after(SEEN_WITHIN_S):
            opened, codes = [trio.Event(), trio.Event()], [list[int](), list[int]()]
            nursery.start_soon(here.page, opened[0], codes[0])
            nursery.start_soon(there.page, opened[1], codes[1])
            for is_open in opened:
                await is_open.wait()
            assert await here.delete(f"/api/v1/auth/sessions/{there.pair['session_id']}") == 204
            assert await there.get("/api/v1/devices") == 401
            await until(lambda: codes[1] == [CloseCode.TOKEN_REVOKED])
            assert await there.refresh() == 401
            assert await here.get("/api/v1/devices") == 200
            assert codes[0] == []
        nursery.cancel_scope.cancel()


async def test_a_stolen_refresh_token_closes_the_live_page_of_thief_and_victim(hub: HubProcess) -> None:
    async with signed_in(hub) as person, trio.open_nursery() as nursery:
        with trio.fail_after(SEEN_WITHIN_S):
            is_open, codes = trio.Event(), list[int]()
            nursery.start_soon(person.page, is_open, codes)
            await is_open.wait()
            stolen = person.pair["refresh_token"]
            assert await person.refresh() == 200
            assert await person.refresh(stolen) == 401
            await until(lambda: codes == [CloseCode.TOKEN_REVOKED])
            assert await person.get("/api/v1/devices") == 401


async def test_rights_that_change_elsewhere_are_in_force_and_told_to_the_page_within_seconds(
    hub: HubProcess, database_url: str
) -> None:
    async with signed_in(hub) as person, trio.open_nursery() as nursery:
        with trio.fail_after(SEEN_WITHIN_S):
            is_open, codes = trio.Event(), list[int]()
            nursery.start_soon(person.page, is_open, codes)
            await is_open.wait()
            with connect_as_owner(database_url) as connection:
                connection.execute(
                    "UPDATE users SET all_sites = false WHERE id = %s", (person.pair["user_id"],)
                )
            await until(lambda: codes == [CloseCode.RIGHTS_CHANGED])
            again = trio.Event()
            nursery.start_soon(person.page, again, codes)
            await again.wait()
            with connect_as_owner(database_url) as connection:
                connection.execute("DELETE FROM user_roles WHERE user_id = %s", (person.pair["user_id"],))
            await until_status(person, 403)


async def test_sessions_outlive_a_restart_of_the_hub(hub: HubProcess) -> None:
    async with signed_in(hub) as person:
        with trio.fail_after(2 * SEEN_WITHIN_S):
            await trio.to_thread.run_sync(hub.kill)
            await trio.to_thread.run_sync(hub.start)
            assert await person.get("/api/v1/devices") == 200
            assert await person.refresh() == 200
