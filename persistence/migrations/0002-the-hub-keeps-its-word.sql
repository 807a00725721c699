-- The guarantees, as far as PostgreSQL itself can hold them: steps of commands, epochs of sessions, bulk commands,
-- heartbeats in partitions.
--
-- Rule 1: a command takes only steps that the table of transitions knows, whoever writes.
-- Rule 2: what is written about a device carries the epoch of its session; an older one than the device has seen is
--         refused. Epochs only grow: one sequence for all devices and all hubs.
-- Rule 3: heartbeats are history by the day; a day that is too old goes as a whole.

-- ---- commands ----

ALTER TABLE commands DROP CONSTRAINT commands_status_check;
ALTER TABLE commands ADD CONSTRAINT commands_status_check CHECK (status IN
    ('queued', 'sent', 'received', 'succeeded', 'failed', 'rejected', 'expired', 'cancelled', 'superseded'));

-- `after` can be reached from `before`, in one step or in several: the journal may write several at once.
CREATE TABLE command_transitions (
    before  text NOT NULL,
    after   text NOT NULL,
    PRIMARY KEY (before, after)
);
INSERT INTO command_transitions (before, after) VALUES
    ('queued', 'sent'), ('queued', 'received'), ('queued', 'succeeded'), ('queued', 'failed'), ('queued', 'rejected'),
    ('queued', 'expired'), ('queued', 'cancelled'), ('queued', 'superseded'),
    ('sent', 'received'), ('sent', 'succeeded'), ('sent', 'failed'), ('sent', 'rejected'), ('sent', 'expired'),
    ('sent', 'cancelled'),
    ('received', 'succeeded'), ('received', 'failed'), ('received', 'rejected'), ('received', 'expired'),
    ('received', 'cancelled');
GRANT SELECT ON command_transitions TO clarion_hub;

CREATE FUNCTION command_takes_a_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM command_transitions WHERE before = OLD.status AND after = NEW.status) THEN
        RAISE EXCEPTION 'command % is %: it cannot become %', OLD.id, OLD.status, NEW.status USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER command_takes_a_step BEFORE UPDATE OF status ON commands FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION command_takes_a_step();

CREATE FUNCTION command_begins_queued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a command begins as queued, not as %', NEW.status USING ERRCODE = '23514';
END
$$;
CREATE TRIGGER command_begins_queued BEFORE INSERT ON commands FOR EACH ROW
    WHEN (NEW.status <> 'queued') EXECUTE FUNCTION command_begins_queued();

