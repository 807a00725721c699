-- Who may do what, and proof of who did: tenants, people, sessions, keys, places, features, and an audit that is a chain.
--
-- Rule 1: a secret that people or programs show (refresh token, link, key, recovery code) is kept as its SHA-256.
-- Rule 2: whoever is limited to sites says so by a column; no row in a table of sites never means "all of them".
-- Rule 3: what changes who may do what raises the tenant's access version, in the same transaction: a hub that
--         polls the versions learns of it, whoever made the change.
-- Rule 4: nobody writes the audit log but the function that chains it; nobody takes from it but the one that
--         knows it archived.

-- ---- tenants ----

-- ROOT makes and changes tenants, each in a transaction of that tenant: the policy holds here too.
DROP POLICY tenant ON tenants;
CREATE POLICY tenant ON tenants TO clarion_hub USING (id = clarion_tenant()) WITH CHECK (id = clarion_tenant());
ALTER TABLE tenants ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
GRANT INSERT, UPDATE ON tenants TO clarion_hub;

CREATE TABLE access_versions (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    version     bigint NOT NULL DEFAULT 1
);

-- ---- roles ----

-- A built-in role has the permissions that the code gives it; one of the tenant's own is composed of them.
ALTER TABLE roles DROP CONSTRAINT roles_name_check,
                  ADD CONSTRAINT roles_name_check CHECK (length(name) BETWEEN 1 AND 60),
                  ADD COLUMN is_custom boolean NOT NULL DEFAULT false,
                  ADD COLUMN description text NOT NULL DEFAULT '',
                  ADD COLUMN permissions text[] NOT NULL DEFAULT '{}',
                  ADD CONSTRAINT roles_built_in_check CHECK (is_custom = (name NOT IN
                      ('ROOT', 'TENANT_ADMIN', 'DEVICE_ADMIN', 'CONTENT_ADMIN', 'CONTENT_CREATOR', 'VIEWER',
                       'EMERGENCY_OPERATOR')));
INSERT INTO roles (tenant_id, name)
SELECT id, 'EMERGENCY_OPERATOR' FROM tenants WHERE id <> '00000000-0000-0000-0000-000000000000';

-- ---- people ----

ALTER TABLE users ADD COLUMN all_sites boolean NOT NULL DEFAULT true,
                  ADD COLUMN password_changed_at timestamptz,
                  -- The second factor: its secret, encrypted, the moment it was proven, and the last step used.
                  ADD COLUMN totp_secret bytea,
                  ADD COLUMN totp_since timestamptz,
                  ADD COLUMN totp_last_step bigint NOT NULL DEFAULT 0;

