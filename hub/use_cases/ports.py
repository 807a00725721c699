"""What the use cases need of PostgreSQL: ports, fulfilled by `persistence.database` and its repositories.

Each port is told plain values and answers with types of `protocol.api`. Everything belongs to one transaction
of one tenant; the tenant is never a parameter here, so that no use case can name the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from hub.use_cases.access_ports import AccessRecords
from hub.use_cases.audit_ports import Audit, AuditLog
from hub.use_cases.command_ports import BulkCommands, CommandQueue, Commands
from hub.use_cases.content_ports import Contents, MediaQueue, MediaVersions
from hub.use_cases.key_ports import ApiKeys, EnrolmentKeys
from hub.use_cases.link_ports import Links
from hub.use_cases.manifest_ports import ContentVersions, ManifestFacts, Manifests
from hub.use_cases.password_ports import PasswordHashes
from hub.use_cases.people_ports import Features, Roles, UserGroups, Users
from hub.use_cases.places_ports import Groups, Tags
from hub.use_cases.places_ports import Sites as SitesPort
from hub.use_cases.player_ports import ScreenSetups, Screenshots
from hub.use_cases.playlist_ports import Playables, PlaylistItems, Playlists, PlaylistVersions
from hub.use_cases.report_ports import HealthHistory, Plays
from hub.use_cases.schedule_ports import Schedule
from hub.use_cases.second_factor_ports import SecondFactors
from hub.use_cases.session_ports import Sessions
from hub.use_cases.site_limits import Sites
from hub.use_cases.tenant_ports import Tenants
from hub.use_cases.upload_ports import Blobs, Uploads
from protocol.access import TenantRow
from protocol.api import Device, Emergency, LedgerRow, ProvisionItem, Scope, TimelineItem
from protocol.frames import AlertText
from protocol.vocabulary import DeviceStatus, Presence, PresenceReason

Result = TypeVar("Result")
NamedTable = Literal["sites", "device_groups", "devices"]


class Devices(Protocol):
    """Devices as operators read and change them. `sites`: only those that are there; None: all."""

    def get(self, device_id: str, sites: Sites = None) -> Device | None: ...

    def get_locked(self, device_id: str, sites: Sites = None) -> Device | None: ...

    def names(self, device_ids: Sequence[str], sites: Collection[str] | None) -> dict[str, str]: ...

    def find(
        self,
        *,
        sites: Sites,
        status: str | None,
        site_id: str | None,
        group_id: str | None,
        tag: str | None,
        text: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> list[Device]: ...

    def change(self, device_id: str, changes: Mapping[str, Any], at: datetime) -> None: ...

    def put_into_groups(self, device_id: str, group_ids: Sequence[str]) -> None: ...

    def timeline(self, device_id: str, *, before: int | None, limit: int) -> list[TimelineItem]: ...

    def happened(self, device_ids: Sequence[str], kind: str, text: str, at: datetime) -> None: ...

    def proved(self, device_id: str, at: datetime, took_ms: int) -> None: ...


class Pairing(Protocol):
    """A device as enrolment sees it."""

    @property
    def device_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def status(self) -> DeviceStatus: ...
    @property
    def code(self) -> str | None: ...
    @property
    def state(self) -> str | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def claim_token_hash(self) -> bytes | None: ...
    @property
    def has_token(self) -> bool: ...
    @property
    def site_id(self) -> str | None: ...


class Enrolment(Protocol):
    """How a device comes in. Secrets are passed hashed."""

    def lock(self) -> None: ...

    def waiting(self, now: datetime) -> int: ...

    def code_is_taken(self, code: str) -> bool: ...

    def by_hardware(self, hardware_id: str) -> Pairing | None: ...

    def by_id(self, device_id: str) -> Pairing | None: ...

    def register(
        self,
        *,
        hardware_id: str,
        name: str | None,
        model: str | None,
        platform: str | None,
        mac_address: str | None,
        player_version: str | None,
        ip: str | None,
        code: str,
        claim_token_hash: bytes,
        expires_at: datetime,
        now: datetime,
    ) -> str: ...

    def approve(self, device_id: str, user_id: str, claim_until: datetime, now: datetime) -> None: ...

    def refuse(self, device_id: str, status: DeviceStatus, now: datetime) -> None: ...

    def revoke(self, device_id: str, now: datetime) -> None: ...

    def issue_token(self, device_id: str, token_hash: bytes, now: datetime) -> None: ...

    def provision(
        self, items: Sequence[tuple[ProvisionItem, bytes]], user_id: str, now: datetime
    ) -> tuple[dict[str, str], set[str]]: ...


class LedgerEntry(Protocol):
    """One screen of one emergency, and what explains it."""

    @property
    def row(self) -> LedgerRow: ...
    @property
    def detail(self) -> str | None: ...
    @property
    def presence(self) -> Presence: ...
    @property
    def presence_reason(self) -> PresenceReason: ...
    @property
    def presence_since(self) -> datetime | None: ...


class Emergencies(Protocol):
    """Emergencies and their ledgers as operators read them. `sites`: those to which whoever reads is limited,
    by the id `user_id`; they find what is for a screen there, or is theirs, counted over those screens."""

    def add(
        self,
        *,
        id: str,
        hide_command_id: str,
        title: str,
        message: str,
        severity: str,
        scope: Scope,
        scope_text: str,
        content_hash: str,
        issued_at: datetime,
        issued_by: str,
        issued_by_name: str,
        expires_at: datetime | None,
        language: str = "",
        texts: Sequence[AlertText] = (),
        pictogram: str | None = None,
        sound: str | None = None,
    ) -> bool: ...

    def get(self, emergency_id: str, sites: Sites = None, user_id: str | None = None) -> Emergency | None: ...

    def newest(
        self,
        *,
        sites: Sites,
        user_id: str | None,
        also: Sequence[str],
        only_open: bool,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Emergency]: ...

    def sign_off(self, emergency_id: str) -> bool: ...

    def begin_clearing(self, emergency_id: str, user_id: str, name: str, at: datetime) -> bool: ...

    def ledger(
        self,
        emergency_id: str,
        *,
        sites: Sites,
        missing: bool | None,
        state: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> Sequence[LedgerEntry]: ...


class User(Protocol):
    """A user with what sign-in needs."""

    @property
    def id(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def password_hash(self) -> str: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def tenant_name(self) -> str: ...
    @property
    def tenant_is_active(self) -> bool: ...
    @property
    def roles(self) -> tuple[str, ...]: ...


class People(Protocol):
    """Users and their roles."""

    def by_email(self, email: str) -> User | None: ...

    def signed_in(self, user_id: str, ip: str | None, at: datetime) -> None: ...

    def set_password_hash(self, user_id: str, password_hash: str, at: datetime) -> None: ...


class Names(Protocol):
    """What ids are called."""

    def of(self, table: NamedTable, ids: Sequence[str]) -> dict[str, str]: ...


class Transaction(Protocol):
    """Every repository of one tenant, in one transaction."""

    @property
    def devices(self) -> Devices: ...
    @property
    def enrolment(self) -> Enrolment: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def command_queue(self) -> CommandQueue: ...
    @property
    def bulk_commands(self) -> BulkCommands: ...
    @property
    def emergencies(self) -> Emergencies: ...
    @property
    def people(self) -> People: ...
    @property
    def users(self) -> Users: ...
    @property
    def roles(self) -> Roles: ...
    @property
    def user_groups(self) -> UserGroups: ...
    @property
    def features(self) -> Features: ...
    @property
    def sites(self) -> SitesPort: ...
    @property
    def groups(self) -> Groups: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def names(self) -> Names: ...
    @property
    def links(self) -> Links: ...
    @property
    def password_hashes(self) -> PasswordHashes: ...
    @property
    def second_factors(self) -> SecondFactors: ...
    @property
    def tenants(self) -> Tenants: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def enrolment_keys(self) -> EnrolmentKeys: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def access(self) -> AccessRecords: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def audit_log(self) -> AuditLog: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def media(self) -> MediaVersions: ...
    @property
    def media_queue(self) -> MediaQueue: ...
    @property
    def content_versions(self) -> ContentVersions: ...
    @property
    def manifest_facts(self) -> ManifestFacts: ...
    @property
    def manifests(self) -> Manifests: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def playlists(self) -> Playlists: ...
    @property
    def playlist_items(self) -> PlaylistItems: ...
    @property
    def playlist_versions(self) -> PlaylistVersions: ...
    @property
    def playables(self) -> Playables: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def screen_setups(self) -> ScreenSetups: ...
    @property
    def screenshots(self) -> Screenshots: ...
    @property
    def plays(self) -> Plays: ...
    @property
    def health(self) -> HealthHistory: ...


class Questions(Protocol):
    """What may be asked before a tenant is known."""

    def tenant_of_enrolment_key(self, key_hash: bytes) -> str | None: ...

    def what_plays_versions(self) -> dict[str, int]: ...

    def device_of_token(self, token_hash: bytes) -> tuple[str, str] | None: ...

    def tenant_of_device(self, device_id: str) -> str | None: ...

    def tenant_of_session(self, session_id: str) -> str | None: ...

    def tenant_of_refresh_token(self, token_hash: bytes) -> str | None: ...

    def tenants_of_email(self, email: str) -> list[str]: ...

    def tenant_of_link(self, token_hash: bytes) -> str | None: ...

    def access_versions(self) -> dict[str, int]: ...

    def tenants_overview(self) -> list[TenantRow]: ...

    def tenants_with_media_to_process(self) -> list[str]: ...


class Database(Protocol):
    """PostgreSQL. Both methods raise `persistence.errors.DatabaseUnavailable`, which no use case catches."""

    async def transact(
        self, tenant_id: str, work: Callable[[Transaction], Result], *, urgent: bool = False
    ) -> Result: ...

    async def ask(self, work: Callable[[Questions], Result]) -> Result: ...
