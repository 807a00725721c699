"""What plays on the glass in these tests: pictures of plain colours and a film, published as people do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psycopg

from tests.dashboard.files import add_version, step
from tests.dashboard.houses import add
from tests.dashboard.published import approve_own, put_in
from tests.end_to_end.companions import wait_for
from tests.media_files import picture, video

FILM_S = 2.0
OFF_BY_AT_MOST_MS = 100


class Item(NamedTuple):
    """One file and how long it is shown. `colour`: of a picture; None: a film."""

    name: str
    duration_s: float
    colour: tuple[int, int, int] | None


RED, GREEN, BLUE = (200, 30, 30), (30, 160, 30), (40, 60, 220)
MORNING = (Item("red.jpg", 1.5, RED), Item("film.mp4", FILM_S, None), Item("green.jpg", 1.5, GREEN))
EVENING = (Item("blue.jpg", 1.0, BLUE), Item("night.mp4", FILM_S, None), Item("red too.jpg", 1.0, RED))


def published(api: httpx.Client, folder: Path, name: str, items: tuple[Item, ...]) -> str:
    """A published playlist of these; its id."""
    approve_own(api)
    playlist_id = add(api, "/playlists", name=name)
    for item in items:
        put_in(api, playlist_id, media_id=approved(api, folder, item), duration_s=item.duration_s)
    api.post(f"/playlists/{playlist_id}/publish", json={}).raise_for_status()
    return playlist_id


def approved(api: httpx.Client, folder: Path, item: Item) -> str:
    """The approved first version of a content with this file."""
    path = folder / item.name
    size = (960, 540)
    path.write_bytes(
        video(seconds=item.duration_s, size=size)
        if item.colour is None
        else picture(size=size, colour=item.colour)
    )
    media_id = add_version(api, add(api, "/contents", name=item.name), path)
    wait_for(lambda: api.get(f"/media/{media_id}").json()["processing"] == "ready", f"{item.name} is ready")
    step(api, media_id, "submit")
    step(api, media_id, "approve")
    return media_id


def assign(api: httpx.Client, device_id: str, playlist_id: str) -> None:
    """From now on the screen plays this."""
    api.put(f"/devices/{device_id}/playlist", json={"playlist_id": playlist_id}).raise_for_status()


def plays(database_url: str, playlist_id: str) -> list[dict[str, Any]]:
    """Proof of play as PostgreSQL has it, in the order of the screen."""
    with psycopg.connect(database_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(
            "SELECT name, started_at, ended_at, shown_ms, completed FROM plays WHERE playlist_id = %s"
            " ORDER BY number",
            [playlist_id],
        ).fetchall()


def held_in_order_and_time(rows: list[dict[str, Any]], items: tuple[Item, ...]) -> None:
    """It was this loop, and each of its items that was not cut short took as long as it should."""
    names = [item.name for item in items]
    first = names.index(rows[0]["name"])
    assert [row["name"] for row in rows] == [names[(first + n) % len(names)] for n in range(len(rows))]
    lengths = {item.name: item.duration_s * 1000 for item in items}
    completed = [row for row in rows if row["completed"]]
    assert len(completed) >= len(items)
    for row in completed:
        assert abs(row["shown_ms"] - lengths[row["name"]]) <= OFF_BY_AT_MOST_MS, row
