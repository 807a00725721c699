"""Which devices are in which group, by whatever way: as SQL, to ask or to make queries of.

Rule 1: it means what the view `device_group_reach` means, and a test holds the two together. The view asks
        each device each term of each group: 14 s for 10,000 devices and 50 groups. Here the terms of a group
        are gathered once, and the devices are asked with PostgreSQL's own operators: half a second.
Rule 2: every table is asked with the tenant, as `%(tenant)s`.
"""

from __future__ import annotations

from typing import Final, LiteralString

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

# `reach`: a row for each device in each group; `place` is the group's in the order of the names.
_REACH: Final[LiteralString] = f"""
WITH RECURSIVE asked AS MATERIALIZED (
    {_ASKED} GROUP BY g.id
), above AS (
    SELECT g.id AS below_id, g.id AS group_id, g.parent_id FROM device_groups g WHERE g.tenant_id = %(tenant)s
    UNION
    SELECT b.below_id, g.id, g.parent_id
      FROM above b JOIN device_groups g ON g.tenant_id = %(tenant)s AND g.id = b.parent_id
), direct AS (
    SELECT m.device_id, m.group_id FROM device_group_members m
     WHERE m.tenant_id = %(tenant)s AND (%(ids)s::uuid[] IS NULL OR m.device_id = ANY (%(ids)s::uuid[]))
    UNION ALL
    SELECT d.id, a.id FROM asked a JOIN devices d ON d.tenant_id = %(tenant)s AND {_FITS}
     WHERE %(ids)s::uuid[] IS NULL OR d.id = ANY (%(ids)s::uuid[])
), named AS (
    SELECT g.id, g.name, row_number() OVER (ORDER BY g.name, g.id) AS place
      FROM device_groups g WHERE g.tenant_id = %(tenant)s
), reach AS (
    SELECT DISTINCT direct.device_id, n.place, n.id, n.name
      FROM direct JOIN above ON above.below_id = direct.group_id JOIN named n ON n.id = above.group_id
)
"""  # noqa: S608 -- every piece is a literal of this page

GROUPS_OF_DEVICES: Final[LiteralString] = (
    _REACH
    + """
SELECT device_id, array_agg(id ORDER BY place) AS group_ids, array_agg(name ORDER BY place) AS groups
  FROM reach GROUP BY device_id
"""
)
"""A row for each of the devices `%(ids)s` (NULL: of all) that is in a group: device_id, and group_ids and
groups (their names), both in the order of the names."""

DEVICES_IN_GROUPS: Final[LiteralString] = (
    _REACH
    + """
SELECT r.id, count(*)::int AS devices
  FROM reach r JOIN devices d ON d.tenant_id = %(tenant)s AND d.id = r.device_id AND d.status = 'approved'
 WHERE %(sites)s::uuid[] IS NULL OR d.site_id = ANY (%(sites)s::uuid[]) GROUP BY r.id
"""
)
"""id of each group that reaches an approved device of `%(ids)s` (NULL: of all) at the sites `%(sites)s`
(NULL: at all), and how many it reaches."""

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
"""device_id of every device that the groups `%(ids)s` reach, each once."""
