-- What the screens play: media with versions and approval, playlists with numbered versions, schedules, manifests.
--
-- Rule 1: what was published does not change: a version of a playlist is written once and never again.
-- Rule 2: a file is known by its SHA-256, within its tenant; two versions of the same bytes are one file.
-- Rule 3: whatever changes what is told of contents, playlists and schedules raises the tenant's content version, in
--         the same transaction, so that what is kept under a version is never stale; and whatever may change what some
--         screen plays raises `plays` as well: a hub that polls those learns of it, whoever changed it.
-- Rule 4: a screen's manifest has a number that only grows (devices.playlist_version); what each number meant is kept.

CREATE TABLE content_versions (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    version     bigint NOT NULL DEFAULT 1,
    plays       bigint NOT NULL DEFAULT 1
);

CREATE TABLE content_rules (
    tenant_id   uuid PRIMARY KEY REFERENCES tenants,
    -- Whether whoever made a version may approve it as well.
    approve_own boolean NOT NULL DEFAULT false
);

-- ---- files ----

-- A file on its way in. Its bytes are in the hub's folder of uploads until a media version takes them.
CREATE TABLE uploads (
    id              uuid PRIMARY KEY,
    tenant_id       uuid NOT NULL REFERENCES tenants,
    file_name       text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    size_bytes      bigint NOT NULL CHECK (size_bytes > 0),
    created_by      uuid,
    created_by_name text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    expires_at      timestamptz NOT NULL,
    completed_at    timestamptz,
    UNIQUE (tenant_id, id)
);
CREATE INDEX uploads_by_expiry ON uploads (tenant_id, expires_at);

-- A file in the store, written whole and never changed. `is_package`: an HTML package, of which every file is served.
CREATE TABLE blobs (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    sha256      bytea NOT NULL CHECK (length(sha256) = 32),
    md5         bytea NOT NULL CHECK (length(md5) = 16),
    size_bytes  bigint NOT NULL CHECK (size_bytes >= 0),
    mime_type   text NOT NULL,
    is_package  boolean NOT NULL DEFAULT false,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, sha256)
);

-- ---- contents and their media ----

CREATE TABLE contents (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description     text NOT NULL DEFAULT '',
    category        text NOT NULL DEFAULT '',
    tags            text[] NOT NULL DEFAULT '{}',
    valid_from      timestamptz,
    valid_until     timestamptz,
    revision        bigint NOT NULL DEFAULT 1,
    created_by      uuid,
    created_by_name text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    CHECK (valid_from < valid_until)
);
CREATE UNIQUE INDEX contents_by_name ON contents (tenant_id, lower(name));
CREATE INDEX contents_by_time ON contents (tenant_id, created_at DESC, id DESC);
-- What waits in a list of its own is read through by every question: 17 ms instead of 0.1 after many changes at once.
CREATE INDEX contents_by_tag ON contents USING gin (tags) WITH (fastupdate = off);
CREATE INDEX contents_by_category ON contents (tenant_id, category) WHERE category <> '';