CREATE TABLE recovery_codes (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_id     uuid NOT NULL,
    code_hash   bytea NOT NULL CHECK (length(code_hash) = 32),
    PRIMARY KEY (user_id, code_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE user_sites (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_id     uuid NOT NULL,
    site_id     uuid NOT NULL,
    PRIMARY KEY (user_id, site_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE user_groups (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, name),
    UNIQUE (tenant_id, id)
);

CREATE TABLE user_group_members (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    group_id    uuid NOT NULL,
    user_id     uuid NOT NULL,
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX user_group_members_by_user ON user_group_members (tenant_id, user_id);

-- A feature that a tenant has named is offered to everybody, or to the groups it is assigned to.
CREATE TABLE features (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    key             text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_.-]{0,59}$'),
    description     text NOT NULL DEFAULT '',
    for_everybody   boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, key),
    UNIQUE (tenant_id, id)
);

CREATE TABLE user_group_features (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    group_id    uuid NOT NULL,
    feature_id  uuid NOT NULL,
    PRIMARY KEY (group_id, feature_id),
    FOREIGN KEY (tenant_id, group_id) REFERENCES user_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, feature_id) REFERENCES features (tenant_id, id) ON DELETE CASCADE
);

-- An invitation, or a new password: opens once, and not for long.
CREATE TABLE one_time_links (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid NOT NULL REFERENCES tenants,
    user_id     uuid NOT NULL,
    purpose     text NOT NULL CHECK (purpose IN ('invitation', 'reset')),
    token_hash  bytea NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX one_time_links_by_user ON one_time_links (tenant_id, user_id);

-- ---- sessions ----

-- One sign-in of one person. `acts_in`: the other tenant in which ROOT acts, by this session and no other.
CREATE TABLE sessions (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    user_id         uuid NOT NULL,
    acts_in         uuid REFERENCES tenants,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    ip_address      inet,
    user_agent      text NOT NULL DEFAULT '',
    revoked_at      timestamptz,
    revoked_because text CHECK (revoked_because IN ('signed_out', 'revoked', 'reused', 'password_changed',
                                                    'deactivated', 'tenant_suspended')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at DESC);

-- The family of a session: one of them is good, and one that was used already gives the theft away.
CREATE TABLE refresh_tokens (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    session_id  uuid NOT NULL,
    token_hash  bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    issued_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz,
    FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (tenant_id, session_id);

-- ---- keys of integrations ----

CREATE TABLE api_keys (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- What people may see of it, so that they know which one is meant.
    prefix          text NOT NULL,
    key_hash        bytea NOT NULL UNIQUE CHECK (length(key_hash) = 32),
    permissions     text[] NOT NULL,
    all_sites       boolean NOT NULL DEFAULT true,
    created_by      uuid,
    created_by_name text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz,
    last_used_at    timestamptz,
    last_used_ip    inet,
    revoked_at      timestamptz,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX api_keys_by_name ON api_keys (tenant_id, name) WHERE revoked_at IS NULL;

CREATE TABLE api_key_sites (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    key_id      uuid NOT NULL,
    site_id     uuid NOT NULL,
    PRIMARY KEY (key_id, site_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES api_keys (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id) ON DELETE CASCADE
);

-- ---- what raises an access version ----

CREATE FUNCTION access_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    tenant uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    INSERT INTO access_versions AS v (tenant_id) VALUES (tenant)
        ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1;
    RETURN NULL;
END
$$;
CREATE FUNCTION tenant_access_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
    INSERT INTO access_versions AS v (tenant_id) VALUES (NEW.id)
        ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OF name, status, limits ON tenants
    FOR EACH ROW EXECUTE FUNCTION tenant_access_changed();
-- A new session changes nothing for anybody else: only its end counts.
CREATE TRIGGER access_changed AFTER DELETE OR UPDATE OF revoked_at ON sessions
    FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER DELETE OR UPDATE OF email, full_name, is_active, all_sites ON users
    FOR EACH ROW EXECUTE FUNCTION access_changed();
CREATE TRIGGER access_changed AFTER INSERT OR DELETE
    OR UPDATE OF name, permissions, all_sites, expires_at, revoked_at ON api_keys
    FOR EACH ROW EXECUTE FUNCTION access_changed();
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['roles', 'user_roles', 'user_sites', 'api_key_sites', 'user_group_members', 'features',
                             'user_group_features']
    LOOP
        EXECUTE format('CREATE TRIGGER access_changed AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION access_changed()', t);
    END LOOP;
END
$$;

-- ---- who did it, by name: an actor may be a key, or somebody of another tenant ----

ALTER TABLE commands ADD COLUMN created_by_name text NOT NULL DEFAULT '';
ALTER TABLE bulk_commands ADD COLUMN created_by_name text NOT NULL DEFAULT '';
ALTER TABLE emergencies ADD COLUMN issued_by_name text NOT NULL DEFAULT '',
                        ADD COLUMN cleared_by_name text;
UPDATE commands c SET created_by_name = u.email FROM users u WHERE u.tenant_id = c.tenant_id AND u.id = c.created_by;
UPDATE bulk_commands c SET created_by_name = u.email FROM users u
 WHERE u.tenant_id = c.tenant_id AND u.id = c.created_by;
UPDATE emergencies e SET issued_by_name = u.email FROM users u WHERE u.tenant_id = e.tenant_id AND u.id = e.issued_by;
UPDATE emergencies e SET cleared_by_name = u.email FROM users u
 WHERE u.tenant_id = e.tenant_id AND u.id = e.cleared_by;

-- ---- sites, groups, tags ----

ALTER TABLE sites ADD COLUMN address text NOT NULL DEFAULT '',
                  ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',
                  ADD COLUMN latitude double precision CHECK (latitude BETWEEN -90 AND 90),
                  ADD COLUMN longitude double precision CHECK (longitude BETWEEN -180 AND 180),
                  -- By the day of the week, "mon" to "sun": pairs of local times, ["08:00", "18:30"].
                  ADD COLUMN opening_hours jsonb NOT NULL DEFAULT '{}',
                  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
                  ADD CHECK ((latitude IS NULL) = (longitude IS NULL));

-- A group has the screens put into it, those its tag query finds, and those of the groups below it.
-- `tag_terms`: the query, parsed: a list of [operator, key, value], all of which must hold.
ALTER TABLE device_groups ADD COLUMN parent_id uuid,
                          ADD COLUMN tag_query text,
                          ADD COLUMN tag_terms jsonb,
                          ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
                          ADD CHECK ((tag_query IS NULL) = (tag_terms IS NULL)),
                          ADD CHECK (parent_id <> id),
                          ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES device_groups (tenant_id, id);
CREATE INDEX device_groups_by_parent ON device_groups (tenant_id, parent_id) WHERE parent_id IS NOT NULL;

CREATE FUNCTION tags_match(tags jsonb, terms jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS
$$ SELECT NOT EXISTS (
       SELECT FROM jsonb_array_elements(terms) t
        WHERE NOT CASE t ->> 0 WHEN 'is'      THEN coalesce(tags ->> (t ->> 1) = t ->> 2, false)
                               WHEN 'is_not'  THEN coalesce(tags ->> (t ->> 1) <> t ->> 2, true)
                               WHEN 'has'     THEN tags ? (t ->> 1)
                               WHEN 'has_not' THEN NOT tags ? (t ->> 1)
                               ELSE false END) $$;

-- Which devices are in which group, by whatever way: the specification. persistence/group_reach.py asks the same in a
-- way that thousands of devices can bear, and tests hold the two together. It sees what its caller may see.
CREATE VIEW device_group_reach WITH (security_invoker = true) AS
WITH RECURSIVE below AS (
    SELECT g.tenant_id, g.id AS group_id, g.id AS member_of, 1 AS depth FROM device_groups g
    UNION ALL
    SELECT b.tenant_id, b.group_id, g.id, b.depth + 1
      FROM below b JOIN device_groups g ON g.tenant_id = b.tenant_id AND g.parent_id = b.member_of
     WHERE b.depth < 20
)
SELECT b.tenant_id, b.group_id, m.device_id
  FROM below b JOIN device_group_members m ON m.tenant_id = b.tenant_id AND m.group_id = b.member_of
UNION
SELECT b.tenant_id, b.group_id, d.id
  FROM below b
       JOIN device_groups g ON g.tenant_id = b.tenant_id AND g.id = b.member_of AND g.tag_terms IS NOT NULL
       JOIN devices d ON d.tenant_id = b.tenant_id AND tags_match(d.tags, g.tag_terms);
GRANT SELECT ON device_group_reach TO clarion_hub;

-- ---- the audit log is a chain ----

ALTER TABLE audit_log ADD COLUMN seq bigint,
                      ADD COLUMN actor_kind text NOT NULL DEFAULT 'user' CHECK (actor_kind IN
                          ('user', 'key', 'system')),
                      ADD COLUMN on_behalf_of text,
                      ADD COLUMN user_agent text,
                      ADD COLUMN request_id text,
                      ADD COLUMN outcome text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'denied')),
                      ADD COLUMN previous_hash bytea,
                      ADD COLUMN hash bytea;

-- The last link of each tenant's chain; before the first one there are 32 zeros.
CREATE TABLE audit_heads (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    seq         bigint NOT NULL DEFAULT 0,
    hash        bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
);

-- What was taken out, after it had been written to a file. The chain goes on from `last_hash`.
CREATE TABLE audit_archives (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    first_seq   bigint NOT NULL,
    last_seq    bigint NOT NULL,
    last_hash   bytea NOT NULL,
    file        text NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, last_seq)
);

-- One row as the text whose hash is the link: everything but the link itself.
CREATE FUNCTION audit_entry(r audit_log) RETURNS text LANGUAGE sql STABLE AS
$$ SELECT jsonb_build_object(
       'seq', r.seq, 'tenant_id', r.tenant_id,
       'at', to_char(r.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       'actor_kind', r.actor_kind, 'user_id', r.user_id, 'user_email', r.user_email,
       'on_behalf_of', r.on_behalf_of, 'ip_address', r.ip_address::text, 'user_agent', r.user_agent,
       'request_id', r.request_id, 'action', r.action, 'target_type', r.target_type, 'target_id', r.target_id,
       'outcome', r.outcome, 'details', r.details)::text $$;

-- What is there already becomes the beginning of the chains.
ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only;
UPDATE audit_log SET actor_kind = 'system' WHERE user_id IS NULL AND user_email = 'clarion';
UPDATE audit_log SET outcome = 'denied' WHERE action = 'user.sign_in_refused';
UPDATE audit_log a SET seq = n.seq
  FROM (SELECT id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS seq FROM audit_log) n WHERE n.id = a.id;
DO $$
DECLARE
    r       audit_log;
    tenant  uuid;
    head    bytea;
BEGIN
    FOR r IN SELECT * FROM audit_log ORDER BY tenant_id, seq LOOP
        IF tenant IS DISTINCT FROM r.tenant_id THEN
            tenant := r.tenant_id;
            head := decode(repeat('00', 32), 'hex');
        END IF;
        UPDATE audit_log SET previous_hash = head, hash = sha256(head || convert_to(audit_entry(r), 'UTF8'))
         WHERE id = r.id RETURNING hash INTO head;
        INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (tenant, r.seq, head)
            ON CONFLICT (tenant_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash;
    END LOOP;
END
$$;
ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only;
ALTER TABLE audit_log ALTER COLUMN seq SET NOT NULL,
                      ALTER COLUMN previous_hash SET NOT NULL,
                      ALTER COLUMN hash SET NOT NULL,
                      ADD UNIQUE (tenant_id, seq);
DROP INDEX audit_log_by_time;

-- The only way in. `entries`: a list of objects with the columns' names; those of one call stay together.
CREATE FUNCTION audit_append(entries jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    tenant  uuid := clarion_tenant();
    head    audit_heads;
    e       jsonb;
    r       audit_log;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'an audit entry belongs to a tenant';
    END IF;
    INSERT INTO audit_heads (tenant_id) VALUES (tenant) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_heads h WHERE h.tenant_id = tenant FOR UPDATE;
    FOR e IN SELECT value FROM jsonb_array_elements(entries) LOOP
        r := jsonb_populate_record(NULL::audit_log, e);
        r.tenant_id := tenant;
        r.seq := head.seq + 1;
        r.actor_kind := coalesce(r.actor_kind, 'user');
        r.outcome := coalesce(r.outcome, 'done');
        r.details := coalesce(r.details, '{}');
        r.previous_hash := head.hash;
        r.hash := sha256(head.hash || convert_to(audit_entry(r), 'UTF8'));
        INSERT INTO audit_log (tenant_id, seq, at, actor_kind, user_id, user_email, on_behalf_of, ip_address, user_agent,
                               request_id, action, target_type, target_id, outcome, details, previous_hash, hash)
        VALUES (r.tenant_id, r.seq, r.at, r.actor_kind, r.user_id, r.user_email, r.on_behalf_of, r.ip_address,
                r.user_agent, r.request_id, r.action, r.target_type, r.target_id, r.outcome, r.details,
                r.previous_hash, r.hash);
        head.seq := r.seq;
        head.hash := r.hash;
    END LOOP;
    UPDATE audit_heads h SET seq = head.seq, hash = head.hash WHERE h.tenant_id = tenant;
END
$$;

CREATE OR REPLACE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only the function below says so; a setting alone gives nobody the privilege to delete.
    IF TG_OP = 'DELETE' AND current_setting('clarion.audit_is_archived', true) = 'yes' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'audit_log is append-only';
END
$$;

-- Entries up to `up_to`, whose hash is `up_to_hash`, are in `archive`: they go. How many went.
CREATE FUNCTION audit_drop_archived(up_to bigint, up_to_hash bytea, archive text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    tenant  uuid := clarion_tenant();
    first   bigint;
    dropped bigint;
BEGIN
    SELECT min(a.seq) INTO first FROM audit_log a WHERE a.tenant_id = tenant;
    IF NOT EXISTS (SELECT FROM audit_log a WHERE a.tenant_id = tenant AND a.seq = up_to AND a.hash = up_to_hash) THEN
        RAISE EXCEPTION 'entry % of the audit log is not the one that was archived', up_to;
    END IF;
    INSERT INTO audit_archives (tenant_id, first_seq, last_seq, last_hash, file)
    VALUES (tenant, first, up_to, up_to_hash, archive);
    PERFORM set_config('clarion.audit_is_archived', 'yes', true);
    DELETE FROM audit_log a WHERE a.tenant_id = tenant AND a.seq <= up_to;
    GET DIAGNOSTICS dropped = ROW_COUNT;
    PERFORM set_config('clarion.audit_is_archived', '', true);
    RETURN dropped;
END
$$;

-- ---- tenant isolation of what is new ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['access_versions', 'recovery_codes', 'user_sites', 'user_groups', 'user_group_members',
                             'features', 'user_group_features', 'one_time_links', 'sessions', 'refresh_tokens',
                             'api_keys', 'api_key_sites', 'audit_heads', 'audit_archives']
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
REVOKE INSERT, UPDATE, DELETE ON audit_heads, audit_archives, access_versions FROM clarion_hub;
REVOKE INSERT ON audit_log FROM clarion_hub;

-- ---- the few questions that come before a tenant is known ----

CREATE FUNCTION tenant_of_refresh_token(hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT r.tenant_id FROM refresh_tokens r WHERE r.token_hash = hash $$;

CREATE FUNCTION tenant_of_api_key(hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT k.tenant_id FROM api_keys k WHERE k.key_hash = hash $$;

CREATE FUNCTION tenant_of_link(hash bytea) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT l.tenant_id FROM one_time_links l WHERE l.token_hash = hash $$;

CREATE FUNCTION tenant_of_session(session uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT s.tenant_id FROM sessions s WHERE s.id = session $$;

-- Who signs in without naming a tenant.
CREATE FUNCTION tenants_of_email(address text) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT u.tenant_id FROM users u JOIN tenants t ON t.id = u.tenant_id
    WHERE u.email = lower(address) AND t.status = 'ACTIVE' $$;

CREATE FUNCTION all_access_versions() RETURNS TABLE (tenant_id uuid, version bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT v.tenant_id, v.version FROM access_versions v $$;

-- For ROOT's page of tenants.
CREATE FUNCTION tenants_overview() RETURNS TABLE (id uuid, name text, status text, limits jsonb, created_at timestamptz,
                                                  users bigint, devices bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS
$$ SELECT t.id, t.name, t.status, t.limits, t.created_at,
          (SELECT count(*) FROM users u WHERE u.tenant_id = t.id),
          (SELECT count(*) FROM devices d WHERE d.tenant_id = t.id AND d.status = 'approved')
     FROM tenants t $$;

REVOKE ALL ON FUNCTION access_changed(), tenant_access_changed(), audit_append(jsonb),
    audit_drop_archived(bigint, bytea, text), tenant_of_refresh_token(bytea), tenant_of_api_key(bytea),
    tenant_of_link(bytea), tenant_of_session(uuid), tenants_of_email(text), all_access_versions(), tenants_overview()
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append(jsonb), audit_drop_archived(bigint, bytea, text), tenant_of_refresh_token(bytea),
    tenant_of_api_key(bytea), tenant_of_link(bytea), tenant_of_session(uuid), tenants_of_email(text),
    all_access_versions(), tenants_overview() TO clarion_hub;

-- What runs as the owner never takes a table of the caller's for its own: temporary ones come last.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', f);
    END LOOP;
END
$$;

INSERT INTO access_versions (tenant_id) SELECT id FROM tenants;
