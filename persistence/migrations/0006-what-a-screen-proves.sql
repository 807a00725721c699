-- What a screen says of itself: what it played, how it is, what it looked like, that an alert would have been shown.
--
-- Rule 1: what a screen recorded without the hub is a log, numbered by the screen; how far it is kept stands beside it and
--         is written in the same transaction, so that nothing is kept twice (docs/decisions/0037-records.md).
-- Rule 2: what was played names what it was called then: it outlives the content, its versions and its playlist.

-- ---- more that a screen can be ordered to do ----

ALTER TABLE commands DROP CONSTRAINT commands_command_check,
    ADD CONSTRAINT commands_command_check CHECK (command IN
        ('play', 'pause', 'stop', 'reload_playlist', 'reboot', 'ping', 'screenshot', 'set_volume', 'identify'));
ALTER TABLE bulk_commands DROP CONSTRAINT bulk_commands_command_check,
    ADD CONSTRAINT bulk_commands_command_check CHECK (command IN
        ('play', 'pause', 'stop', 'reload_playlist', 'reboot', 'ping', 'screenshot', 'set_volume', 'identify'));

-- ---- more that an alert can say ----

-- `language` of title and message; `texts`: the same in others, [{"language": "es", "title": …, "message": …}].
ALTER TABLE emergencies
    ADD COLUMN language text NOT NULL DEFAULT '',
    ADD COLUMN texts jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN pictogram text CHECK (pictogram IN
        ('fire', 'evacuate', 'shelter', 'lockdown', 'weather', 'medical', 'hazard', 'information')),
    ADD COLUMN sound text CHECK (sound IN ('chime', 'siren'));

-- ---- how a screen is ----

-- Samples, like the rest of the row: NULL where the screen cannot say.
ALTER TABLE device_heartbeats
    ADD COLUMN uptime_s bigint,
    ADD COLUMN memory_bytes bigint,
    ADD COLUMN memory_limit_bytes bigint,
    ADD COLUMN storage_bytes bigint,
    ADD COLUMN storage_limit_bytes bigint,
    ADD COLUMN dropped_frames bigint,
    ADD COLUMN files_missing integer;

-- When the screen last proved, by a drill, that an alert would be shown, and how long that took.
ALTER TABLE devices ADD COLUMN proven_at timestamptz,
                    ADD COLUMN proven_in_ms integer CHECK (proven_in_ms >= 0);

-- ---- what a screen recorded ----

-- `log`: which log of the screen's; a screen that lost its storage begins another one. `kept`: how far it is here.
CREATE TABLE device_logs (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    device_id   uuid NOT NULL,
    log         text NOT NULL,
    kept        bigint NOT NULL CHECK (kept >= 0),
    PRIMARY KEY (device_id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);

-- Proof of play, item by item. By the day on which it was kept: a screen's clock may say anything. `day`: at the screen.
-- A row stands for one play, or for `plays` of them where the screen had to summarise.
CREATE TABLE plays (
    tenant_id       uuid NOT NULL REFERENCES tenants,
    device_id       uuid NOT NULL,
    kept_at         timestamptz NOT NULL,
    number          bigint NOT NULL,
    day             date NOT NULL,
    media_id        uuid,
    content_id      uuid,
    name            text NOT NULL,
    version         integer,
    playlist_id     uuid,
    playlist_number integer,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz NOT NULL,
    shown_ms        bigint NOT NULL CHECK (shown_ms >= 0),
    plays           integer NOT NULL CHECK (plays > 0),
    completed       integer NOT NULL CHECK (completed BETWEEN 0 AND plays)
) PARTITION BY RANGE (kept_at);
CREATE INDEX plays_by_device ON plays (tenant_id, device_id, started_at DESC, number DESC);

-- The sums of a day: what reports are made of, and what is left when the rows above are too old.
CREATE TABLE play_days (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    day         date NOT NULL,
    device_id   uuid NOT NULL,
    -- The media version, or the name of what no version is known of.
    what        text NOT NULL,
    media_id    uuid,
    content_id  uuid,
    name        text NOT NULL,
    version     integer,
    plays       bigint NOT NULL,
    completed   bigint NOT NULL,
    shown_ms    bigint NOT NULL,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, day, device_id, what)
);
CREATE INDEX play_days_by_device ON play_days (tenant_id, device_id, day);
CREATE INDEX play_days_by_content ON play_days (tenant_id, content_id, day) WHERE content_id IS NOT NULL;

CREATE FUNCTION play_partitions() RETURNS TABLE (name text, begins_at timestamptz, ends_at timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC' AS
$$ SELECT p.name,
          (regexp_match(p.bounds, 'FROM \(''([^'']+)''\)'))[1]::timestamptz,
          (regexp_match(p.bounds, 'TO \(''([^'']+)''\)'))[1]::timestamptz
     FROM (SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
             FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE i.inhparent = 'public.plays'::regclass) p $$;

-- A partition for each day from today on that has none yet. How many were made.
CREATE FUNCTION make_play_partitions(days_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '2s' AS $$
DECLARE
    day     date;
    made    integer := 0;
BEGIN
    -- One hub at a time.
    PERFORM pg_advisory_xact_lock(hashtext('plays'));
    FOR day IN SELECT current_date + n FROM generate_series(0, least(days_ahead, 60)) n LOOP
        CONTINUE WHEN EXISTS (SELECT FROM play_partitions() p WHERE day >= p.begins_at AND day < p.ends_at);
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.plays FOR VALUES FROM (%L) TO (%L)',
                       'plays_' || to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

-- Those that end at `before` or earlier go, with all that is in them. How many went.
CREATE FUNCTION drop_play_partitions(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '2s' AS $$
DECLARE
    name    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('plays'));
    FOR name IN SELECT p.name FROM play_partitions() p WHERE p.ends_at <= before LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

SELECT make_play_partitions(7);
REVOKE ALL ON FUNCTION play_partitions(), make_play_partitions(integer), drop_play_partitions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_play_partitions(integer), drop_play_partitions(timestamptz) TO clarion_hub;

-- ---- what a screen looked like ----

-- A few a screen, the newest; small pictures, looked into before they are kept.
CREATE TABLE screenshots (
    id          uuid PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    device_id   uuid NOT NULL,
    command_id  uuid,
    taken_at    timestamptz NOT NULL,
    kept_at     timestamptz NOT NULL,
    note        text NOT NULL DEFAULT '',
    mime_type   text NOT NULL CHECK (mime_type IN ('image/jpeg', 'image/png', 'image/webp')),
    width       integer NOT NULL CHECK (width > 0),
    height      integer NOT NULL CHECK (height > 0),
    picture     bytea NOT NULL CHECK (octet_length(picture) <= 2097152),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX screenshots_by_device ON screenshots (tenant_id, device_id, kept_at DESC, id DESC);
CREATE UNIQUE INDEX screenshots_once ON screenshots (tenant_id, command_id) WHERE command_id IS NOT NULL;

-- ---- tenant isolation of what is new ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['device_logs', 'plays', 'play_days', 'screenshots']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO clarion_hub USING (tenant_id = clarion_tenant()) '
                       'WITH CHECK (tenant_id = clarion_tenant())', t);
        EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO clarion_hub', t);
    END LOOP;
END
$$;
-- Proof is not edited.
REVOKE UPDATE ON plays, screenshots FROM clarion_hub;