-- One version of what a content is.
CREATE TABLE media (
    id                  uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id           uuid NOT NULL REFERENCES tenants,
    content_id          uuid NOT NULL,
    number              integer NOT NULL CHECK (number > 0),
    kind                text CHECK (kind IN ('image', 'video', 'html', 'web', 'stream')),
    -- Of a file: the upload it comes from until it is in the store, then its hash. Of a page or a stream: where it is.
    upload_id           uuid,
    file_name           text,
    sha256              bytea,
    url                 text,
    mime_type           text,
    size_bytes          bigint,
    width               integer,
    height              integer,
    duration_s          double precision CHECK (duration_s > 0),
    codec               text,
    thumbnail_sha256    bytea,
    note                text NOT NULL DEFAULT '',
    -- What the hub is at with the file. `working_until`: another one may take it up after that.
    processing          text NOT NULL DEFAULT 'waiting' CHECK (processing IN ('waiting', 'working', 'ready', 'failed')),
    processing_detail   text,
    attempts            integer NOT NULL DEFAULT 0,
    working_until       timestamptz,
    status              text NOT NULL DEFAULT 'draft' CHECK (status IN
                        ('draft', 'submitted', 'approved', 'rejected', 'retired')),
    reason              text,
    created_by          uuid,
    created_by_name     text NOT NULL DEFAULT '',
    created_at          timestamptz NOT NULL DEFAULT now(),
    submitted_by_name   text,
    submitted_at        timestamptz,
    decided_by_name     text,
    decided_at          timestamptz,
    retired_by_name     text,
    retired_at          timestamptz,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, content_id, number),
    FOREIGN KEY (tenant_id, content_id) REFERENCES contents (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, sha256) REFERENCES blobs (tenant_id, sha256),
    FOREIGN KEY (tenant_id, thumbnail_sha256) REFERENCES blobs (tenant_id, sha256),
    FOREIGN KEY (tenant_id, upload_id) REFERENCES uploads (tenant_id, id),
    CHECK (status IN ('draft', 'rejected') OR processing = 'ready')
);
CREATE INDEX media_by_file ON media (tenant_id, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX media_by_thumbnail ON media (tenant_id, thumbnail_sha256) WHERE thumbnail_sha256 IS NOT NULL;
CREATE INDEX media_by_upload ON media (tenant_id, upload_id) WHERE upload_id IS NOT NULL;
CREATE INDEX media_to_process ON media (tenant_id, created_at) WHERE processing IN ('waiting', 'working');
CREATE INDEX media_to_decide ON media (tenant_id, submitted_at) WHERE status = 'submitted';

-- ---- playlists ----

-- `active_number`: the version that screens play. `canary_number`: the one that those named by `canary` play first:
-- {"fraction": 0.1} or {"group_id": "…"}. `revision` counts the changes of the draft: its ETag.
CREATE TABLE playlists (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    description     text NOT NULL DEFAULT '',
    is_default      boolean NOT NULL DEFAULT false,
    shuffle         boolean NOT NULL DEFAULT false,
    revision        bigint NOT NULL DEFAULT 1,
    active_number   integer,
    canary_number   integer,
    canary          jsonb,
    created_by      uuid,
    created_by_name text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    CHECK ((canary_number IS NULL) = (canary IS NULL))
);
CREATE UNIQUE INDEX playlists_by_name ON playlists (tenant_id, lower(name));
CREATE UNIQUE INDEX playlists_default ON playlists (tenant_id) WHERE is_default;

-- The draft: what the editor shows. An item is an approved version, another playlist, or whatever has a tag.
CREATE TABLE playlist_items (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    playlist_id     uuid NOT NULL,
    position        integer NOT NULL CHECK (position >= 0),
    media_id        uuid,
    nested_id       uuid,
    content_tag     text,
    -- NULL: as long as the media itself is, or ten seconds.
    duration_s      double precision CHECK (duration_s > 0),
    transition      text NOT NULL DEFAULT 'cut' CHECK (transition IN ('cut', 'fade', 'slide')),
    enabled         boolean NOT NULL DEFAULT true,
    valid_from      timestamptz,
    valid_until     timestamptz,
    UNIQUE (tenant_id, id),
    UNIQUE (playlist_id, position) DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (tenant_id, playlist_id) REFERENCES playlists (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, media_id) REFERENCES media (tenant_id, id),
    FOREIGN KEY (tenant_id, nested_id) REFERENCES playlists (tenant_id, id),
    CHECK (num_nonnulls(media_id, nested_id, content_tag) = 1),
    CHECK (nested_id <> playlist_id),
    CHECK (valid_from < valid_until)
);
CREATE INDEX playlist_items_by_media ON playlist_items (tenant_id, media_id) WHERE media_id IS NOT NULL;
CREATE INDEX playlist_items_by_nested ON playlist_items (tenant_id, nested_id) WHERE nested_id IS NOT NULL;

-- What was published. `draft`: the items as they were edited; `items`: what screens play, nothing nested any more.
CREATE TABLE playlist_versions (
    tenant_id       uuid NOT NULL REFERENCES tenants,
    playlist_id     uuid NOT NULL,
    number          integer NOT NULL CHECK (number > 0),
    shuffle         boolean NOT NULL,
    -- Whether some of its items stand for others (another playlist, a tag): the hub publishes it anew when those change.
    follows         boolean NOT NULL DEFAULT false,
    draft           jsonb NOT NULL,
    items           jsonb NOT NULL,
    item_count      integer NOT NULL,
    total_s         double precision NOT NULL,
    note            text NOT NULL DEFAULT '',
    -- The version whose draft this one has again.
    rolled_back_to  integer,
    published_by    uuid,
    published_by_name text NOT NULL,
    published_at    timestamptz NOT NULL,
    PRIMARY KEY (playlist_id, number),
    FOREIGN KEY (tenant_id, playlist_id) REFERENCES playlists (tenant_id, id) ON DELETE CASCADE
);
ALTER TABLE playlists
    ADD FOREIGN KEY (id, active_number) REFERENCES playlist_versions (playlist_id, number),
    ADD FOREIGN KEY (id, canary_number) REFERENCES playlist_versions (playlist_id, number);

CREATE TABLE playlist_version_media (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    playlist_id uuid NOT NULL,
    number      integer NOT NULL,
    media_id    uuid NOT NULL,
    PRIMARY KEY (playlist_id, number, media_id),
    FOREIGN KEY (playlist_id, number) REFERENCES playlist_versions (playlist_id, number) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, media_id) REFERENCES media (tenant_id, id)
);
CREATE INDEX playlist_version_media_by_media ON playlist_version_media (tenant_id, media_id);

