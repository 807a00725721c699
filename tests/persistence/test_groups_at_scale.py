"""Ten thousand screens in fifty groups, most of them by tags and ten deep, are read as the hub starts."""

from __future__ import annotations

import trio

from persistence.database import Database
from persistence.live_state import LiveState
from tests.persistence.premises import Premises

SCREENS, CHAINS, DEPTH = 10_000, 5, 10
READ_WITHIN_S = 10.0
"""It takes half a second, and a few times that beside other tests. Asked one by one (the view) it takes a
quarter of a minute."""


async def test_the_groups_of_ten_thousand_screens_are_read_at_once(
    database_url: str, hub_database_url: str
) -> None:
    home = Premises(database_url, "many", devices=SCREENS)
    home.run(
        "UPDATE devices d SET tags = jsonb_build_object('floor', mod(n, 10)::text, 'asset', n::text)"
        " FROM (SELECT id, row_number() OVER () AS n FROM devices) x WHERE x.id = d.id"
    )
    for chain in range(CHAINS):
        above = None
        for depth in range(DEPTH):
            ((above,),) = home.rows(
                "INSERT INTO device_groups (tenant_id, name, parent_id, tag_query, tag_terms)"
                " VALUES (%s, %s, %s, 'as typed', jsonb_build_array("
                " jsonb_build_array('is', 'floor', %s::text), jsonb_build_array('has_not', 'kiosk'),"
                " jsonb_build_array('is_not', 'asset', '7')))"
                " RETURNING id",
                home.id,
                f"Group {chain}{depth}",
                above,
                str(depth),
            )
    async with Database(hub_database_url, pool_size=2) as database:
        with trio.fail_after(READ_WITHIN_S):
            screens = await LiveState(database).screens(home.id)
    # Floor n is found by one group in each chain, and by the n groups above it.
    expected = {str(floor): CHAINS * (floor + 1) for floor in range(10)}
    counts = {screen.tags["floor"]: len(screen.groups) for screen in screens if screen.tags["asset"] != "7"}
    assert (len(screens), counts) == (SCREENS, expected)
    assert [screen.groups for screen in screens if screen.tags["asset"] == "7"] == [[]]
