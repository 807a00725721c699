"""What the work in a transaction is handed: the repositories of a tenant, or the questions across tenants."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import msgspec
from psycopg.rows import dict_row

from persistence.repositories.access import Access
from persistence.repositories.api_keys import ApiKeys
from persistence.repositories.audit import Audit
from persistence.repositories.audit_log import AuditLog
from persistence.repositories.base import Connection as Connection
from persistence.repositories.blobs import Blobs
from persistence.repositories.bulk_commands import BulkCommands
from persistence.repositories.command_queue import CommandQueue
from persistence.repositories.commands import Commands
from persistence.repositories.content_versions import ContentVersions
from persistence.repositories.contents import Contents
from persistence.repositories.devices import Devices
from persistence.repositories.emergencies import Emergencies
from persistence.repositories.enrolment import Enrolment
from persistence.repositories.enrolment_keys import EnrolmentKeys
from persistence.repositories.features import Features, UserGroups
from persistence.repositories.groups import Groups
from persistence.repositories.health import HealthHistory
from persistence.repositories.links import Links
from persistence.repositories.manifest_facts import ManifestFacts
from persistence.repositories.manifests import Manifests
from persistence.repositories.media import Media
from persistence.repositories.media_queue import MediaQueue
from persistence.repositories.names import Names
from persistence.repositories.password_hashes import PasswordHashes
from persistence.repositories.people import People
from persistence.repositories.playable import Playables
from persistence.repositories.playlist_items import PlaylistItems
from persistence.repositories.playlist_versions import PlaylistVersions
from persistence.repositories.playlists import Playlists
from persistence.repositories.plays import Plays
from persistence.repositories.roles import Roles
from persistence.repositories.schedule import Schedule
from persistence.repositories.screen_setups import ScreenSetups
from persistence.repositories.screenshots import Screenshots
from persistence.repositories.second_factors import SecondFactors
from persistence.repositories.sessions import Sessions
from persistence.repositories.sites import Sites
from persistence.repositories.tags import Tags
from persistence.repositories.tenants import Tenants
from persistence.repositories.uploads import Uploads
from persistence.repositories.users import Users
from protocol.access import TenantRow


class Transaction:
    """One transaction of one tenant. `connection` is for adapters here that write SQL of their own."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    @cached_property
    def devices(self) -> Devices:
        return Devices(self.connection, self.tenant_id)

    @cached_property
    def enrolment(self) -> Enrolment:
        return Enrolment(self.connection, self.tenant_id)

    @cached_property
    def commands(self) -> Commands:
        return Commands(self.connection, self.tenant_id)

    @cached_property
    def command_queue(self) -> CommandQueue:
        return CommandQueue(self.connection, self.tenant_id)

    @cached_property
    def bulk_commands(self) -> BulkCommands:
        return BulkCommands(self.connection, self.tenant_id)

    @cached_property
    def emergencies(self) -> Emergencies:
        return Emergencies(self.connection, self.tenant_id)

    @cached_property
    def people(self) -> People:
        return People(self.connection, self.tenant_id)

    @cached_property
    def users(self) -> Users:
        return Users(self.connection, self.tenant_id)

    @cached_property
    def roles(self) -> Roles:
        return Roles(self.connection, self.tenant_id)

    @cached_property
    def user_groups(self) -> UserGroups:
        return UserGroups(self.connection, self.tenant_id)

    @cached_property
    def features(self) -> Features:
        return Features(self.connection, self.tenant_id)

    @cached_property
    def sites(self) -> Sites:
        return Sites(self.connection, self.tenant_id)

    @cached_property
    def groups(self) -> Groups:
        return Groups(self.connection, self.tenant_id)

    @cached_property
    def tags(self) -> Tags:
        return Tags(self.connection, self.tenant_id)

    @cached_property
    def names(self) -> Names:
        return Names(self.connection, self.tenant_id)

    @cached_property
    def links(self) -> Links:
        return Links(self.connection, self.tenant_id)

    @cached_property
    def password_hashes(self) -> PasswordHashes:
        return PasswordHashes(self.connection, self.tenant_id)

    @cached_property
    def second_factors(self) -> SecondFactors:
        return SecondFactors(self.connection, self.tenant_id)

    @cached_property
    def tenants(self) -> Tenants:
        return Tenants(self.connection, self.tenant_id)

    @cached_property
    def api_keys(self) -> ApiKeys:
        return ApiKeys(self.connection, self.tenant_id)

    @cached_property
    def enrolment_keys(self) -> EnrolmentKeys:
        return EnrolmentKeys(self.connection, self.tenant_id)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.connection, self.tenant_id)

    @cached_property
    def audit_log(self) -> AuditLog:
        return AuditLog(self.connection, self.tenant_id)

    @cached_property
    def access(self) -> Access:
        return Access(self.connection, self.tenant_id)

    @cached_property
    def sessions(self) -> Sessions:
        return Sessions(self.connection, self.tenant_id)

    @cached_property
    def content_versions(self) -> ContentVersions:
        return ContentVersions(self.connection, self.tenant_id)

    @cached_property
    def manifest_facts(self) -> ManifestFacts:
        return ManifestFacts(self.connection, self.tenant_id)

    @cached_property
    def manifests(self) -> Manifests:
        return Manifests(self.connection, self.tenant_id)

    @cached_property
    def contents(self) -> Contents:
        return Contents(self.connection, self.tenant_id)

    @cached_property
    def media(self) -> Media:
        return Media(self.connection, self.tenant_id)

    @cached_property
    def media_queue(self) -> MediaQueue:
        return MediaQueue(self.connection, self.tenant_id)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.connection, self.tenant_id)

    @cached_property
    def playlists(self) -> Playlists:
        return Playlists(self.connection, self.tenant_id)

    @cached_property
    def playlist_items(self) -> PlaylistItems:
        return PlaylistItems(self.connection, self.tenant_id)

    @cached_property
    def playlist_versions(self) -> PlaylistVersions:
        return PlaylistVersions(self.connection, self.tenant_id)

    @cached_property
    def playables(self) -> Playables:
        return Playables(self.connection, self.tenant_id)

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.connection, self.tenant_id)

    @cached_property
    def blobs(self) -> Blobs:
        return Blobs(self.connection, self.tenant_id)

    @cached_property
    def plays(self) -> Plays:
        return Plays(self.connection, self.tenant_id)

    @cached_property
    def health(self) -> HealthHistory:
        return HealthHistory(self.connection, self.tenant_id)

    @cached_property
    def screen_setups(self) -> ScreenSetups:
        return ScreenSetups(self.connection, self.tenant_id)

    @cached_property
    def screenshots(self) -> Screenshots:
        return Screenshots(self.connection, self.tenant_id)