-- ---- schedules ----

-- A playlist on some screens, at some times. Without times: always; that is what assigning a playlist means.
CREATE TABLE schedule_entries (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id       uuid NOT NULL REFERENCES tenants,
    playlist_id     uuid NOT NULL,
    name            text NOT NULL DEFAULT '',
    -- Whom: one of these, or nobody of them for every screen.
    device_id       uuid,
    group_id        uuid,
    site_id         uuid,
    tag_query       text,
    tag_terms       jsonb,
    is_takeover     boolean NOT NULL DEFAULT false,
    priority        integer NOT NULL DEFAULT 0 CHECK (priority BETWEEN 0 AND 100),
    enabled         boolean NOT NULL DEFAULT true,
    -- When: instants that bound it; days by a rule (RFC 5545) from a first day on, without some; local times of a day.
    valid_from      timestamptz,
    valid_until     timestamptz,
    first_day       date,
    recurrence      text,
    except_days     date[] NOT NULL DEFAULT '{}',
    dayparts        jsonb NOT NULL DEFAULT '[]',
    -- NULL: the time of the place where the screen is.
    time_zone       text,
    revision        bigint NOT NULL DEFAULT 1,
    created_by      uuid,
    created_by_name text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, playlist_id) REFERENCES playlists (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, group_id) REFERENCES device_groups (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, site_id) REFERENCES sites (tenant_id, id) ON DELETE CASCADE,
    CHECK (num_nonnulls(device_id, group_id, site_id, tag_query) <= 1),
    CHECK ((tag_query IS NULL) = (tag_terms IS NULL)),
    CHECK (valid_from < valid_until),
    CHECK (recurrence IS NULL OR first_day IS NOT NULL)
);
CREATE INDEX schedule_entries_by_time ON schedule_entries (tenant_id, created_at DESC, id DESC);
CREATE INDEX schedule_entries_by_playlist ON schedule_entries (tenant_id, playlist_id);
CREATE INDEX schedule_entries_by_device ON schedule_entries (tenant_id, device_id) WHERE device_id IS NOT NULL;
CREATE INDEX schedule_entries_by_group ON schedule_entries (tenant_id, group_id) WHERE group_id IS NOT NULL;
CREATE INDEX schedule_entries_by_site ON schedule_entries (tenant_id, site_id) WHERE site_id IS NOT NULL;

-- ---- manifests ----

-- What a screen is to do for the days to come, whoever the screen is: those with the same one share the row.
CREATE TABLE manifests (
    tenant_id   uuid NOT NULL REFERENCES tenants,
    digest      text NOT NULL,
    body        text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, digest)
);

-- What each number of a screen meant. The newest is devices.playlist_version.
-- Its tenant is that of its device and of its manifest, which are checked: nothing is added by a third check.
CREATE TABLE device_manifests (
    tenant_id   uuid NOT NULL,
    device_id   uuid NOT NULL,
    version     bigint NOT NULL,
    digest      text NOT NULL,
    since       timestamptz NOT NULL,
    PRIMARY KEY (device_id, version),
    FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, digest) REFERENCES manifests (tenant_id, digest)
);
CREATE INDEX device_manifests_by_digest ON device_manifests (tenant_id, digest);

ALTER TABLE devices ADD COLUMN manifest_digest text,
                    -- The number that the screen said it plays, and since when.
                    ADD COLUMN reported_playlist_version bigint NOT NULL DEFAULT 0,
                    ADD COLUMN reported_playlist_since timestamptz;

-- ---- what raises a content version ----

