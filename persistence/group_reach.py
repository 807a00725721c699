"""Which devices are in which group, by whatever way.

Rule 1: it means what the view `device_group_reach` means, and a test holds the two together. The view asks
        each device each term of each group: 14 s for 10,000 devices and 50 groups. Here the terms of a group
        are gathered once, and the devices are asked with PostgreSQL's own operators: half a second.
Rule 2: every table is asked with the tenant, as `%(tenant)s`.
Rule 3: many devices are asked for slice by slice: no statement becomes long because a tenant has grown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, LiteralString, NamedTuple

from persistence.repositories.base import Connection

DEVICES_PER_SLICE: Final = 2_000

# The terms of each dynamic group as four lists; `_FITS` says what they mean together.
_ASKED: Final[LiteralString] = """
    SELECT g.id,
           coalesce(array_agg(jsonb_build_object(t ->> 1, t ->> 2)) FILTER (WHERE t ->> 0 = 'is'), '{}')
               AS are,
           coalesce(array_agg(jsonb_build_object(t ->> 1, t ->> 2)) FILTER (WHERE t ->> 0 = 'is_not'), '{}')
               AS are_not,
           coalesce(array_agg(t ->> 1) FILTER (WHERE t ->> 0 = 'has'), '{}') AS has,
           coalesce(array_agg(t ->> 1) FILTER (WHERE t ->> 0 = 'has_not'), '{}') AS has_not
      FROM device_groups g LEFT JOIN LATERAL jsonb_array_elements(g.tag_terms) t ON true
     WHERE g.tenant_id = %(tenant)s AND g.tag_terms IS NOT NULL
"""
_FITS: Final[LiteralString] = """
    d.tags @> ALL (a.are) AND NOT d.tags @> ANY (a.are_not) AND d.tags ?& a.has AND NOT d.tags ?| a.has_not
"""

# `reach`: a row for each of the devices `%(ids)s` in each group. `place`: that of the group among the names.
_REACH: Final[LiteralString] = f"""
WITH RECURSIVE named AS MATERIALIZED (
    SELECT g.id, g.name, (row_number() OVER (ORDER BY g.name, g.id))::int AS place
      FROM device_groups g WHERE g.tenant_id = %(tenant)s
), asked AS MATERIALIZED (
    {_ASKED} GROUP BY g.id
), above AS (
    SELECT g.id AS below_id, g.id AS group_id, g.parent_id FROM device_groups g WHERE g.tenant_id = %(tenant)s
    UNION
    SELECT b.below_id, g.id, g.parent_id
      FROM above b JOIN device_groups g ON g.tenant_id = %(tenant)s AND g.id = b.parent_id
), direct AS (
    SELECT m.device_id, m.group_id FROM device_group_members m
     WHERE m.tenant_id = %(tenant)s AND m.device_id = ANY (%(ids)s::uuid[])
    UNION ALL
    SELECT d.id, a.id
      FROM devices d JOIN asked a ON {_FITS} WHERE d.tenant_id = %(tenant)s AND d.id = ANY (%(ids)s::uuid[])
), reach AS (
    SELECT DISTINCT direct.device_id, n.place
      FROM direct JOIN above ON above.below_id = direct.group_id JOIN named n ON n.id = above.group_id
)
"""  # noqa: S608 -- every piece is a literal of this page

# Names come once, in rows without a device: a screen may be in dozens of groups.
_GROUPS: Final[LiteralString] = (
    _REACH
    + """
SELECT NULL AS device_id, ARRAY[place] AS places, id, name FROM named
UNION ALL
SELECT device_id, array_agg(place ORDER BY place), NULL, NULL FROM reach GROUP BY device_id
"""
)
_COUNTS: Final[LiteralString] = (
    _REACH
    + """
SELECT n.id, count(*)::int FROM reach r JOIN named n ON n.place = r.place GROUP BY n.id
"""
)

DEVICES_OF_GROUPS: Final[LiteralString] = f"""
WITH RECURSIVE below AS (
    SELECT g.id FROM device_groups g WHERE g.tenant_id = %(tenant)s AND g.id = ANY (%(ids)s::uuid[])
    UNION
    SELECT g.id FROM below b JOIN device_groups g ON g.tenant_id = %(tenant)s AND g.parent_id = b.id
), asked AS MATERIALIZED (
    {_ASKED} AND g.id IN (SELECT id FROM below) GROUP BY g.id
)
SELECT m.device_id FROM below b
       JOIN device_group_members m ON m.tenant_id = %(tenant)s AND m.group_id = b.id
UNION
SELECT d.id FROM asked a JOIN devices d ON d.tenant_id = %(tenant)s AND {_FITS}
"""  # noqa: S608 -- every piece is a literal of this page
"""device_id of every device that the groups `%(ids)s` reach, each once. To make queries of."""


class GroupsOfDevice(NamedTuple):
    """Both in the order of the names."""

    ids: list[str]
    names: list[str]


def groups_of_devices(
    connection: Connection, tenant_id: str, device_ids: Sequence[str]
) -> dict[str, GroupsOfDevice]:
    """By id of each of these devices, the groups it is in."""
    found = {device_id: GroupsOfDevice([], []) for device_id in device_ids}
    for asked in _slices(tenant_id, device_ids):
        rows = connection.execute(_GROUPS, asked).fetchall()
        named = {
            places[0]: (group_id, name) for device_id, places, group_id, name in rows if device_id is None
        }
        for device_id, places, _, _ in rows:
            if device_id is not None:
                groups = [named[place] for place in places]
                found[device_id] = GroupsOfDevice([id for id, _ in groups], [name for _, name in groups])
    return found


def devices_in_groups(connection: Connection, tenant_id: str, device_ids: Sequence[str]) -> Counter[str]:
    """By id of each group, how many of these devices it reaches."""
    counted: Counter[str] = Counter()
    for asked in _slices(tenant_id, device_ids):
        counted.update(dict(connection.execute(_COUNTS, asked).fetchall()))
    return counted


def _slices(tenant_id: str, device_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(device_ids), DEVICES_PER_SLICE):
        yield {"tenant": tenant_id, "ids": list(device_ids[start : start + DEVICES_PER_SLICE])}