class Tenant(NamedTuple):
    """One tenant, as the functions across tenants show it."""

    id: str
    name: str
    is_active: bool


class Questions:
    """What may be asked before a tenant is known. Each is a SECURITY DEFINER function of the schema."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def tenants(self) -> list[Tenant]:
        """Every tenant, by name."""
        rows = self.connection.execute("SELECT id, name, status = 'ACTIVE' FROM all_tenants() ORDER BY name")
        return [Tenant(*row) for row in rows]

    def tenants_overview(self) -> list[TenantRow]:
        """Every tenant with the number of its people and approved devices, by name."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute("SELECT * FROM tenants_overview() ORDER BY name").fetchall()
        return msgspec.convert(rows, list[TenantRow])

    def tenant_of_enrolment_key(self, key_hash: bytes) -> str | None:
        """The active tenant that this enrolment key is good for."""
        row = self.connection.execute("SELECT tenant_of_enrolment_key(%s)", (key_hash,)).fetchone()
        return row[0] if row else None

    def tenant_of_session(self, session_id: str) -> str | None:
        """The tenant of the person whose session this is, ended or not."""
        row = self.connection.execute("SELECT tenant_of_session(%s)", (session_id,)).fetchone()
        return row[0] if row else None

    def tenant_of_refresh_token(self, token_hash: bytes) -> str | None:
        """The tenant in whose sessions this token is, spent or not."""
        row = self.connection.execute("SELECT tenant_of_refresh_token(%s)", (token_hash,)).fetchone()
        return row[0] if row else None

    def tenants_of_email(self, email: str) -> list[str]:
        """The active tenants that have a user of this address."""
        return [row[0] for row in self.connection.execute("SELECT tenants_of_email(%s)", (email,))]

    def tenant_of_link(self, token_hash: bytes) -> str | None:
        """The tenant of the person whom this one-time link is for, used or not."""
        row = self.connection.execute("SELECT tenant_of_link(%s)", (token_hash,)).fetchone()
        return row[0] if row else None

    def access_versions(self) -> dict[str, int]:
        """By tenant: a number that rises with every change of who may do what."""
        rows = self.connection.execute("SELECT tenant_id, version FROM all_access_versions()")
        return dict(rows.fetchall())

    def what_plays_versions(self) -> dict[str, int]:
        """By tenant: a number that rises with whatever may change what its screens play."""
        rows = self.connection.execute("SELECT tenant_id, version FROM all_content_versions()")
        return dict(rows.fetchall())

    def device_of_token(self, token_hash: bytes) -> tuple[str, str] | None:
        """Tenant and id of the approved device with this token, if its tenant is active."""
        row = self.connection.execute("SELECT * FROM device_of_token(%s)", (token_hash,)).fetchone()
        return (row[0], row[1]) if row else None

    def tenants_with_media_to_process(self) -> list[str]:
        """Those that have files which nobody looks at."""
        return [row[0] for row in self.connection.execute("SELECT tenants_with_media_to_process()")]

    def tenant_of_device(self, device_id: str) -> str | None:
        """The active tenant of this device."""
        row = self.connection.execute("SELECT tenant_of_device(%s)", (device_id,)).fetchone()
        return row[0] if row else None
