-- The foundation: tenants, people, places, devices, commands, emergencies, audit.
--
-- Rule 1: every table that belongs to a tenant carries tenant_id and has row-level security, forced.
-- Rule 2: the hub works as clarion_hub, which owns nothing and cannot bypass a policy.
-- Rule 3: the tenant of a transaction is the setting clarion.tenant_id, local to that transaction.
-- Rule 4: what must look across tenants (who is this token?) is a SECURITY DEFINER function, named and narrow.

DO $$
BEGIN
    -- Roles belong to the whole server. An owner who may make none finds it made by whoever may; another database of
    -- the server may be making the same one right now.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'clarion_hub') THEN
        BEGIN
            CREATE ROLE clarion_hub NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END IF;
    -- An owner that can be the hub's role may run the hub with the same address; one that cannot, need not.
    IF NOT pg_has_role(current_user, 'clarion_hub', 'MEMBER') THEN
        BEGIN
            EXECUTE format('GRANT clarion_hub TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END;
    END IF;
END
$$;

CREATE FUNCTION clarion_tenant() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('clarion.tenant_id', true), '')::uuid $$;

CREATE TABLE tenants (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    status      text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'SUSPENDED')),
    limits      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE roles (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL CHECK (name IN
                ('ROOT', 'TENANT_ADMIN', 'DEVICE_ADMIN', 'CONTENT_ADMIN', 'CONTENT_CREATOR', 'VIEWER')),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, id)
);

CREATE TABLE users (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    email           text NOT NULL CHECK (email = lower(email)),
    full_name       text NOT NULL DEFAULT '',
    password_hash   text NOT NULL,
    is_active       boolean NOT NULL DEFAULT true,
    last_login_at   timestamptz,
    last_login_ip   inet,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, email),
    UNIQUE (tenant_id, id)
);

CREATE TABLE user_roles (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_id     uuid NOT NULL,
    role_id     uuid NOT NULL,
    PRIMARY KEY (user_id, role_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE sites (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, id)
);

CREATE TABLE device_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, id)
);

-- What a screen shows to be let in: one secret a tenant, stored hashed.
CREATE TABLE enrolment_keys (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    key_hash    bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);

CREATE TABLE devices (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id           uuid NOT NULL REFERENCES tenants,
    hardware_id         text NOT NULL,
    name                text NOT NULL,
    model               text NOT NULL DEFAULT '',
    platform            text NOT NULL DEFAULT '',
    player_version      text NOT NULL DEFAULT '',
    mac_address         macaddr,
    ip_address          inet,
    location            text NOT NULL DEFAULT '',
    settings            jsonb NOT NULL DEFAULT '{}',
    tags                jsonb NOT NULL DEFAULT '{}',
    site_id             uuid,
    status              text NOT NULL DEFAULT 'pending'
                        CHECK (status IN ('pending', 'approved', 'rejected', 'revoked')),
    -- The open pairing, if there is one. A device that is already approved may pair again (a new player on the same
    -- hardware): its old token stays good until an operator approves the new one.
    pairing_code        text,
    pairing_state       text CHECK (pairing_state IN ('waiting', 'granted', 'refused')),
    pairing_expires_at  timestamptz,
    claim_token_hash    bytea,
    -- The device token: 256 random bits, kept as its SHA-256.
    token_hash          bytea UNIQUE,
    token_issued_at     timestamptz,
    -- The last the hub wrote of what it saw.
    presence            text NOT NULL DEFAULT 'offline' CHECK (presence IN ('online', 'offline')),
    presence_reason     text NOT NULL DEFAULT 'never_connected' CHECK (presence_reason IN
                        ('connected', 'never_connected', 'heartbeat_lost', 'network_closed', 'said_goodbye',
                         'protocol_error', 'too_slow', 'token_revoked', 'quarantined', 'hub_fault', 'hub_restarted')),
    presence_since      timestamptz,
    last_seen_at        timestamptz,
    playback            text CHECK (playback IN ('ready', 'idle', 'playing', 'paused', 'stopped', 'error')),
    now_playing         text,
    created_at          timestamptz NOT NULL DEFAULT now(),
    updated_at          timestamptz NOT NULL DEFAULT now(),
    approved_at         timestamptz,
    approved_by         uuid,
    UNIQUE (tenant_id, hardware_id),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id)
);
CREATE INDEX devices_by_name ON devices (tenant_id, name, id);
CREATE INDEX devices_by_site ON devices (tenant_id, site_id);
CREATE UNIQUE INDEX devices_by_pairing_code ON devices (tenant_id, pairing_code) WHERE pairing_code IS NOT NULL;

