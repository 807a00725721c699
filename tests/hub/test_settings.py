"""Settings: defaults that work, values that are checked, errors that name the variable and say what to do."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from hub.environment import current_environment, read_env_file
from hub.errors import SettingsError
from hub.settings import Settings, default_data_dir, local_hub_url

_ROOT = Path(__file__).parents[2]
_GOOD_SECRET = "8f14e45fceea167a5a36dedd4bea2543f1c0"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.dashboard_port) == ("127.0.0.1", 8000, 8080)
    assert settings.heartbeat_interval_s == 15.0
    assert settings.max_frame_bytes == 65_536
    assert settings.database_url is None


def test_a_variable_that_is_empty_counts_as_unset() -> None:
    assert Settings.from_environment({"CLARION_PORT": " ", "CLARION_DATABASE_URL": ""}) == Settings()


def test_every_field_can_be_set_by_its_variable(tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.touch()
    env = {
        "CLARION_DATABASE_URL": "postgresql://hub@db/clarion",
        "CLARION_MIGRATION_DATABASE_URL": "postgresql://owner@db/clarion",
        "CLARION_DATABASE_POOL_SIZE": "9",
        "CLARION_DATA_DIR": str(tmp_path),
        "CLARION_HOST": "0.0.0.0",
        "CLARION_PORT": "9000",
        "CLARION_TLS_CERTIFICATE": str(pem),
        "CLARION_TLS_KEY": str(pem),
        "CLARION_GATEWAY": "streams",
        "CLARION_TRUSTED_PROXIES": "10.0.0.5, 192.168.0.0/16",
        "CLARION_PUBLIC_WEBSOCKET_URL": "wss://signs.example/ws",
        "CLARION_DASHBOARD_HOST": "::1",
        "CLARION_DASHBOARD_PORT": "9080",
        "CLARION_DASHBOARD_URL": "https://signs.example/dashboard",
        "CLARION_SMTP_URL": "smtps://clarion:hush@mail.example:1465",
        "CLARION_MAIL_FROM": "clarion@signs.example",
        "CLARION_HUB_URL": "https://signs.example",
        "CLARION_JWT_SECRET": _GOOD_SECRET,
        "CLARION_JWT_SECRET_BEFORE": _GOOD_SECRET[::-1],
        "CLARION_ACCESS_TOKEN_TTL_S": "300",
        "CLARION_SESSION_IDLE_S": "3600",
        "CLARION_SESSION_TTL_S": "7200",
        "CLARION_HEARTBEAT_INTERVAL_S": "0.5",
        "CLARION_HANDSHAKE_DEADLINE_S": "1",
        "CLARION_AUTHENTICATION_DEADLINE_S": "2",
        "CLARION_HELLO_DEADLINE_S": "3",
        "CLARION_MAX_FRAME_BYTES": "2048",
        "CLARION_OUTBOX_LIMIT_BYTES": "8192",
        "CLARION_PAIRING_TTL_S": "60",
        "CLARION_COMMAND_DEFAULT_TTL_S": "70",
        "CLARION_HISTORY_DAYS": "7",
        "CLARION_AUDIT_DAYS": "365",
        "CLARION_PLAYS_DAYS": "8",
        "CLARION_PLAY_SUMS_DAYS": "500",
        "CLARION_REDIS_URL": "redis://localhost:6379/1",
        "CLARION_MEDIA_DIR": str(tmp_path),
        "CLARION_MEDIA_S3_URL": "s3://key:hush@store.example/bucket",
        "CLARION_MEDIA_MAX_BYTES": "4096",
        "CLARION_MEDIA_TENANT_BYTES": "9000000000000",
        "CLARION_MEDIA_KEEP_FREE_BYTES": "0",
        "CLARION_MEDIA_X_ACCEL": "/media-files/",
        "CLARION_RATE_LIMIT_TENANT_PER_MINUTE": "1000",
        "CLARION_RATE_LIMIT_ACTOR_PER_MINUTE": "0",
        "CLARION_RATE_LIMIT_ADDRESS_PER_MINUTE": "100",
        "CLARION_LOG_LEVEL": "DEBUG",
        "CLARION_LOG_FORMAT": "json",
    }
    settings = Settings.from_environment(env)
    unchanged = [
        field.name
        for field in dataclasses.fields(Settings)
        if getattr(settings, field.name) == getattr(Settings(), field.name)
    ]
    assert unchanged == []
    assert {f"CLARION_{field.name.upper()}" for field in dataclasses.fields(Settings)} == env.keys()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLARION_PORT", "eight thousand"),
        ("CLARION_PORT", "70000"),
        ("CLARION_PORT", "-1"),
        ("CLARION_DATABASE_URL", "mysql://db/clarion"),
        ("CLARION_DATABASE_URL", "postgresql:clarion"),
        ("CLARION_PUBLIC_WEBSOCKET_URL", "https://signs.example/ws"),
        ("CLARION_HEARTBEAT_INTERVAL_S", "0"),
        ("CLARION_HEARTBEAT_INTERVAL_S", "nan"),
        ("CLARION_HEARTBEAT_INTERVAL_S", "15s"),
        ("CLARION_MAX_FRAME_BYTES", "64 KiB"),
        ("CLARION_LOG_FORMAT", "xml"),
        ("CLARION_GATEWAY", "fast"),
        ("CLARION_TRUSTED_PROXIES", "10.0.0.0/8, everywhere"),
        ("CLARION_JWT_SECRET", "short"),
        ("CLARION_TLS_CERTIFICATE", "/no/such/file.pem"),
        ("CLARION_DATA_DIR", str(Path(__file__))),
        ("CLARION_DASHBOARD_URL", "signs.example"),
        ("CLARION_SMTP_URL", "mail.example:25"),
        ("CLARION_SMTP_URL", "smtp://"),
        ("CLARION_SMTP_URL", "smtp://mail.example:eleven"),
        ("CLARION_SMTP_URL", "smtp://clarion@mail.example"),
        ("CLARION_SMTP_URL", "smtp://mail.example/inbox"),
        ("CLARION_MAIL_FROM", "nobody"),
        ("CLARION_MAIL_FROM", "a@b, c@d"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_line_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refusal:
        mail = {"CLARION_SMTP_URL": "smtp://mail.example"} if name == "CLARION_MAIL_FROM" else {}
        Settings.from_environment({name: value, **mail})
    assert "\n" not in str(refusal.value)


def test_mail_needs_somebody_that_it_is_from() -> None:
    with pytest.raises(SettingsError, match="CLARION_MAIL_FROM"):
        Settings.from_environment({"CLARION_SMTP_URL": "smtp://mail.example"})


def test_links_lead_to_where_the_dashboard_is_on_this_machine_unless_said_otherwise() -> None:
    env = {"CLARION_DASHBOARD_HOST": "0.0.0.0", "CLARION_DASHBOARD_PORT": "9080"}
    assert Settings.from_environment(env).dashboard_url == "http://127.0.0.1:9080"


def test_a_certificate_without_a_key_is_refused(tmp_path: Path) -> None:
    pem = tmp_path / "some.pem"
    pem.touch()
    with pytest.raises(SettingsError, match="CLARION_TLS_KEY is not set"):
        Settings.from_environment({"CLARION_TLS_CERTIFICATE": str(pem)})


def test_secrets_and_addresses_with_passwords_stay_out_of_repr_and_errors() -> None:
    settings = Settings(
        database_url="postgresql://u:hush@db/c", jwt_secret="hush" * 8, smtp_url="smtp://u:hush@mail.example"
    )
    assert "hush" not in repr(settings)
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"CLARION_DATABASE_URL": "mysql://u:hush@db/c"})
    assert "hush" not in str(refusal.value)
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"CLARION_SMTP_URL": "smtp://u:hush@mail.example:x"})
    assert "hush" not in str(refusal.value)


def test_root_keeps_data_outside_homes_and_two_clones_keep_it_apart() -> None:
    one = default_data_dir(Path("/root/one/clarion"), 0)
    other = default_data_dir(Path("/root/other/clarion"), 0)
    assert one.parent == Path("/var/lib/clarion")
    assert one != other
    assert default_data_dir(Path("/home/ann/clarion"), 1000) == Path("/home/ann/clarion/var")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("::1", "http://[::1]:8000"),
        ("hub.example", "http://hub.example:8000"),
    ],
)
def test_the_hub_is_reached_from_its_own_machine_whatever_it_listens_on(host: str, expected: str) -> None:
    assert local_hub_url(host, 8000) == expected


def test_a_env_file_is_read_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(
        "# a comment\n\nCLARION_PORT=9001\nexport CLARION_HOST = '0.0.0.0'\nCLARION_JWT_SECRET=\"a=b$c\"\n"
    )
    monkeypatch.setenv("CLARION_PORT", "9002")
    env = current_environment(tmp_path)
    assert (env["CLARION_PORT"], env["CLARION_HOST"], env["CLARION_JWT_SECRET"]) == (
        "9002",
        "0.0.0.0",
        "a=b$c",
    )


def test_a_env_file_that_cannot_be_understood_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CLARION_PORT=1\nCLARION PORT 2\n")
    with pytest.raises(SettingsError, match=r"\.env, line 2"):
        read_env_file(tmp_path / ".env")
    assert read_env_file(tmp_path / "none") == {}


def test_the_example_file_names_every_setting_and_shows_its_default() -> None:
    text = (_ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^#?([A-Z_0-9]+)=(.*)$", text, re.MULTILINE))
    assert {f"CLARION_{field.name.upper()}" for field in dataclasses.fields(Settings)} <= shown.keys()
    defaults = Settings()
    for field in dataclasses.fields(Settings):
        default = getattr(defaults, field.name)
        if default not in (None, ()) and field.name != "data_dir":
            value = shown[f"CLARION_{field.name.upper()}"]
            assert value == (f"{default:g}" if isinstance(default, float) else str(default))
