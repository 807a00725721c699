"""A house full of contents in the database: media, playlists that were published, scheduled screens."""

from __future__ import annotations

from tests.persistence.premises import Premises

CONTENTS, PLAYLISTS, SCREENS, ENTRIES = 10_000, 1_000, 5_000, 300
ITEMS_EACH = 20

# Every file is another one, and every third content has a second version that was rejected.
_CONTENTS = """
WITH made AS (
    INSERT INTO contents (tenant_id, name, description, category, tags, created_at)
    SELECT t.id, 'Content ' || n, 'What it says of number ' || n, 'Category ' || n %% 12,
           ARRAY['tag ' || n %% 40, 'all'], now() - n * interval '1 minute'
      FROM tenants t CROSS JOIN generate_series(1, %s) n WHERE t.id = %s RETURNING id, tenant_id, name
), numbered AS (
    SELECT id, tenant_id, row_number() OVER () AS n FROM made
), files AS (
    INSERT INTO blobs (tenant_id, sha256, md5, size_bytes, mime_type)
    SELECT tenant_id, sha256(n::text::bytea), decode(md5(n::text), 'hex'), 1000 + n, 'image/jpeg'
      FROM numbered RETURNING sha256
)
INSERT INTO media (tenant_id, content_id, number, kind, file_name, sha256, mime_type, size_bytes, width,
                   height, processing, status, thumbnail_sha256)
SELECT tenant_id, id, v, 'image', 'picture.jpg', sha256(n::text::bytea), 'image/jpeg', 1000 + n, 1920, 1080,
       'ready', CASE v WHEN 1 THEN 'approved' ELSE 'rejected' END, sha256(n::text::bytea)
  FROM numbered CROSS JOIN generate_series(1, 2) v
 WHERE (v = 1 OR n %% 3 = 0) AND (SELECT count(*) FROM files) > 0
"""
_PLAYLISTS = """
INSERT INTO playlists (tenant_id, name, description, is_default)
SELECT %s, 'Playlist ' || n, 'For floor ' || n, n = 1 FROM generate_series(1, %s) n
"""
_VERSIONS = """
WITH m AS (
    SELECT m.id, m.content_id, c.name, row_number() OVER (ORDER BY m.id) - 1 AS n
      FROM media m JOIN contents c ON c.id = m.content_id WHERE m.tenant_id = %(t)s AND m.status = 'approved'
), p AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM playlists WHERE tenant_id = %(t)s
), i AS (
    SELECT p.id AS playlist_id, m.id AS media_id, m.content_id, m.name, k
      FROM p CROSS JOIN generate_series(0, %(each)s - 1) k
           JOIN m ON m.n = (p.n * 7 + k) %% (SELECT count(*) FROM m)
), drafts AS (
    INSERT INTO playlist_items (tenant_id, playlist_id, position, media_id)
    SELECT %(t)s, playlist_id, k, media_id FROM i
)
INSERT INTO playlist_versions (tenant_id, playlist_id, number, shuffle, draft, items, item_count, total_s,
                               published_by_name, published_at)
SELECT %(t)s, playlist_id, 1, false, '[]', jsonb_agg(jsonb_build_object(
           'id', gen_random_uuid(), 'media_id', media_id, 'content_id', content_id, 'name', name, 'number', 1,
           'kind', 'image', 'duration_s', 10, 'transition', 'cut') ORDER BY k),
       %(each)s, 10 * %(each)s, 'somebody', now()
  FROM i GROUP BY playlist_id
"""
_SCREENS = """
WITH s AS (
    INSERT INTO sites (tenant_id, name, time_zone)
    SELECT %(t)s, 'Site ' || n, (ARRAY['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'])[1 + n %% 3]
      FROM generate_series(1, 50) n RETURNING id
), numbered AS (SELECT id, row_number() OVER () AS n FROM s)
UPDATE devices d SET site_id = numbered.id, tags = jsonb_build_object('floor', (x.n %% 9)::text)
  FROM (SELECT id, row_number() OVER () AS n FROM devices WHERE tenant_id = %(t)s) x, numbered
 WHERE x.id = d.id AND numbered.n = 1 + x.n %% 50
"""
_ENTRIES = """
INSERT INTO schedule_entries (tenant_id, playlist_id, site_id, tag_query, tag_terms, priority, first_day,
                              recurrence, dayparts)
SELECT %(t)s, p.id, CASE WHEN p.n %% 2 = 0 THEN s.id END,
       CASE WHEN p.n %% 2 = 1 THEN 'floor=' || p.n %% 9 END,
       CASE WHEN p.n %% 2 = 1 THEN jsonb_build_array(jsonb_build_array('is', 'floor', (p.n %% 9)::text)) END,
       p.n %% 5, date '2026-01-05', 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', '[["08:00", "12:00"]]'
  FROM (SELECT id, row_number() OVER () AS n FROM playlists WHERE tenant_id = %(t)s LIMIT %(entries)s) p
       JOIN (SELECT id, row_number() OVER () AS n FROM sites WHERE tenant_id = %(t)s) s ON s.n = 1 + p.n %% 50
"""


def furnish(database_url: str, name: str = "library") -> Premises:
    """A tenant with all of it. Takes some seconds."""
    home = Premises(database_url, name, devices=SCREENS)
    home.run(_CONTENTS, CONTENTS, home.id)
    home.run(_PLAYLISTS, home.id, PLAYLISTS)
    home.run_named(_VERSIONS, t=home.id, each=ITEMS_EACH)
    home.run(
        "INSERT INTO playlist_version_media (tenant_id, playlist_id, number, media_id)"
        " SELECT v.tenant_id, v.playlist_id, 1, (i ->> 'media_id')::uuid"
        " FROM playlist_versions v CROSS JOIN jsonb_array_elements(v.items) i WHERE v.tenant_id = %s",
        home.id,
    )
    home.run("UPDATE playlists SET active_number = 1 WHERE tenant_id = %s", home.id)
    home.run_named(_SCREENS, t=home.id)
    home.run_named(_ENTRIES, t=home.id, entries=ENTRIES)
    home.run("ANALYZE")
    return home
