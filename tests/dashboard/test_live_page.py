"""One open page: what it takes from the store, and when."""

from __future__ import annotations

import time

import pytest
from nicegui import Client, ui

from dashboard.clock import Clock
from dashboard.frame import LivePage
from dashboard.kept_pairs import KeptPair
from dashboard.session import Session
from dashboard.subscription import Change
from dashboard.tokens import Tokens
from protocol.access import TokenPair
from tests.dashboard.people import pair
from tests.dashboard.rows import delta, screen, snapshot

pytestmark = pytest.mark.asyncio


async def test_a_page_without_a_browser_makes_nothing_of_what_changed_until_one_is_there_again() -> None:
    async def nobody_renews(refresh_token: str) -> TokenPair:
        raise AssertionError(refresh_token)

    tokens = Tokens(KeptPair.of(pair(), time.time()), nobody_renews, print, print)
    session = Session("kept", "http://127.0.0.1:9", tokens, lambda session: None)
    page = LivePage(session, Clock.from_cookie(None))
    client, subscription = Client(ui.page("/")), page.store.subscribe()
    told: list[Change] = []
    ticks: list[str] = []
    page.on_change(told.append)
    page.on_beat(lambda: ticks.append("tick"))
    page.store.apply(snapshot(screen("a"), screen("b")))
    await page.beat(client, subscription)
    page.store.apply(delta(screens=[screen("a", now_playing="Later")]))
    await page.beat(client, subscription)
    assert (told, ticks) == ([], [])
    client.tab_id = "there"
    await page.beat(client, subscription)
    assert [change.screens for change in told] == [{"a", "b"}] and ticks == ["tick"]
    client.delete()
