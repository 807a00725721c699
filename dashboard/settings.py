"""What the dashboard's process reads from the environment, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["console", "json"]
LEVELS: Final[tuple[LogLevel, ...]] = ("debug", "info", "warning", "error")
FORMATS: Final[tuple[LogFormat, ...]] = ("console", "json")
Choice = TypeVar("Choice", bound=str)


class SettingsError(Exception):
    """A `CLARION_…` variable cannot be used as it is. The message names it and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardSettings:
    """Where the hub is and where the dashboard listens. Port 0 lets the system choose one."""

    hub_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = field(default_factory=lambda: Path.cwd() / "var")
    # Signs the browsers' cookies; None: generated once and kept in `data_dir/secrets`.
    secret: str | None = field(default=None, repr=False)
    # Filled in on the sign-in page when neither the link nor the browser knows one.
    tenant_id: str | None = None
    # The hub's own certificate (PEM), if no authority that this machine knows has signed it.
    tls_certificate: Path | None = None
    # Tiles for the map of sites, like https://tiles.example/{z}/{x}/{y}.png; None: positions only.
    map_tiles_url: str | None = None
    # Whom the tiles are from: their terms mostly ask that the map says so.
    map_tiles_attribution: str = ""
    stop_with_stdin: bool = False
    log_level: LogLevel = "info"
    log_format: LogFormat = "console"

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> DashboardSettings:
        """Settings from `env`; what is unset or empty has its default. Raises SettingsError."""

        def text(name: str) -> str | None:
            return env.get(name, "").strip() or None

        default = cls()
        data_dir, certificate = text("CLARION_DATA_DIR"), text("CLARION_TLS_CERTIFICATE")
        return cls(
            hub_url=_hub_url(text("CLARION_HUB_URL") or default.hub_url),
            host=text("CLARION_DASHBOARD_HOST") or default.host,
            port=_port(text("CLARION_DASHBOARD_PORT"), default.port),
            data_dir=Path(data_dir).expanduser().resolve() if data_dir else default.data_dir,
            secret=_secret(text("CLARION_DASHBOARD_SECRET")),
            tenant_id=text("CLARION_TENANT_ID"),
            tls_certificate=Path(certificate).expanduser() if certificate else None,
            map_tiles_url=_tiles_url(text("CLARION_MAP_TILES_URL")),
            map_tiles_attribution=text("CLARION_MAP_TILES_ATTRIBUTION") or "",
            stop_with_stdin=text("CLARION_STOP_WITH_STDIN") == "1",
            log_level=_one_of("CLARION_LOG_LEVEL", text("CLARION_LOG_LEVEL"), default.log_level, LEVELS),
            log_format=_one_of("CLARION_LOG_FORMAT", text("CLARION_LOG_FORMAT"), default.log_format, FORMATS),
        )


def _hub_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError("CLARION_HUB_URL is not the hub's address: write it like http://127.0.0.1:8000.")
    return value.rstrip("/")


def _tiles_url(value: str | None) -> str | None:
    if value is None:
        return None
    whole = all(part in value for part in ("{z}", "{x}", "{y}"))
    if not whole or not value.startswith(("http://", "https://")):
        raise SettingsError(
            "CLARION_MAP_TILES_URL is no address of map tiles: write it like https://tiles.example/{z}/{x}/{y}.png."
        )
    return value


def _port(value: str | None, default: int) -> int:
    if value is None:
        return default
    if not value.isascii() or not value.isdigit() or int(value) > 65_535:
        raise SettingsError(f"CLARION_DASHBOARD_PORT={value!r}: write a number from 0 to 65535.")
    return int(value)


def _secret(value: str | None) -> str | None:
    if value is not None and len(value.encode()) < 32:
        raise SettingsError("CLARION_DASHBOARD_SECRET is shorter than 32 bytes: write a longer random one.")
    return value


def _one_of(name: str, value: str | None, default: Choice, allowed: tuple[Choice, ...]) -> Choice:
    if value is None:
        return default
    for candidate in allowed:
        if value.lower() == candidate:
            return candidate
    raise SettingsError(f"{name}={value!r}: write one of {', '.join(allowed)}.")
