"""What the dashboard reads from its environment, and the key it keeps."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from dashboard.secret import kept_secret
from dashboard.settings import DashboardSettings, SettingsError


def test_without_any_variable_it_finds_a_hub_on_this_machine() -> None:
    settings = DashboardSettings.from_environment({})
    assert (settings.hub_url, settings.host, settings.port) == ("http://127.0.0.1:8000", "127.0.0.1", 8080)
    assert not settings.stop_with_stdin


def test_variables_are_taken_and_empty_ones_are_none() -> None:
    settings = DashboardSettings.from_environment(
        {
            "CLARION_HUB_URL": "https://hub.example/",
            "CLARION_DASHBOARD_PORT": "0",
            "CLARION_DASHBOARD_HOST": " ",
            "CLARION_STOP_WITH_STDIN": "1",
            "CLARION_LOG_FORMAT": "JSON",
        }
    )
    assert (settings.hub_url, settings.port, settings.host) == ("https://hub.example", 0, "127.0.0.1")
    assert settings.stop_with_stdin and settings.log_format == "json"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLARION_HUB_URL", "hub:8000"),
        ("CLARION_HUB_URL", "http://"),
        ("CLARION_DASHBOARD_PORT", "eighty"),
        ("CLARION_DASHBOARD_PORT", "70000"),
        ("CLARION_DASHBOARD_SECRET", "short"),
        ("CLARION_LOG_LEVEL", "loud"),
        ("CLARION_MAP_TILES_URL", "https://tiles.example/tile.png"),
        ("CLARION_MAP_TILES_URL", "tiles.example/{z}/{x}/{y}.png"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        DashboardSettings.from_environment({name: value})


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = kept_secret(tmp_path / "data")
    file = tmp_path / "data/secrets/dashboard.key"
    assert kept_secret(tmp_path / "data") == key and len(key) >= 48
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_secret_is_not_in_what_is_printed() -> None:
    secret = "x" * 40
    assert secret not in repr(DashboardSettings.from_environment({"CLARION_DASHBOARD_SECRET": secret}))
