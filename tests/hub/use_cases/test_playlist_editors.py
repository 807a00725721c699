"""Several people edit one playlist at once: the order is never mixed, and nobody's work is lost unsaid."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
import trio

from hub.content_cache import ContentCache
from hub.use_cases.errors import NotFound, Stale
from hub.use_cases.playlist_items import DraftItems
from hub.use_cases.playlists import Playlists
from persistence.database import Database
from persistence.owner import connect_as_owner
from protocol.playlists import ItemPatch, ItemRequest, PlaylistItems, PlaylistRequest
from protocol.vocabulary import Transition
from tests.hub.tenants import Tenant, make_tenant

EDITORS = 4
EDITS = 20


class NoFiles:
    """Fits `hub.use_cases.media_bodies.FileUrls`: there are no files here."""

    def path(self, tenant_id: str, sha256_hex: str, name: str, now: datetime) -> str:
        raise AssertionError

    def good_until(self, now: datetime) -> datetime:
        return now


class Edited(NamedTuple):
    """One edit that was done: what it was, on which ids, and the list that was answered."""

    what: str
    item_id: str
    at: int
    order: list[str]
    answer: PlaylistItems


@pytest.fixture
def tenant(database_url: str) -> Tenant:
    return make_tenant(database_url, "House")


@pytest.fixture
async def database(hub_database_url: str) -> AsyncIterator[Database]:
    async with Database(hub_database_url, pool_size=EDITORS, wait_s=30) as database:
        yield database


def ids(timeline: PlaylistItems) -> list[str]:
    return [item.id for item in timeline.items]


def replayed(before: list[str], edit: Edited) -> list[str]:
    """The order after the edit, by the rules of lists and nothing else."""
    match edit.what:
        case "add":
            (new,) = set(ids(edit.answer)) - set(before)
            return [*before[: edit.at], new, *before[edit.at :]]
        case "remove":
            return [item_id for item_id in before if item_id != edit.item_id]
        case "order":
            return edit.order
        case _:
            return before


@pytest.mark.parametrize("seed", range(2))
async def test_each_edit_is_done_wholly_on_the_list_that_its_author_saw_or_not_at_all(
    database: Database, tenant: Tenant, seed: int
) -> None:
    items = DraftItems(database, ContentCache(trio.current_time), NoFiles(), lambda: datetime.now(UTC))
    playlists = Playlists(database, lambda: datetime.now(UTC))
    playlist = await playlists.add(tenant.admin, PlaylistRequest("Lobby"))
    done: dict[int, Edited] = {}
    refused = 0

    async def once(chance: random.Random, seen: PlaylistItems) -> Edited:
        there = ids(seen)
        what = chance.choice(["add", "add", "order", "remove", "change"]) if there else "add"
        item_id = chance.choice(there) if there else ""
        at, order = chance.randint(0, len(there)), chance.sample(there, len(there))
        of = (tenant.admin, playlist.id)
        match what:
            case "add":
                request = ItemRequest(content_tag=f"tag {chance.random()}", position=at)
                answer = await items.add(*of, seen.revision, request)
            case "remove":
                answer = await items.remove(*of, item_id, seen.revision)
            case "order":
                answer = await items.order(*of, seen.revision, order)
            case _:
                patch = ItemPatch(duration_s=chance.uniform(1, 9), transition=chance.choice(list(Transition)))
                answer = await items.change(*of, item_id, seen.revision, patch)
        return Edited(what, item_id, at, order, answer)

    async def editor(chance: random.Random) -> None:
        nonlocal refused
        seen = await items.all(tenant.admin, playlist.id)
        for _ in range(EDITS):
            try:
                edited = await once(chance, seen)
            except (Stale, NotFound):
                refused += 1
                seen = await items.all(tenant.admin, playlist.id)
                continue
            if edited.answer.revision != seen.revision:
                assert edited.answer.revision not in done, "two edits made the same revision"
                done[edited.answer.revision] = edited
            seen = edited.answer

    async with trio.open_nursery() as nursery:
        for number in range(EDITORS):
            nursery.start_soon(editor, random.Random(f"{seed} {number}"))

    order: list[str] = []
    for revision in range(2, 2 + len(done)):
        order = replayed(order, done[revision])
        assert ids(done[revision].answer) == order, f"revision {revision} is not what its author asked for"
        assert [item.position for item in done[revision].answer.items] == list(range(len(order)))
    assert refused > 0, "they never met"
    now = await items.all(tenant.admin, playlist.id)
    assert (ids(now), now.revision) == (order, 1 + len(done))
    with_positions = await database.transact(
        tenant.id,
        lambda tx: tx.connection.execute("SELECT position FROM playlist_items ORDER BY position").fetchall(),
    )
    assert with_positions == [(position,) for position in range(len(order))]


async def test_a_timeline_is_read_again_when_something_changed_and_not_before(
    database: Database, tenant: Tenant, database_url: str
) -> None:
    at = datetime(2030, 1, 1, 12, tzinfo=UTC)
    cache = ContentCache(trio.current_time)
    items = DraftItems(database, cache, NoFiles(), lambda: at)
    playlist = await Playlists(database, lambda: at).add(tenant.admin, PlaylistRequest("Lobby"))
    of = (tenant.admin, playlist.id)
    seen = await items.add(*of, 1, ItemRequest(content_tag="news"))
    assert [await items.all(*of) for _ in range(3)] == [seen] * 3
    assert (cache.misses, cache.hits) == (1, 2)
    changed = await items.change(*of, seen.items[0].id, seen.revision, ItemPatch(enabled=False))
    assert await items.all(*of) == changed
    with connect_as_owner(database_url) as connection:
        connection.execute("UPDATE playlist_items SET content_tag = 'weather'")
    assert (await items.all(*of)).items[0].content_tag == "weather", "whoever changed it, at whichever hub"
