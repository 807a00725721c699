"""A draft while somebody edits it, on a real hub: change after change, and nothing over somebody else's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from dashboard.draft_editing import DraftEditing, Overtaken
from dashboard.hub_client import HubClient
from dashboard.hub_http import HubError
from protocol.playlists import ItemPatch, ItemRequest, PlaylistRequest
from tests.dashboard.credentials import signed_in
from tests.hub.hub_process import HubProcess

pytestmark = pytest.mark.asyncio
TAGS = ("a", "b", "c")


@asynccontextmanager
async def drafts(hub: HubProcess) -> AsyncIterator[tuple[HubClient, DraftEditing, DraftEditing]]:
    """Two editors of one draft with an item for each tag; both have seen it."""
    async with signed_in(hub) as client:
        playlist = await client.playlists.add(PlaylistRequest(f"Edited {uuid4()}"))
        mine, theirs = (DraftEditing(client.playlists, playlist.id) for _ in range(2))
        await mine.read()
        for tag in TAGS:
            await mine.add(ItemRequest(content_tag=tag))
        await theirs.read()
        yield client, mine, theirs


def tags(draft: DraftEditing) -> str:
    return "".join(item.content_tag or "" for item in draft.items)


async def test_changes_made_at_once_are_done_in_turn_each_on_the_one_before(hub: HubProcess) -> None:
    async with drafts(hub) as (_, mine, theirs):
        a, b, c = (item.id for item in mine.items)
        await asyncio.gather(mine.move(a, 2), mine.move(c, 0), mine.change(b, ItemPatch(enabled=False)))
        assert tags(mine) == "cba" and mine.is_settled
        assert [item.enabled for item in mine.items] == [True, False, True]
        assert theirs.is_behind(mine.revision) and not mine.is_behind(mine.revision)
        await theirs.read()
        assert tags(theirs) == "cba" and theirs.revision == mine.revision


async def test_what_was_done_looking_at_something_else_is_not_done_nor_what_waits_behind_it(
    hub: HubProcess,
) -> None:
    async with drafts(hub) as (_, mine, theirs):
        a, b, _ = (item.id for item in mine.items)
        await theirs.remove(b)
        done = await asyncio.gather(mine.move(a, 2), mine.remove(a), return_exceptions=True)
        assert [type(each) for each in done] == [Overtaken, Overtaken]
        assert tags(mine) == "abc"
        await mine.read()
        assert tags(mine) == "ac"
        await mine.move(a, 1)
        assert tags(mine) == "ca"


async def test_what_the_hub_refuses_for_itself_stops_nothing_behind_it(hub: HubProcess) -> None:
    async with drafts(hub) as (_, mine, _):
        a, *_ = (item.id for item in mine.items)
        refused, moved = await asyncio.gather(
            mine.add(ItemRequest(media_id=str(uuid4()))), mine.move(a, 1), return_exceptions=True
        )
        assert isinstance(refused, HubError) and "media_id" in refused.fields
        assert moved is None and tags(mine) == "bac"