-- With the argument "plays", what screens play may have changed too.
CREATE FUNCTION content_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tenant uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.tenant_id ELSE NEW.tenant_id END;
BEGIN
    INSERT INTO content_versions AS v (tenant_id) VALUES (tenant)
        ON CONFLICT (tenant_id) DO UPDATE SET version = v.version + 1, plays = v.plays + (TG_NARGS > 0)::int;
    RETURN NULL;
END
$$;
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['contents', 'media', 'playlists', 'playlist_items', 'content_rules'] LOOP
        EXECUTE format('CREATE TRIGGER content_changed AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION content_changed()', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['schedule_entries', 'device_groups', 'device_group_members'] LOOP
        EXECUTE format('CREATE TRIGGER content_changed AFTER INSERT OR UPDATE OR DELETE ON %I '
                       'FOR EACH ROW EXECUTE FUNCTION content_changed(''plays'')', t);
    END LOOP;
END
$$;
CREATE TRIGGER what_plays_changed AFTER UPDATE ON contents FOR EACH ROW
    WHEN ((OLD.name, OLD.tags, OLD.valid_from, OLD.valid_until)
          IS DISTINCT FROM (NEW.name, NEW.tags, NEW.valid_from, NEW.valid_until))
    EXECUTE FUNCTION content_changed('plays');
CREATE TRIGGER what_plays_changed AFTER UPDATE OF status ON media FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND 'approved' IN (OLD.status, NEW.status))
    EXECUTE FUNCTION content_changed('plays');
CREATE TRIGGER what_plays_changed AFTER UPDATE ON playlists FOR EACH ROW
    WHEN ((OLD.name, OLD.is_default, OLD.active_number, OLD.canary_number, OLD.canary)
          IS DISTINCT FROM (NEW.name, NEW.is_default, NEW.active_number, NEW.canary_number, NEW.canary))
    EXECUTE FUNCTION content_changed('plays');
CREATE TRIGGER what_plays_changed AFTER UPDATE OF time_zone ON sites
    FOR EACH ROW WHEN (OLD.time_zone <> NEW.time_zone) EXECUTE FUNCTION content_changed('plays');
CREATE TRIGGER what_plays_changed AFTER UPDATE OF site_id, tags, status ON devices
    FOR EACH ROW WHEN ((OLD.site_id, OLD.tags, OLD.status) IS DISTINCT FROM (NEW.site_id, NEW.tags, NEW.status))
    EXECUTE FUNCTION content_changed('plays');
CREATE TRIGGER what_plays_began AFTER INSERT ON devices
    FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION content_changed('plays');

-- ---- tenant isolation of what is new ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['content_versions', 'content_rules', 'uploads', 'blobs', 'contents', 'media', 'playlists',
                             'playlist_items', 'playlist_versions', 'playlist_version_media', 'schedule_entries',
                             'manifests', 'device_manifests']
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
-- Rule 1, and nobody raises a version but the trigger.
REVOKE UPDATE, DELETE ON playlist_versions, playlist_version_media FROM clarion_hub;
REVOKE INSERT, UPDATE, DELETE ON content_versions FROM clarion_hub;

-- ---- the few questions that come before a tenant is known ----

-- `version`: rises with what may change what screens play, and with nothing else.
CREATE FUNCTION all_content_versions() RETURNS TABLE (tenant_id uuid, version bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT v.tenant_id, v.plays FROM content_versions v JOIN tenants t ON t.id = v.tenant_id
    WHERE t.status = 'ACTIVE' $$;

-- What waits for the hub, by tenant: files to look at, and uploads that nobody went on with.
CREATE FUNCTION tenants_with_media_to_process() RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT DISTINCT m.tenant_id FROM media m
    WHERE m.processing = 'waiting' OR (m.processing = 'working' AND m.working_until < now()) $$;

-- Who fetches a manifest over HTTP. No epoch is drawn, unlike for a session.
CREATE FUNCTION device_of_token(hash bytea) RETURNS TABLE (tenant_id uuid, device_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS
$$ SELECT d.tenant_id, d.id FROM devices d JOIN tenants t ON t.id = d.tenant_id
    WHERE d.token_hash = hash AND d.status = 'approved' AND t.status = 'ACTIVE' $$;

REVOKE ALL ON FUNCTION content_changed(), all_content_versions(), tenants_with_media_to_process(), device_of_token(bytea)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION all_content_versions(), tenants_with_media_to_process(), device_of_token(bytea)
    TO clarion_hub;

INSERT INTO content_versions (tenant_id) SELECT id FROM tenants;
