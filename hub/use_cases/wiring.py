"""The use cases, wired: what the API is given as one object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from hub.access import Access
from hub.content_cache import ContentCache
from hub.inspection import HubInspection
from hub.manifests.shelf import Shelf
from hub.media.files import MediaFiles
from hub.passwords import Passwords
from hub.signing import SigningKeys
from hub.tokens import AccessTokens
from hub.use_cases.admission import Admission
from hub.use_cases.api_keys import ApiKeys
from hub.use_cases.approval import Approval
from hub.use_cases.audit_log import AuditLog
from hub.use_cases.audit_ports import ArchiveFolder
from hub.use_cases.bulk_commands import BulkCommands
from hub.use_cases.command_lane import CommandLane
from hub.use_cases.commands import Commands
from hub.use_cases.contents import Contents
from hub.use_cases.denials import Denials
from hub.use_cases.devices import Devices
from hub.use_cases.drills import Drills
from hub.use_cases.emergencies import Emergencies
from hub.use_cases.emergency_records import EmergencyRecords
from hub.use_cases.enrolment_keys import EnrolmentKeys
from hub.use_cases.features import Features
from hub.use_cases.forgotten import Forgotten
from hub.use_cases.groups import Groups
from hub.use_cases.key_uses import KeyUses
from hub.use_cases.links import Links
from hub.use_cases.lost_access import LostAccess
from hub.use_cases.manifests import Manifests
from hub.use_cases.media import MediaVersions
from hub.use_cases.media_processing import MediaProcessing
from hub.use_cases.oneself import Oneself
from hub.use_cases.own_second_factor import OwnSecondFactor
from hub.use_cases.pairing import Pairings
from hub.use_cases.password_proof import PasswordProofs
from hub.use_cases.people import People
from hub.use_cases.playlist_comparing import PlaylistComparing
from hub.use_cases.playlist_items import DraftItems
from hub.use_cases.playlists import Playlists
from hub.use_cases.ports import Database
from hub.use_cases.publishing import Publishing
from hub.use_cases.realtime import Realtime
from hub.use_cases.reports import Reports
from hub.use_cases.roles import Roles
from hub.use_cases.schedule import Schedule
from hub.use_cases.screen_setups import ScreenSetups
from hub.use_cases.screenshots import Screenshots
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.served_files import ServedFiles
from hub.use_cases.sessions import Sessions
from hub.use_cases.sign_in import SignIn
from hub.use_cases.sites import Sites
from hub.use_cases.tenants import Tenants
from hub.use_cases.uploads import Uploads
from hub.use_cases.user_groups import UserGroups
from hub.use_cases.what_plays import WhatPlays


def utc_now() -> datetime:
    """The hub's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class UseCases:
    """One field a subject."""

    sign_in: SignIn
    sessions: Sessions
    pairings: Pairings
    admission: Admission
    devices: Devices
    commands: Commands
    bulk_commands: BulkCommands
    emergencies: Emergencies
    drills: Drills
    sites: Sites
    groups: Groups
    inspection: HubInspection
    access: Access
    signing_keys: SigningKeys
    api_keys: ApiKeys
    enrolment_keys: EnrolmentKeys
    key_uses: KeyUses
    tenants: Tenants
    oneself: Oneself
    own_second_factor: OwnSecondFactor
    lost_access: LostAccess
    forgotten: Forgotten
    people: People
    roles: Roles
    user_groups: UserGroups
    features: Features
    schedule: Schedule
    what_plays: WhatPlays
    audit_log: AuditLog
    denials: Denials
    playlists: Playlists
    draft_items: DraftItems
    publishing: Publishing
    comparing: PlaylistComparing
    contents: Contents
    media: MediaVersions
    media_processing: MediaProcessing
    approval: Approval
    files: MediaFiles
    manifests: Manifests
    uploads: Uploads
    served_files: ServedFiles
    screenshots: Screenshots
    screen_setups: ScreenSetups
    reports: Reports

    @classmethod
    def wired(
        cls,
        database: Database,
        realtime: Realtime,
        passwords: Passwords,
        tokens: AccessTokens,
        records: EmergencyRecords,
        inspection: HubInspection,
        access: Access,
        signing_keys: SigningKeys,
        archives: ArchiveFolder,
        second_factor: SecondFactor,
        links: Links,
        files: MediaFiles,
        content_cache: ContentCache,
        shelf: Shelf,
        *,
        session_idle_s: int,
        session_ttl_s: int,
        pairing_ttl_s: int,
        command_default_ttl_s: int,
        dashboard_url: str,
        now: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Every use case on this database and this live side."""
        lane = CommandLane(database, realtime)
        sessions = Sessions(database, tokens, access, now, idle_s=session_idle_s, ttl_s=session_ttl_s)
        proofs = PasswordProofs(database, passwords, now)
        processing = MediaProcessing(database, files, now)
        return cls(
            sign_in=SignIn(database, passwords, sessions, second_factor, now),
            sessions=sessions,
            pairings=Pairings(database, realtime, now, pairing_ttl_s, dashboard_url),
            admission=Admission(database, realtime, lane, now),
            devices=Devices(database, realtime, now),
            commands=Commands(database, realtime, lane, now, command_default_ttl_s),
            bulk_commands=BulkCommands(database, realtime, lane, now, command_default_ttl_s),
            emergencies=Emergencies(database, realtime, records, now),
            drills=Drills(database, realtime, now),
            sites=Sites(database, realtime, access, now),
            groups=Groups(database, realtime, now),
            inspection=inspection,
            access=access,
            signing_keys=signing_keys,
            api_keys=ApiKeys(database, access, now),
            enrolment_keys=EnrolmentKeys(database, now),
            key_uses=KeyUses(database, now),
            tenants=Tenants(database, access, links, sessions, now),
            oneself=Oneself(database, access, access, passwords, proofs, now),
            own_second_factor=OwnSecondFactor(database, second_factor, proofs, now),
            lost_access=LostAccess(database, access, passwords, links, now),
            forgotten=Forgotten(database, links, now),
            people=People(database, access, passwords, links, now),
            roles=Roles(database, access, now),
            user_groups=UserGroups(database, access, now),
            features=Features(database, access, now),
            schedule=Schedule(database, now),
            what_plays=WhatPlays(database, realtime, now),
            audit_log=AuditLog(database, archives, now),
            denials=Denials(database, now),
            playlists=Playlists(database, now),
            draft_items=DraftItems(database, content_cache, files.urls, now),
            publishing=Publishing(database, now),
            comparing=PlaylistComparing(database, now),
            contents=Contents(database, content_cache, files.urls, now),
            media=MediaVersions(database, content_cache, files.urls, now, processing.wake),
            media_processing=processing,
            approval=Approval(database, files.urls, now),
            files=files,
            manifests=Manifests(database, shelf, files.urls, now),
            uploads=Uploads(database, files, now),
            served_files=ServedFiles(database, files, access.is_suspended, now),
            reports=Reports(database, now),
            screenshots=Screenshots(database, files.scratch, now),
            screen_setups=ScreenSetups(database, realtime, now),
        )
