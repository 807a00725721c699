"""The composition root: the only page that knows ports and adapters both. It builds the hub; `hub.running`
starts it and takes it down.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import trio

from actors.device.fleet import Fleet
from actors.runtime import Instant, Service, Services
from hub.access import LOOK_EVERY_S, Access
from hub.api.health import Readiness
from hub.api.limits import PerMinute, RequestLimits
from hub.audit_files import AuditArchives
from hub.client_address import ClientAddresses
from hub.content_cache import ContentCache
from hub.emergency_log import EmergencyLog
from hub.gateway.credentials import DeviceCredentials
from hub.gateway.gateway import Gateway, Limits
from hub.gateway.wire import text_frame
from hub.inspection import HubInspection
from hub.journal import Journal
from hub.jwt_keys import keys_of
from hub.kept_secrets import kept_secret
from hub.live.board import Board
from hub.live.feed import BEAT_S, Feed
from hub.live.picture import LivePicture
from hub.live.playlists import Playlists
from hub.live.realtime import LiveSide
from hub.live.roster import Roster
from hub.live.surroundings import Effects
from hub.live.tenants import Tenants
from hub.mail import Mail, MailServer
from hub.manifests.making import ManifestMaking
from hub.manifests.shelf import Shelf
from hub.measures import measures_of
from hub.media.files import MediaFiles
from hub.open_commands import OpenCommands
from hub.operator_door import OperatorDoor
from hub.passwords import Passwords
from hub.rate_limits import RateLimits
from hub.recorded import KeptEvent
from hub.records import RecordKeeping
from hub.records_first import RecordsFirst
from hub.restore import Restore
from hub.retention import AuditKeeping, Kept, Retention
from hub.settings import Settings
from hub.shared_counts import SharedCounts
from hub.signing import SigningKeys
from hub.tokens import AccessTokens
from hub.use_cases.audit_archiving import anchor_tenant, archive_tenant
from hub.use_cases.emergency_records import EmergencyRecords
from hub.use_cases.file_clearing import FileClearing
from hub.use_cases.following import Following
from hub.use_cases.links import Links
from hub.use_cases.second_factor import SecondFactor
from hub.use_cases.wiring import UseCases
from persistence.database import Database
from persistence.errors import DatabaseUnavailable, RedisUnavailable
from persistence.journal import JournalWriter
from persistence.live_state import LiveState
from persistence.records import RecordWriter
from persistence.request_counts import RequestCounts
from persistence.retention import Retention as OldRows
from persistence.shared_contents import SharedContents
from protocol.close_codes import CloseCode
from protocol.vocabulary import PresenceReason

logger = logging.getLogger(__name__)

EXPIRE_COMMANDS_EVERY_S = 5.0
EXPIRE_UNLESS_BEHIND_S = 1.0


def wall_ms() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


class Hub:
    """Everything that lives on the trio thread, joined. Built by `run_hub`; tests build it too.

    `wall_ms`: the wall clock, milliseconds since the Unix epoch. It may be set while the hub runs.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        nursery: trio.Nursery,
        wall_ms: Callable[[], int] = wall_ms,
    ) -> None:
        self.settings = settings
        self._wall_ms = wall_ms
        self.tenant_names: dict[str, str] = {}
        state = LiveState(database)
        self.state = state
        self.roster = Roster()
        self.restore = Restore(state, self.roster)
        self.open_commands = OpenCommands(state, self.roster, nursery)
        log = EmergencyLog(settings.data_dir / "emergencies.log")
        self.records = EmergencyRecords(database, log, DatabaseUnavailable, nursery)
        self.journal = Journal(
            RecordsFirst(self.records, JournalWriter(database)), DatabaseUnavailable, self._taken_over
        )
        self.signing_keys = SigningKeys.kept_in(settings.data_dir, self.now())
        self.board = Board(self.roster, self.journal, self.moment, text_frame, self.signing_keys.signed)
        self.feed = Feed(LivePicture(self.roster, self.board, self.tenant_names), wall_ms, text_frame)
        self.files = MediaFiles.of(settings)
        self.clearing = FileClearing(database, self.files, lambda: self.tenant_names, self.now)
        self.shelf = Shelf(self.files.urls, self.now, text_frame)
        self.playlists = Playlists(self.roster, self.shelf, self.feed, wall_ms)
        self.record_keeping = RecordKeeping(
            RecordWriter(database), DatabaseUnavailable, wall_ms, self._events_kept
        )
        self.effects = Effects(
            self.roster, self.journal, self.feed, self.board, self.playlists, self.record_keeping.take
        )
        self.fleet = Fleet(self.effects, self.open_commands, self.moment, settings.heartbeat_interval_s)
        self.board.connect(self.fleet, self.feed)
        self.open_commands.connect(self.fleet)
        self.live = LiveSide(
            self.roster,
            self.fleet,
            self.board,
            self.feed,
            self.restore,
            DatabaseUnavailable,
            self.playlists,
        )
        self.following = Following(database, self.now)
        self.making = ManifestMaking(database, self.live, DatabaseUnavailable, self.now)
        self.jwt_keys = keys_of(settings)
        self.tokens = AccessTokens(self.jwt_keys, settings.access_token_ttl_s)
        self.access = Access(database, DatabaseUnavailable, self.now)
        self.tenants = Tenants(self.tenant_names, self.roster, self.fleet)
        self.access.subscribe_to_tenants(self.tenants.learn)
        self.rate_limits = RateLimits()
        self.request_limits = RequestLimits(
            self.rate_limits,
            PerMinute(
                settings.rate_limit_tenant_per_minute,
                settings.rate_limit_actor_per_minute,
                settings.rate_limit_address_per_minute,
            ),
            self.access.requests_per_minute,
            lambda: wall_ms() / 1000,
        )
        self.credentials = DeviceCredentials(self.restore, DatabaseUnavailable)
        self.addresses = ClientAddresses(settings.trusted_proxies)
        limits = Limits(
            settings.handshake_deadline_s,
            settings.authentication_deadline_s,
            settings.hello_deadline_s,
            settings.max_frame_bytes,
            settings.outbox_limit_bytes,
        )
        self.gateway = Gateway(
            limits,
            self.fleet,
            self.feed,
            self.roster,
            self.credentials,
            OperatorDoor(self.tokens, self.access, DatabaseUnavailable, nursery),
            self.addresses,
        )
        self.access.subscribe(self.gateway.pages.rights_changed)
        archives = AuditArchives(settings.data_dir)
        self.retention = Retention(
            OldRows(database),
            self.live.refresh_devices,
            self.now,
            Kept(settings.history_days, settings.plays_days, settings.play_sums_days),
            self._audit_keeping(database, archives),
        )
        self.services = self._services()
        self.content_cache = ContentCache(
            trio.current_time,
            SharedContents(settings.redis_url) if settings.redis_url is not None else None,
            RedisUnavailable,
        )
        self.use_cases = UseCases.wired(
            database,
            self.live,
            Passwords(),
            self.tokens,
            self.records,
            HubInspection(
                self.roster,
                self.fleet,
                self.services,
                self.journal,
                lambda: self.records.waiting,
                self.moment,
            ),
            self.access,
            self.signing_keys,
            archives,
            SecondFactor(kept_secret(settings.data_dir, "second-factors.key")),
            Links(database, self.now, self._mail(), settings.dashboard_url),
            self.files,
            self.content_cache,
            self.shelf,
            session_idle_s=settings.session_idle_s,
            session_ttl_s=settings.session_ttl_s,
            pairing_ttl_s=settings.pairing_ttl_s,
            command_default_ttl_s=settings.command_default_ttl_s,
            dashboard_url=settings.dashboard_url,
            now=self.now,
        )
        self.metrics = measures_of(self)

    def moment(self) -> Instant:
        """Now, on both clocks."""
        return Instant(trio.current_time(), self._wall_ms())

    def now(self) -> datetime:
        """Now, for people and records."""
        return datetime.fromtimestamp(self._wall_ms() / 1000, UTC)

    async def fill(self) -> None:
        """Take the truth from PostgreSQL, after bringing there what it does not have. Raises
        DatabaseUnavailable,
        OSError."""
        self.records.open()
        await self.records.bring()
        await self.retention.make_room()
        await self.restore.everything(self.board)
        self.signing_keys.say_if_lost(len(self.roster))
        await self.access.fill()

    async def readiness(self) -> Readiness:
        """Whether the hub can serve: the database answers, and is of this version."""
        try:
            pending = await self.state.pending_migrations()
        except DatabaseUnavailable as error:
            return Readiness(False, {"database": f"does not answer: {error}", "migrations": "unknown"})
        missing = f"not applied: {', '.join(pending)}; run `clarion migrate`"
        return Readiness(not pending, {"database": "ok", "migrations": missing if pending else "ok"})

    def _services(self) -> Services:
        """What runs as long as the hub does. Each keeps its state outside its task, so that it can be started
        again where it failed; those that are not vital may rest while screens are served."""
        return Services(
            [
                Service("dispatcher", self.fleet.dispatcher.run),
                Service("fleet", self.fleet.run),
                Service("gateway", self.gateway.run),
                Service("credentials", self.credentials.run),
                Service("journal", self.journal.run),
                Service("beat", self._beat),
                Service("emergency records", self.records.run, vital=False),
                Service("records of screens", self.record_keeping.run, vital=False),
                Service("live side", self.live.run, vital=False),
                Service("expiry of commands", self._expire_commands, vital=False),
                Service("tenants", self.tenants.run, vital=False),
                Service("access", self._follow_access, vital=False),
                Service("forgotten passwords", self._write_to_who_forgot, vital=False),
                Service("retention", self.retention.run, vital=False),
                Service("manifests", self.making.run, vital=False),
                Service("playlists of playlists", self.following.run, vital=False),
                Service("files to look at", self._look_at_files, vital=False),
                Service("denials", self._record_denials, vital=False),
                Service("clearing of files", self.clearing.run, vital=False),
                Service("uses of keys", self._record_uses_of_keys, vital=False),
                *self._shared_counts(),
            ]
        )

    async def _write_to_who_forgot(self) -> None:
        await self.use_cases.forgotten.run()

    async def _look_at_files(self) -> None:
        await self.use_cases.media_processing.run()

    def _mail(self) -> Mail | None:
        url, sender = self.settings.smtp_url, self.settings.mail_from
        return Mail(MailServer.from_url(url), sender, self.now) if url and sender else None

    async def _record_uses_of_keys(self) -> None:
        await self.use_cases.key_uses.run()

    async def _record_denials(self) -> None:
        await self.use_cases.denials.run()

    def _audit_keeping(self, database: Database, archives: AuditArchives) -> AuditKeeping:
        """What anchors a tenant's audit log, and archives it if it is not kept in PostgreSQL for ever."""
        days = self.settings.audit_days

        async def keep(tenant_id: str) -> None:
            now = self.now()
            await anchor_tenant(database, archives, tenant_id, now)
            if days:
                await archive_tenant(database, archives, tenant_id, now - timedelta(days=days), now)

        return keep

    def _shared_counts(self) -> list[Service]:
        """With a Redis, hubs share their counts of requests."""
        if self.settings.redis_url is None:
            return []
        counts = RequestCounts(self.settings.redis_url)
        shared = SharedCounts(self.rate_limits, counts, RedisUnavailable, lambda: self._wall_ms() / 1000)
        return [Service("shared counts of requests", shared.run, vital=False)]

    async def _follow_access(self) -> None:
        """What others changed of who may do what, and of the keys that tokens are signed with."""
        while True:
            await trio.sleep(LOOK_EVERY_S)
            self.jwt_keys.look_again()
            await self.access.look()

    async def _beat(self) -> None:
        while True:
            await trio.sleep(BEAT_S)
            await self.board.beat()
            self.effects.calm(self._wall_ms())
            self.playlists.turn()
            self.feed.beat()

    async def _expire_commands(self) -> None:
        """For screens that are away; those that are here expire their own as well."""
        while True:
            await trio.sleep(EXPIRE_COMMANDS_EVERY_S)
            # An answer that came in time may be on its way to PostgreSQL still: for less than this long.
            before = self.now() - timedelta(seconds=EXPIRE_UNLESS_BEHIND_S)
            try:
                if self.journal.lag_s < EXPIRE_UNLESS_BEHIND_S:
                    for tenant_id in tuple(self.tenant_names):
                        await self.use_cases.commands.expire(tenant_id, before)
            except DatabaseUnavailable as error:
                logger.warning("commands cannot be expired now: %s", error)

    def _events_kept(self, tenant_id: str, device_id: str, events: Sequence[KeptEvent]) -> None:
        self.effects.events_kept(tenant_id, device_id, events, self._wall_ms())

    def _taken_over(self, device_id: str) -> None:
        """Another hub has a newer session of the device: what this one says of it counts no more."""
        self.fleet.cut(device_id, CloseCode.TRY_AGAIN_LATER, PresenceReason.TAKEN_OVER)
