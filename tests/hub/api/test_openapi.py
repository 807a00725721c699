"""The published document, and the page that shows it."""

from __future__ import annotations

import socket
from functools import partial
from pathlib import Path

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from openapi_spec_validator import validate
from playwright.sync_api import sync_playwright

from hub.api.app import ROUTES
from protocol.asyncapi import asyncapi_document
from tests.hub.api.conftest import Api
from tests.patience import PATIENCE_MS, PATIENCE_S


async def test_the_document_is_valid_and_has_every_route(api: Api) -> None:
    document = (await api.get("/api/v1/openapi.json")).body
    validate(document)
    published = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert published == {(route.method, route.path) for route in ROUTES}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["responses"], (method, path)
            problems = [status for status in operation["responses"] if status >= "4"]
            assert "503" in problems
    ids = [route.handler.__name__ for route in ROUTES]
    assert len(set(ids)) == len(ids), "operation ids are unique"


async def test_the_document_says_what_parameters_are(api: Api) -> None:
    document = (await api.get("/api/v1/openapi.json")).body
    parameters = {each["name"]: each for each in document["paths"]["/api/v1/devices"]["get"]["parameters"]}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 500, "default": 100}
    assert parameters["status"]["schema"]["enum"] == [
        "approved",
        "offline",
        "online",
        "pending",
        "rejected",
        "revoked",
    ]
    ledger = document["paths"]["/api/v1/emergencies/{emergency_id}/ledger"]["get"]["parameters"]
    assert {each["name"] for each in ledger} == {"emergency_id", "limit", "cursor", "missing", "state"}


async def test_the_hub_says_the_protocol_of_its_screens_too(api: Api) -> None:
    answer = await api.get("/api/v1/asyncapi.json")
    assert answer.status == 200
    assert answer.body == asyncapi_document()


def look_at_the_page(headless_shell: Path, url: str) -> tuple[int, list[str]]:
    """How many operations the page shows, and what the browser complained about."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=headless_shell, args=["--no-sandbox"])
        page = browser.new_page()
        page.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        page.on(
            "request", lambda request: None if request.url.startswith(url) else complaints.append(request.url)
        )
        page.goto(f"{url}/docs")
        page.wait_for_selector(".opblock", timeout=PATIENCE_MS)
        shown = page.locator(".opblock").count()
        page.locator(".opblock").first.click()
        page.wait_for_selector(".opblock.is-open", timeout=PATIENCE_MS)
        browser.close()
    return shown, [text for text in complaints if not text.startswith("data:")]


async def test_the_page_works_in_a_browser_from_this_machine_alone_under_a_strict_policy(
    api: Api, headless_shell: Path
) -> None:
    with trio.fail_after(PATIENCE_S):
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        stop = trio.Event()
        async with trio.open_nursery() as nursery:
            await nursery.start(partial(serve, api.app, config, shutdown_trigger=stop.wait))
            look = partial(look_at_the_page, headless_shell, f"http://127.0.0.1:{port}")
            shown, complaints = await trio.to_thread.run_sync(look)
            stop.set()
    assert shown == len(ROUTES)
    assert complaints == []