CREATE TABLE device_group_members (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    group_id    uuid NOT NULL,
    device_id   uuid NOT NULL,
    PRIMARY KEY (group_id, device_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX device_group_members_by_device ON device_group_members (tenant_id, device_id);

-- A sample of what screens say (at most one a minute and screen), for history; presence itself is in device_events.
CREATE TABLE device_heartbeats (
    tenant_id           uuid NOT NULL REFERENCES tenants,
    device_id           uuid NOT NULL,
    at                  timestamptz NOT NULL,
    emergency_version   bigint NOT NULL,
    playback            text CHECK (playback IN ('ready', 'idle', 'playing', 'paused', 'stopped', 'error')),
    now_playing         text,
    PRIMARY KEY (device_id, at)
);
CREATE INDEX device_heartbeats_by_time ON device_heartbeats (tenant_id, at);

-- What happened to a screen, in sentences.
CREATE TABLE device_events (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    device_id   uuid NOT NULL,
    at          timestamptz NOT NULL,
    kind        text NOT NULL,
    text        text NOT NULL
);
CREATE INDEX device_events_by_device ON device_events (tenant_id, device_id, id DESC);
CREATE INDEX device_events_by_time ON device_events (tenant_id, at);

CREATE TABLE commands (
    id                  uuid PRIMARY KEY,
    seq                 bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id           uuid NOT NULL REFERENCES tenants,
    device_id           uuid NOT NULL,
    -- Emergencies have a ledger of their own and are never queued one by one.
    command             text NOT NULL CHECK (command IN
                        ('play', 'pause', 'stop', 'reload_playlist', 'reboot', 'ping')),
    args                jsonb NOT NULL DEFAULT '{}',
    status              text NOT NULL DEFAULT 'queued' CHECK (status IN
                        ('queued', 'sent', 'received', 'succeeded', 'failed', 'rejected', 'expired')),
    detail              text,
    idempotency_key     text,
    created_by          uuid,
    created_at          timestamptz NOT NULL DEFAULT now(),
    expires_at          timestamptz NOT NULL,
    sent_at             timestamptz,
    received_at         timestamptz,
    finished_at         timestamptz,
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX commands_by_device ON commands (tenant_id, device_id, seq DESC);
CREATE INDEX commands_open ON commands (device_id, seq) WHERE status IN ('queued', 'sent', 'received');
CREATE INDEX commands_to_expire ON commands (expires_at) WHERE status IN ('queued', 'sent', 'received');
CREATE INDEX commands_ended ON commands (tenant_id, finished_at) WHERE finished_at IS NOT NULL;
CREATE UNIQUE INDEX commands_once ON commands (tenant_id, device_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE emergencies (
    id              uuid PRIMARY KEY,
    -- Receipts name a command; the all-clear of an emergency needs one of its own.
    hide_command_id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    title           text NOT NULL,
    message         text NOT NULL,
    severity        text NOT NULL CHECK (severity IN ('extreme', 'severe', 'moderate', 'minor')),
    scope           jsonb NOT NULL,
    -- The scope in words, as it was called then.
    scope_text      text NOT NULL,
    content_hash    text NOT NULL,
    status          text NOT NULL DEFAULT 'live' CHECK (status IN ('live', 'clearing', 'cleared')),
    issued_at       timestamptz NOT NULL,
    issued_by       uuid,
    expires_at      timestamptz,
    cleared_at      timestamptz,
    cleared_by      uuid,
    UNIQUE (tenant_id, id)
);
CREATE INDEX emergencies_by_time ON emergencies (tenant_id, issued_at DESC, id);
CREATE INDEX emergencies_open ON emergencies (id) WHERE status IN ('live', 'clearing');

CREATE TABLE emergency_ledger (
    tenant_id       uuid NOT NULL REFERENCES tenants,
    emergency_id    uuid NOT NULL,
    device_id       uuid NOT NULL,
    state           text NOT NULL DEFAULT 'targeted' CHECK (state IN
                    ('targeted', 'sent', 'received', 'rendered', 'hide_sent', 'hidden')),
    missing         text CHECK (missing IN ('offline', 'stalled', 'refused', 'wrong_content', 'silent')),
    detail          text,
    targeted_at     timestamptz NOT NULL,
    sent_at         timestamptz,
    received_at     timestamptz,
    rendered_at     timestamptz,
    hidden_at       timestamptz,
    content_hash    text,
    PRIMARY KEY (emergency_id, device_id),
    FOREIGN KEY (tenant_id, emergency_id) REFERENCES emergencies (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE audit_log (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id   uuid NOT NULL REFERENCES tenants,
    at          timestamptz NOT NULL DEFAULT now(),
    user_id     uuid,
    user_email  text NOT NULL,
    ip_address  inet,
    action      text NOT NULL,
    target_type text NOT NULL,
    target_id   text,
    details     jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_by_time ON audit_log (tenant_id, id DESC);

CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only';
END
$$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();

-- Row-level security on every table with a tenant, and on tenants itself.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['roles', 'users', 'user_roles', 'sites', 'device_groups', 'enrolment_keys', 'devices',
                             'device_group_members', 'device_heartbeats', 'device_events', 'commands', 'emergencies',
                             'emergency_ledger', 'audit_log']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY tenant ON %I TO clarion_hub USING (tenant_id = clarion_tenant()) '
                       'WITH CHECK (tenant_id = clarion_tenant())', t);
        -- The owner (migrations, the functions below) sees all; superusers would anyway, managed owners would not.
        EXECUTE format('CREATE POLICY owner ON %I TO %I USING (true) WITH CHECK (true)', t, current_user);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO clarion_hub', t);
    END LOOP;
END
$$;
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants TO clarion_hub USING (id = clarion_tenant());
DO $$
BEGIN
    EXECUTE format('CREATE POLICY owner ON tenants TO %I USING (true) WITH CHECK (true)', current_user);
END
$$;
GRANT SELECT ON tenants TO clarion_hub;
REVOKE UPDATE, DELETE ON audit_log FROM clarion_hub;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO clarion_hub;

-- Rule 4: the few questions that come before a tenant is known. Each answers with as little as it can.

CREATE FUNCTION all_tenants() RETURNS TABLE (id uuid, name text, status text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT id, name, status FROM tenants $$;

CREATE FUNCTION tenant_of_enrolment_key(hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT k.tenant_id FROM enrolment_keys k JOIN tenants t ON t.id = k.tenant_id
    WHERE k.key_hash = hash AND k.revoked_at IS NULL AND t.status = 'ACTIVE' $$;

CREATE FUNCTION tenant_of_device(device uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT d.tenant_id FROM devices d JOIN tenants t ON t.id = d.tenant_id WHERE d.id = device AND t.status = 'ACTIVE' $$;

-- Many at once: after an outage every screen comes back in the same second.
CREATE FUNCTION devices_of_tokens(hashes bytea[])
    RETURNS TABLE (token_hash bytea, device_id uuid, tenant_id uuid, has_open_commands boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT d.token_hash, d.id, d.tenant_id,
          EXISTS (SELECT FROM commands c WHERE c.device_id = d.id AND c.status IN ('queued', 'sent', 'received'))
     FROM devices d JOIN tenants t ON t.id = d.tenant_id
    WHERE d.token_hash = ANY (hashes) AND d.status = 'approved' AND t.status = 'ACTIVE' $$;

REVOKE ALL ON FUNCTION all_tenants(), tenant_of_enrolment_key(bytea), tenant_of_device(uuid), devices_of_tokens(bytea[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION all_tenants(), tenant_of_enrolment_key(bytea), tenant_of_device(uuid),
    devices_of_tokens(bytea[]) TO clarion_hub;
