"""What is looked at comes into use before it is deleted: whoever comes second is told so in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from persistence.owner import connect_as_owner
from tests.hub.api.conftest import Api, Reply
from tests.hub.api.content_steps import CONTENTS, new_content
from tests.hub.api.playlist_steps import PLAYLISTS, approved_page, new_playlist
from tests.hub.api.test_uploads import begun, send
from tests.hub.tenants import Tenant
from tests.patience import PATIENCE_S

WAITS = """
SELECT count(*) FROM pg_locks w JOIN pg_stat_activity a ON a.pid = w.pid
 WHERE NOT w.granted AND a.datname = current_database()
"""


async def told(
    api: Api, used_by: tuple[str, *tuple[Any, ...]], delete: Callable[[], Awaitable[Reply]]
) -> Reply:
    """The answer to a deletion that sees no use of what it deletes, since that is not committed yet."""
    sql, *values = used_by
    answers: list[Reply] = []

    async def ask() -> None:
        answers.append(await delete())

    with connect_as_owner(api.database_url) as elsewhere, trio.fail_after(PATIENCE_S):
        elsewhere.execute(sql.encode(), values)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask)
            while api.rows(WAITS) == [(0,)]:
                await trio.lowlevel.checkpoint()
            elsewhere.commit()
    return answers[0]


async def test_a_playlist_that_is_scheduled_while_it_is_deleted_stays(api: Api, tenant: Tenant) -> None:
    playlist_id = await new_playlist(api, tenant, "Lobby")
    used = "INSERT INTO schedule_entries (tenant_id, playlist_id) VALUES (%s, %s)", tenant.id, playlist_id
    path = f"{PLAYLISTS}/{playlist_id}"
    answer = await told(api, used, lambda: api.call("DELETE", path, None, tenant.admin))
    assert (answer.status, "is in the schedule" in answer.body["detail"]) == (409, True)


async def test_a_content_that_is_put_into_a_draft_while_it_is_deleted_stays(api: Api, tenant: Tenant) -> None:
    playlist_id = await new_playlist(api, tenant, "Lobby")
    media_id = await approved_page(api, tenant, "Menu")
    ((content_id,),) = api.rows("SELECT content_id::text FROM media")
    used = (
        "INSERT INTO playlist_items (tenant_id, playlist_id, position, media_id) VALUES (%s, %s, 0, %s)",
        *(tenant.id, playlist_id, media_id),
    )
    path = f"{CONTENTS}/{content_id}"
    answer = await told(api, used, lambda: api.call("DELETE", path, None, tenant.admin))
    assert (answer.status, "Lobby" in answer.body["detail"]) == (409, True)


async def test_an_upload_that_a_version_takes_while_it_is_given_up_stays(api: Api, tenant: Tenant) -> None:
    content_id = await new_content(api, tenant)
    place = await begun(api, tenant.admin, 4)
    await send(api, tenant.admin, place, b"abcd", 0)
    used = (
        "INSERT INTO media (tenant_id, content_id, number, upload_id) VALUES (%s, %s, 1, %s)",
        *(tenant.id, content_id, place.rpartition("/")[2]),
    )
    tus = {"Tus_Resumable": "1.0.0"}
    answer = await told(api, used, lambda: api.call("DELETE", place, None, tenant.admin, **tus))
    assert (answer.status, "A version is made of this file" in answer.body["detail"]) == (409, True)
