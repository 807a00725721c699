"""Tenants of their own in the dashboard's hub, and what their people do at its API."""

from __future__ import annotations

import httpx

from tests.hub.hub_process import HubProcess
from tests.hub.tenants import PASSWORD
from tests.patience import PATIENCE_S


def api_of(hub: HubProcess, email: str, password: str = PASSWORD) -> httpx.Client:
    """A client of the API, signed in as this person: a session of its own."""
    body = {"email": email, "password": password}
    answer = httpx.post(f"{hub.url}/api/v1/auth/login", json=body, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=f"{hub.url}/api/v1", timeout=PATIENCE_S, headers=bearer)


def signed_in(hub: HubProcess) -> httpx.Client:
    """A client of the API for the first operator."""
    return api_of(hub, hub.people.operator_email, hub.people.operator_password or "")


def add(api: httpx.Client, path: str, **body: object) -> str:
    """Make one of what is at this path; its id."""
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["id"]
    return made


def add_screens(api: httpx.Client, number: int, prefix: str, **fields: object) -> dict[str, str]:
    """Approved screens that are offline: tokens by device id, in the order of their hardware ids."""
    devices = [{"hardware_id": f"{prefix}-{n:04}", **fields} for n in range(number)]
    answer = api.post("/devices/provision", json={"devices": devices})
    assert answer.is_success, answer.text
    return {row["device_id"]: row["device_token"] for row in answer.json()["devices"]}


def add_person(api: httpx.Client, email: str, *roles: str, password: str = "a long enough secret") -> str:
    """Somebody who can sign in; their id."""
    body = {"email": email, "roles": list(roles), "password": password}
    answer = api.post("/users", json=body)
    assert answer.status_code == 201, answer.text
    user_id: str = answer.json()["user"]["id"]
    return user_id
