"""Every setting of Clarion, read once from the environment into one frozen object.

Rule 1: a setting is named `CLARION_…`, its unit is in its name, and its default works on a bare machine.
Rule 2: nothing else in the code base reads the environment; what needs a setting is handed it.
Rule 3: a value that cannot be used is one error line that names the variable and says what to write instead.

A file `.env` in the working directory is read too (`NAME=value` lines); a variable that is already set in the
environment wins over it. See `.env.example`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hub.client_address import Network
from hub.environment import EnvironmentReader, current_environment
from hub.errors import SettingsError
from hub.mail import check_mail

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
GatewayKind = Literal["auto", "epoll", "streams"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the processes of Clarion need to know. Every field has a variable `CLARION_<FIELD IN CAPITALS>`.

    Addresses that carry a password, and secrets, stay out of `repr`.
    """

    # Where the truth is. `None`: `clarion up` starts its own PostgreSQL in `data_dir`.
    database_url: str | None = field(default=None, repr=False)
    # The role that owns the tables and migrates them; `None`: the same as `database_url`.
    migration_database_url: str | None = field(default=None, repr=False)
    database_pool_size: int = 6
    # Embedded database, generated secrets, logs.
    data_dir: Path = field(default_factory=lambda: default_data_dir(Path.cwd(), _effective_user_id()))

    # The hub's one port, HTTP and WebSocket.
    host: str = "127.0.0.1"
    port: int = 8000
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    gateway: GatewayKind = "auto"
    # Networks of our own proxies (nginx, the dashboard), whose X-Forwarded-For is believed.
    trusted_proxies: tuple[Network, ...] = ()
    # The WebSocket address that devices are told, e.g. wss://signage.example/api/v1/ws/device.
    # `None`: derived from the request that asks.
    public_websocket_url: str | None = None

    # The dashboard, a plain client of the hub.
    # Its own settings, such as CLARION_DASHBOARD_SECRET, are in dashboard/settings.py.
    dashboard_host: str = "127.0.0.1"
    dashboard_port: int = 8080
    # Where people open it: what one-time links begin with. Default: its host and port, from this machine.
    dashboard_url: str = "http://127.0.0.1:8080"
    hub_url: str = "http://127.0.0.1:8000"

    # Where letters are handed over (invitations, new passwords), and who they are from. `None`: none is sent;
    # administrators are shown the links instead.
    smtp_url: str | None = field(default=None, repr=False)
    mail_from: str | None = None

    # `None`: generated once and kept in `data_dir/secrets`, readable by its owner only.
    jwt_secret: str | None = field(default=None, repr=False)
    # The secret before this one: what it signed is good until it ends.
    jwt_secret_before: str | None = field(default=None, repr=False)
    access_token_ttl_s: int = 600
    # A person's session ends when it is not used for so long, and after so long whatever happens.
    session_idle_s: int = 7 * 86_400
    session_ttl_s: int = 30 * 86_400

    # The device socket.
    heartbeat_interval_s: float = 15.0
    handshake_deadline_s: float = 10.0
    authentication_deadline_s: float = 5.0
    hello_deadline_s: float = 10.0
    max_frame_bytes: int = 65_536
    outbox_limit_bytes: int = 262_144

    pairing_ttl_s: int = 900
    command_default_ttl_s: int = 86_400

    # Requests a minute, over HTTP; 0: as many as they like. A tenant may have a limit of its own.
    rate_limit_tenant_per_minute: int = 60_000
    rate_limit_actor_per_minute: int = 6_000
    rate_limit_address_per_minute: int = 6_000
    # Where hubs share these counts, and what was read of contents; `None`: each does it by itself.
    redis_url: str | None = field(default=None, repr=False)

    # Where pictures, videos and packages are kept; `None`: `data_dir`/media.
    media_dir: Path | None = None
    # Instead of a folder: s3://key:secret@host:port/bucket. Then `media_dir` is not used.
    media_s3_url: str | None = field(default=None, repr=False)
    # Of one file; of all files of a tenant, 0: as many as there is room for.
    media_max_bytes: int = 2 * 1024**3
    media_tenant_bytes: int = 0
    # So much of the disk is left to others: uploads end before.
    media_keep_free_bytes: int = 1024**3
    # Where the web server in front of the hub has `media_dir`, such as /media-files/, if it sends the files.
    media_x_accel: str | None = None

    # How long heartbeats, events and ended commands are kept; emergencies are for ever.
    history_days: int = 30
    # How long it is kept what was played, item by item, and in sums of days (proof of play).
    plays_days: int = 30
    play_sums_days: int = 400
    # How long entries of the audit log stay in PostgreSQL before they go to `data_dir`/archive; 0: for ever.
    audit_days: int = 0

    log_level: LogLevel = "info"
    log_format: LogFormat = "console"

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Settings from `env`, or from the process's environment and `.env`.

        What is unset or empty has its default.

        Raises SettingsError when a value cannot be used.
        """
        env = current_environment() if env is None else env
        read, default = EnvironmentReader(env), cls()
        host = read.text("CLARION_HOST", default.host)
        port = read.port("CLARION_PORT", default.port)
        tls_certificate, tls_key = read.file("CLARION_TLS_CERTIFICATE"), read.file("CLARION_TLS_KEY")
        if (tls_certificate is None) != (tls_key is None):
            missing = "CLARION_TLS_KEY" if tls_key is None else "CLARION_TLS_CERTIFICATE"
            raise SettingsError(f"{missing} is not set: TLS needs a certificate and its key (PEM files).")
        # The dashboard's own; looked at here, so that every command refuses a weak one.
        read.secret("CLARION_DASHBOARD_SECRET")
        dashboard_host = read.text("CLARION_DASHBOARD_HOST", default.dashboard_host)
        dashboard_port = read.port("CLARION_DASHBOARD_PORT", default.dashboard_port)
        smtp_url = read.url("CLARION_SMTP_URL", ("smtp", "smtps"))
        mail_from = read.optional("CLARION_MAIL_FROM")
        if smtp_url is not None:
            check_mail(smtp_url, mail_from)
        return cls(
            database_url=read.url("CLARION_DATABASE_URL", ("postgresql", "postgres")),
            migration_database_url=read.url("CLARION_MIGRATION_DATABASE_URL", ("postgresql", "postgres")),
            database_pool_size=read.integer(
                "CLARION_DATABASE_POOL_SIZE", default.database_pool_size, at_least=1, at_most=200
            ),
            data_dir=read.directory("CLARION_DATA_DIR") or default.data_dir,
            host=host,
            port=port,
            tls_certificate=tls_certificate,
            tls_key=tls_key,
            trusted_proxies=read.networks("CLARION_TRUSTED_PROXIES"),
            gateway=read.choice("CLARION_GATEWAY", default.gateway, ("auto", "epoll", "streams")),
            public_websocket_url=read.url("CLARION_PUBLIC_WEBSOCKET_URL", ("ws", "wss")),
            dashboard_host=dashboard_host,
            dashboard_port=dashboard_port,
            dashboard_url=read.url("CLARION_DASHBOARD_URL", ("http", "https"))
            or local_hub_url(dashboard_host, dashboard_port),
            smtp_url=smtp_url,
            mail_from=mail_from,
            hub_url=read.url("CLARION_HUB_URL", ("http", "https"))
            or local_hub_url(host, port, tls=tls_key is not None),
            jwt_secret=read.secret("CLARION_JWT_SECRET"),
            jwt_secret_before=read.secret("CLARION_JWT_SECRET_BEFORE"),
            access_token_ttl_s=read.integer(
                "CLARION_ACCESS_TOKEN_TTL_S", default.access_token_ttl_s, at_least=60, at_most=86_400
            ),
            session_idle_s=read.integer(
                "CLARION_SESSION_IDLE_S", default.session_idle_s, at_least=60, at_most=365 * 86_400
            ),
            session_ttl_s=read.integer(
                "CLARION_SESSION_TTL_S", default.session_ttl_s, at_least=60, at_most=365 * 86_400
            ),
            heartbeat_interval_s=read.seconds("CLARION_HEARTBEAT_INTERVAL_S", default.heartbeat_interval_s),
            handshake_deadline_s=read.seconds("CLARION_HANDSHAKE_DEADLINE_S", default.handshake_deadline_s),
            authentication_deadline_s=read.seconds(
                "CLARION_AUTHENTICATION_DEADLINE_S", default.authentication_deadline_s
            ),
            hello_deadline_s=read.seconds("CLARION_HELLO_DEADLINE_S", default.hello_deadline_s),
            max_frame_bytes=read.integer("CLARION_MAX_FRAME_BYTES", default.max_frame_bytes, at_least=1024),
            outbox_limit_bytes=read.integer(
                "CLARION_OUTBOX_LIMIT_BYTES", default.outbox_limit_bytes, at_least=4096
            ),
            pairing_ttl_s=read.integer("CLARION_PAIRING_TTL_S", default.pairing_ttl_s, at_least=10),
            command_default_ttl_s=read.integer(
                "CLARION_COMMAND_DEFAULT_TTL_S", default.command_default_ttl_s, at_least=1
            ),
            media_dir=read.directory("CLARION_MEDIA_DIR"),
            media_s3_url=read.url("CLARION_MEDIA_S3_URL", ("s3",)),
            media_max_bytes=read.integer(
                "CLARION_MEDIA_MAX_BYTES", default.media_max_bytes, at_least=1024, at_most=1024**5
            ),
            media_tenant_bytes=read.integer(
                "CLARION_MEDIA_TENANT_BYTES", default.media_tenant_bytes, at_least=0, at_most=1024**6
            ),
            media_keep_free_bytes=read.integer(
                "CLARION_MEDIA_KEEP_FREE_BYTES", default.media_keep_free_bytes, at_least=0, at_most=1024**5
            ),
            media_x_accel=read.optional("CLARION_MEDIA_X_ACCEL"),
            history_days=read.integer(
                "CLARION_HISTORY_DAYS", default.history_days, at_least=1, at_most=36_500
            ),
            plays_days=read.integer("CLARION_PLAYS_DAYS", default.plays_days, at_least=1, at_most=36_500),
            play_sums_days=read.integer(
                "CLARION_PLAY_SUMS_DAYS", default.play_sums_days, at_least=1, at_most=36_500
            ),
            rate_limit_tenant_per_minute=read.integer(
                "CLARION_RATE_LIMIT_TENANT_PER_MINUTE", default.rate_limit_tenant_per_minute, at_least=0
            ),
            rate_limit_actor_per_minute=read.integer(
                "CLARION_RATE_LIMIT_ACTOR_PER_MINUTE", default.rate_limit_actor_per_minute, at_least=0
            ),
            rate_limit_address_per_minute=read.integer(
                "CLARION_RATE_LIMIT_ADDRESS_PER_MINUTE", default.rate_limit_address_per_minute, at_least=0
            ),
            redis_url=read.url("CLARION_REDIS_URL", ("redis", "rediss", "unix")),
            audit_days=read.integer("CLARION_AUDIT_DAYS", default.audit_days, at_least=0, at_most=36_500),
            log_level=read.choice(
                "CLARION_LOG_LEVEL", default.log_level, ("debug", "info", "warning", "error")
            ),
            log_format=read.choice("CLARION_LOG_FORMAT", default.log_format, ("console", "json")),
        )


def local_hub_url(host: str, port: int, *, tls: bool = False) -> str:
    """The address by which a process on this machine reaches a hub that listens on `host` and `port`."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104
    if ":" in reachable and not reachable.startswith("["):
        reachable = f"[{reachable}]"
    return f"{'https' if tls else 'http'}://{reachable}:{port}"


def default_data_dir(working_directory: Path, user_id: int) -> Path:
    """Where data is kept when CLARION_DATA_DIR is not set.

    An ordinary user's is `var` in the working directory. Root's is a folder of its own under
    /var/lib/clarion, because PostgreSQL refuses to run as root and the system user that runs it must be able
    to reach its data, which it cannot under /root; the hash keeps two clones apart.
    """
    if user_id != 0:
        return working_directory / "var"
    place = hashlib.sha256(str(working_directory).encode()).hexdigest()[:8]
    return Path("/var/lib/clarion") / f"{working_directory.name or 'root'}-{place}"


def _effective_user_id() -> int:
    # Windows has no user ids; nobody is root there.
    return os.geteuid() if hasattr(os, "geteuid") else 1
