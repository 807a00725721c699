"""What is answered when something is wrong: always a problem document, never a word about the inside."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from hub.api.app import create_app
from hub.api.health import Readiness
from persistence.errors import DatabaseUnavailable
from protocol.api import Problem
from tests.hub.api.conftest import Api, Reply
from tests.hub.tenants import Tenant


def is_problem(reply: Reply, status: int) -> Problem:
    assert reply.status == status, reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    problem = msgspec.convert(reply.body, Problem)
    assert problem.status == status
    assert len(problem.detail) > 20, "it says what to do"
    assert reply.headers["X-Request-ID"] in (problem.instance or "")
    return problem


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/nothing/here", None, {}, 404),
        ("GET", "/api/v1//devices", None, {}, 404),
        ("DELETE", "/api/v1/devices", None, {}, 405),
        ("GET", "/api/v1/ws/device", None, {}, 426),
        ("GET", "/api/v1/ws/admin", None, {}, 426),
        ("GET", "/api/v1/devices/some/ws", None, {}, 426),
        ("POST", "/api/v1/auth/login", b"{", {}, 400),
        ("POST", "/api/v1/auth/login", b"\xff\xfe", {}, 400),
        ("POST", "/api/v1/auth/login", b"[" * 100_000, {}, 400),
        ("POST", "/api/v1/auth/login", b'{"email": "\\ud800"}', {}, 400),
        ("POST", "/api/v1/auth/login", b"", {}, 400),
        ("POST", "/api/v1/auth/login", b"a=b", {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/api/v1/auth/login", b"{}", {"Content_Type": "text/plain"}, 415),
        ("POST", "/api/v1/auth/login", b" " * 1_048_577, {}, 413),
        ("POST", "/api/v1/auth/login", b"[]", {}, 422),
        ("POST", "/api/v1/auth/login", b'{"tenant_id": 1}', {}, 422),
        ("GET", "/api/v1/devices", None, {}, 401),
        ("GET", "/docs/no-such-file", None, {}, 404),
    ],
)
async def test_every_failure_is_a_problem_document_that_says_what_to_do(
    api: Api, method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    is_problem(await api.call(method, path, body, None, **headers), status)


async def test_a_method_that_is_not_taken_is_answered_with_those_that_are(api: Api) -> None:
    assert "GET" in (await api.call("DELETE", "/api/v1/devices")).headers["Allow"]


async def test_a_field_is_named_by_its_path(api: Api, tenant: Tenant) -> None:
    body = {"devices": [{"hardware_id": "a"}, {"hardware_id": "b", "tags": {"k": 1}}]}
    reply = await api.post("/api/v1/devices/provision", body, tenant.admin)
    problem = is_problem(reply, 422)
    assert problem.fields is not None
    assert next(iter(problem.fields)).startswith("devices[")
    missing = await api.post("/api/v1/devices/provision", {"devices": [{}]}, tenant.admin)
    assert list(is_problem(missing, 422).fields or {}) == ["devices[0].hardware_id"]


@pytest.mark.parametrize("id", ["x", "..", "1 OR 1=1", "%00", "00000000-0000-4000-8000-00000000000g"])
async def test_what_is_not_an_id_is_not_found(api: Api, tenant: Tenant, id: str) -> None:
    reply = await api.get(f"/api/v1/devices/{id}", tenant.admin)
    assert reply.status == 404


@pytest.mark.parametrize(
    "value",
    [
        b"1e400",
        b"1" * 25,
        b"-" + b"9" * 4000,
        b"1e-400",
        b'"\\u0000"',
        b'"\\ud83d"',
        b'{"\\u0000": 1}',
        b'{"": {"": []}}',
        b"[" * 900 + b"]" * 900,
        b"[null, true, 1.5]",
        '"\u2028\uffff\U0010ffff"'.encode(),
    ],
)
async def test_no_free_form_json_makes_a_fault_of_the_hub(api: Api, tenant: Tenant, value: bytes) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    device = f"/api/v1/devices/{device_id}"
    for method, path, body in (
        ("POST", f"{device}/command", b'{"command": "ping", "args": {"x": %b}}'),
        ("PATCH", device, b'{"settings": {"x": %b}}'),
        ("PATCH", device, b'{"name": %b}'),
        ("PATCH", device, b'{"tags": {"x": %b}}'),
        ("POST", "/api/v1/emergencies", b'{"title": "T", "message": %b, "severity": "minor"}'),
        ("POST", "/api/v1/devices/register", b'{"enrolment_key": "k", "hardware_id": %b}'),
    ):
        reply = await api.call(method, path, body % value, tenant.admin)
        assert reply.status < 500, (path, reply.body)
        if reply.status < 300:
            assert (await api.get(device, tenant.admin)).status == 200


async def test_an_unexpected_fault_is_answered_by_an_id_and_nothing_else(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(api.realtime, "preview", broken)
    reply = await api.post("/api/v1/emergencies/preview", {"scope": {}}, tenant.admin, X_Request_ID="abc-1")
    problem = is_problem(reply, 500)
    assert "secret" not in str(reply.body)
    assert problem.instance == "urn:clarion:request:abc-1"


async def test_a_request_id_is_taken_over_only_if_it_is_harmless(api: Api) -> None:
    assert (await api.get("/health", X_Request_ID="trace.7")).headers["X-Request-ID"] == "trace.7"
    made_up = (await api.get("/health", X_Request_ID="x" * 65)).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made_up)


async def test_while_the_database_is_away_the_answer_is_503_with_a_time_to_come_back(
    api: Api, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any, **__: Any) -> Any:
        raise DatabaseUnavailable("connection refused to 10.0.0.7")

    monkeypatch.setattr(api.database, "run", away)
    reply = await api.get("/api/v1/devices", tenant.admin)
    is_problem(reply, 503)
    assert reply.headers["Retry-After"] == "2"
    assert "10.0.0.7" not in str(reply.body)


async def test_health_and_metrics_answer_without_signing_in(api: Api) -> None:
    assert (await api.get("/health")).body == {"status": "ok"}
    assert (await api.get("/health/ready")).body == {"status": "ready", "checks": {"database": "ok"}}
    metrics = await api.get("/metrics")
    assert (metrics.status, metrics.body) == (200, b"up 1\n")
    assert metrics.headers["Content-Type"].startswith("text/plain; version=0.0.4")


async def test_what_is_not_ready_says_what_is_missing(api: Api) -> None:
    async def not_ready() -> Readiness:
        return Readiness(ready=False, checks={"database": "ok", "migrations": "0002-more is pending"})

    api.app = create_app(api.use_cases, api.tokens, api.limits, readiness=not_ready, metrics=lambda: b"")
    reply = await api.get("/health/ready")
    assert is_problem(reply, 503).fields == {"migrations": "0002-more is pending"}


async def test_every_answer_carries_the_headers_that_keep_browsers_safe(api: Api) -> None:
    for path in ("/health", "/docs", "/api/v1/openapi.json", "/nothing"):
        headers = (await api.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Request-ID"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in (await api.get("/docs")).headers["Content-Security-Policy"]


async def test_devices_are_told_the_public_address_when_there_is_one(api: Api, tenant: Tenant) -> None:
    (device_id,) = await api.provision(tenant, "hw-1")
    path = f"/api/v1/devices/{device_id}/rotate-token"
    derived = await api.post(path, None, tenant.admin, Host="[::1]:8000")
    assert derived.body["websocket_url"] == "ws://[::1]:8000/api/v1/ws/device"
    odd = await api.post(path, None, tenant.admin, Host="a b/c")
    is_problem(odd, 400)