-- One order to many screens. Its commands are ordinary ones; this remembers what was asked, and of how many.
CREATE TABLE bulk_commands (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    command         text NOT NULL CHECK (command IN ('play', 'pause', 'stop', 'reload_playlist', 'reboot', 'ping')),
    args            jsonb NOT NULL DEFAULT '{}',
    scope           jsonb NOT NULL,
    -- The scope in words, as it was called then.
    scope_text      text NOT NULL,
    -- Screens in scope, and those of them that had no room for another command.
    targeted        integer NOT NULL CHECK (targeted >= 0),
    refused         integer NOT NULL DEFAULT 0 CHECK (refused BETWEEN 0 AND targeted),
    idempotency_key text,
    created_by      uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    UNIQUE (tenant_id, id)
);
CREATE INDEX bulk_commands_by_time ON bulk_commands (tenant_id, created_at DESC, id);
CREATE UNIQUE INDEX bulk_commands_once ON bulk_commands (tenant_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

ALTER TABLE commands ADD COLUMN bulk_id uuid;
ALTER TABLE commands ADD FOREIGN KEY (tenant_id, bulk_id) REFERENCES bulk_commands (tenant_id, id);
CREATE INDEX commands_by_bulk ON commands (tenant_id, bulk_id, status) WHERE bulk_id IS NOT NULL;
CREATE INDEX commands_by_time ON commands (tenant_id, seq DESC);

-- Only what asks for `finished_at IS NULL` may use this one. With the condition of `commands_open` it was taken for
-- the open commands of one device as well, whenever there had been few when PostgreSQL last counted: it read all of
-- the open ones for each device.
DROP INDEX commands_to_expire;
CREATE INDEX commands_to_expire ON commands (expires_at) WHERE finished_at IS NULL;

-- ---- sessions ----

-- The epoch of a session is drawn when its token is looked up; a hub draws one when it starts, for every device.
CREATE SEQUENCE session_epochs;
GRANT USAGE ON SEQUENCE session_epochs TO clarion_hub;

-- `playlist_version`: what the screen must have; it says with each heartbeat which one it has.
ALTER TABLE devices ADD COLUMN session_epoch bigint NOT NULL DEFAULT 0,
                    ADD COLUMN playlist_version bigint NOT NULL DEFAULT 0,
                    DROP CONSTRAINT devices_presence_reason_check,
                    ADD CONSTRAINT devices_presence_reason_check CHECK (presence_reason IN
                        ('connected', 'never_connected', 'heartbeat_lost', 'network_closed', 'said_goodbye',
                         'protocol_error', 'too_slow', 'token_revoked', 'quarantined', 'hub_fault', 'hub_restarted',
                         'taken_over', 'too_much'));

CREATE FUNCTION session_is_stale() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'device % is at session epoch %: % is stale', OLD.id, OLD.session_epoch, NEW.session_epoch
        USING ERRCODE = '23514';
END
$$;
CREATE TRIGGER session_is_stale BEFORE UPDATE OF session_epoch ON devices FOR EACH ROW
    WHEN (NEW.session_epoch < OLD.session_epoch) EXECUTE FUNCTION session_is_stale();

DROP FUNCTION devices_of_tokens(bytea[]);
-- Many at once: after an outage every screen comes back in the same second. Each gets the epoch of its next session.
CREATE FUNCTION devices_of_tokens(hashes bytea[])
    RETURNS TABLE (token_hash bytea, device_id uuid, tenant_id uuid, has_open_commands boolean, epoch bigint)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT d.token_hash, d.id, d.tenant_id,
          EXISTS (SELECT FROM commands c WHERE c.device_id = d.id AND c.status IN ('queued', 'sent', 'received')),
          nextval('session_epochs')
     FROM devices d JOIN tenants t ON t.id = d.tenant_id
    WHERE d.token_hash = ANY (hashes) AND d.status = 'approved' AND t.status = 'ACTIVE' $$;
REVOKE ALL ON FUNCTION devices_of_tokens(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION devices_of_tokens(bytea[]) TO clarion_hub;

-- ---- emergencies ----

CREATE INDEX emergency_ledger_by_device ON emergency_ledger (tenant_id, device_id);

-- ---- heartbeats by the day ----

-- What there is already becomes the first partition as it is: nothing is copied.
DROP INDEX device_heartbeats_by_time;
ALTER TABLE device_heartbeats RENAME TO device_heartbeats_before;
ALTER TABLE device_heartbeats_before RENAME CONSTRAINT device_heartbeats_pkey TO device_heartbeats_before_pkey;
ALTER TABLE device_heartbeats_before RENAME CONSTRAINT device_heartbeats_tenant_id_fkey
    TO device_heartbeats_before_tenant_id_fkey;
REVOKE ALL ON device_heartbeats_before FROM clarion_hub;

-- A sample of what screens say (at most one a minute and screen), for history; presence itself is in device_events.
CREATE TABLE device_heartbeats (
    tenant_id           uuid NOT NULL REFERENCES tenants,
    device_id           uuid NOT NULL,
    at                  timestamptz NOT NULL,
    emergency_version   bigint NOT NULL,
    playback            text CONSTRAINT device_heartbeats_playback_check CHECK (playback IN
                        ('ready', 'idle', 'playing', 'paused', 'stopped', 'error')),
    now_playing         text,
    PRIMARY KEY (device_id, at)
) PARTITION BY RANGE (at);

DO $$
DECLARE
    tomorrow timestamptz := (date_trunc('day', now() AT TIME ZONE 'UTC') + interval '1 day') AT TIME ZONE 'UTC';
BEGIN
    -- What a wrong clock dated into the future: it comes back once its days have partitions.
    CREATE TABLE heartbeats_to_come AS
        SELECT * FROM device_heartbeats_before WHERE at >= tomorrow;
    DELETE FROM device_heartbeats_before WHERE at >= tomorrow;
    EXECUTE format('ALTER TABLE device_heartbeats_before RENAME TO %I',
                   'device_heartbeats_before_' || to_char(tomorrow AT TIME ZONE 'UTC', 'YYYYMMDD'));
    EXECUTE format('ALTER TABLE device_heartbeats ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
                   'device_heartbeats_before_' || to_char(tomorrow AT TIME ZONE 'UTC', 'YYYYMMDD'), tomorrow);
END
$$;

CREATE FUNCTION heartbeat_partitions() RETURNS TABLE (name text, begins_at timestamptz, ends_at timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, public SET timezone = 'UTC' AS
$$ SELECT p.name,
          coalesce((regexp_match(p.bounds, 'FROM \(''([^'']+)''\)'))[1]::timestamptz, '-infinity'),
          (regexp_match(p.bounds, 'TO \(''([^'']+)''\)'))[1]::timestamptz
     FROM (SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
             FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
            WHERE i.inhparent = 'public.device_heartbeats'::regclass) p $$;

CREATE FUNCTION make_heartbeat_partition(day date) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog, public SET timezone = 'UTC' AS $$
BEGIN
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.device_heartbeats FOR VALUES FROM (%L) TO (%L)',
                   'device_heartbeats_' || to_char(day, 'YYYYMMDD'), day::timestamptz, (day + 1)::timestamptz);
END
$$;

-- The hub owns nothing: what it may do to partitions are these two functions.

-- A partition for each day from today on that has none yet. How many were made.
CREATE FUNCTION make_heartbeat_partitions(days_ahead integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC'
    SET lock_timeout = '2s' AS $$
DECLARE
    day     date;
    made    integer := 0;
BEGIN
    -- One hub at a time.
    PERFORM pg_advisory_xact_lock(hashtext('device_heartbeats'));
    FOR day IN SELECT current_date + n FROM generate_series(0, least(days_ahead, 60)) n LOOP
        CONTINUE WHEN EXISTS (SELECT FROM heartbeat_partitions() p WHERE day >= p.begins_at AND day < p.ends_at);
        PERFORM make_heartbeat_partition(day);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

-- Those that end at `before` or earlier go, with all that is in them. How many went.
CREATE FUNCTION drop_heartbeat_partitions(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public SET timezone = 'UTC'
    SET lock_timeout = '2s' AS $$
DECLARE
    name    text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('device_heartbeats'));
    FOR name IN SELECT p.name FROM heartbeat_partitions() p WHERE p.ends_at <= before LOOP
        EXECUTE format('DROP TABLE public.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

SELECT make_heartbeat_partitions(7);
SELECT make_heartbeat_partition(d.day::date)
  FROM (SELECT DISTINCT date_trunc('day', at AT TIME ZONE 'UTC') AS day FROM heartbeats_to_come) d
 WHERE NOT EXISTS (SELECT FROM heartbeat_partitions() p WHERE d.day AT TIME ZONE 'UTC' >= p.begins_at
                                                          AND d.day AT TIME ZONE 'UTC' < p.ends_at);
INSERT INTO device_heartbeats SELECT * FROM heartbeats_to_come;
DROP TABLE heartbeats_to_come;
REVOKE ALL ON FUNCTION heartbeat_partitions(), make_heartbeat_partition(date), make_heartbeat_partitions(integer),
    drop_heartbeat_partitions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_heartbeat_partitions(integer), drop_heartbeat_partitions(timestamptz) TO clarion_hub;

-- ---- tenant isolation of what is new ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['bulk_commands', 'device_heartbeats'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO clarion_hub USING (tenant_id = clarion_tenant()) '
                       'WITH CHECK (tenant_id = clarion_tenant())', t);
        EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO clarion_hub', t);
    END LOOP;
END
$$;
