"""A house that has approved pages and makes playlists of them, and the page on which it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

from tests.dashboard.houses import add
from tests.dashboard.published import put_in
from tests.hub.tenants import Tenant

PAGES = ("Welcome", "Menu", "Hygiene", "Concert")


@dataclass(frozen=True)
class House:
    """Four approved web pages."""

    tenant: Tenant
    api: httpx.Client
    media: dict[str, str]

    def playlist(self, name: str, *pages: str, publish: bool = False, **facts: object) -> str:
        """With an item of ten seconds for each of these pages; its id."""
        playlist_id = add(self.api, "/playlists", name=name, **facts)
        for page in pages:
            self.put_in(playlist_id, media_id=self.media[page], duration_s=10)
        if publish:
            self.publish(playlist_id)
        return playlist_id

    def items(self, playlist_id: str) -> list[dict[str, Any]]:
        answer = self.api.get(f"/playlists/{playlist_id}/items").raise_for_status()
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def names(self, playlist_id: str) -> list[str]:
        """What is in the draft, in its order."""
        return [item["media"]["content_name"] for item in self.items(playlist_id)]

    def put_in(self, into: str, /, **item: object) -> None:
        put_in(self.api, into, **item)

    def publish(self, playlist_id: str, **request: object) -> None:
        self.api.post(f"/playlists/{playlist_id}/publish", json=request).raise_for_status()

    def versions(self, playlist_id: str) -> list[dict[str, Any]]:
        """The newest first."""
        answer = self.api.get(f"/playlists/{playlist_id}/versions").raise_for_status()
        versions: list[dict[str, Any]] = answer.json()["items"]
        return versions


def item(page: Page, name: str) -> Locator:
    return page.get_by_test_id("item").filter(has=page.get_by_text(name, exact=True))


def titles(page: Page) -> Locator:
    return page.get_by_test_id("item-title")


def version(page: Page, number: int) -> Locator:
    return page.locator(f"[data-testid=version][data-number='{number}']")
