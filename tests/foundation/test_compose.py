"""The compose file, the image and the proxy, read as there is no Docker to run them everywhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.settings import DashboardSettings
from hub.settings import Settings

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(_TEXT)
    return parsed


def test_it_holds_the_parts_of_an_installation(compose: dict[str, Any]) -> None:
    assert compose["services"].keys() == {"postgres", "redis", "migrate", "hub", "dashboard", "nginx"}


def test_every_lasting_service_has_a_health_check_and_comes_back(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_each_waits_for_what_it_needs(compose: dict[str, Any]) -> None:
    def needs(name: str) -> dict[str, str]:
        waits = compose["services"][name]["depends_on"]
        return {other: how["condition"] for other, how in waits.items()}

    assert needs("migrate") == {"postgres": "service_healthy"}
    assert needs("hub") == {"migrate": "service_completed_successfully"}
    assert needs("dashboard") == {"hub": "service_healthy"}
    assert needs("nginx") == {"hub": "service_healthy", "dashboard": "service_healthy"}


def test_the_hub_is_not_the_owner_of_the_database_and_only_migrate_knows_the_owner(
    compose: dict[str, Any],
) -> None:
    services = compose["services"]
    assert services["hub"]["environment"]["CLARION_DATABASE_URL"].startswith("postgresql://clarion_hub:")
    assert services["migrate"]["environment"]["CLARION_DATABASE_URL"].startswith(
        "postgresql://clarion_owner:"
    )
    for name in ("hub", "dashboard", "nginx"):
        assert "OWNER" not in str(services[name].get("environment", {})), name
    role = (_ROOT / "docker/postgres/10-hub-role.sh").read_text(encoding="utf-8")
    assert "CREATE ROLE clarion_hub LOGIN" in role
    assert "NOSUPERUSER NOBYPASSRLS" in role


def test_only_nginx_is_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["nginx"]
    assert compose["networks"]["inside"]["internal"] is True
    for name, service in compose["services"].items():
        assert ("outside" in service["networks"]) == (name == "nginx")


def test_no_secret_is_written_in_it_and_a_missing_one_stops_it() -> None:
    for name, rest in re.findall(r"\$\{(\w+)([^}]*)\}", _TEXT):
        if re.search(r"PASSWORD|SECRET|PUBLIC_NAME", name):
            assert rest.startswith(":?"), name
    assert not re.search(r"(PASSWORD|SECRET): (?!\$\{)", _TEXT)


def test_every_variable_is_a_setting_or_explained_in_the_example() -> None:
    example = (_ROOT / ".env.example").read_text(encoding="utf-8")
    for name in set(re.findall(r"\$\{(\w+)", _TEXT)):
        assert re.search(rf"^#?{name}=", example, re.MULTILINE), name
    settings = (*fields(Settings), *fields(DashboardSettings))
    known = {f"CLARION_{field.name.upper()}" for field in settings} | {"CLARION_DASHBOARD_SECRET"}
    assert set(re.findall(r"^ +(CLARION_\w+):", _TEXT, re.MULTILINE)) <= known


def test_what_is_mounted_and_copied_exists(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.startswith("./"):
                assert (_ROOT / source).exists(), source
    kept = (_ROOT / ".dockerignore").read_text(encoding="utf-8")
    for name in re.findall(r"^!(\S+)$", kept, re.MULTILINE):
        assert (_ROOT / name).exists(), name


def test_the_image_does_not_run_as_root_and_installs_from_the_lock() -> None:
    dockerfile = (_ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"^USER clarion$", dockerfile, re.MULTILINE)
    assert "--require-hashes --requirement requirements/runtime.txt" in dockerfile


def test_the_proxy_speaks_tls_and_hands_upgrades_on() -> None:
    proxy = (_ROOT / "docker/nginx/clarion.conf").read_text(encoding="utf-8")
    assert proxy.count("{") == proxy.count("}")
    assert "listen 443 ssl;" in proxy
    assert "proxy_set_header Upgrade" in proxy
    assert re.search(r"location = /metrics \{\s+return 404;", proxy)


def test_the_player_comes_with_the_headers_that_the_hub_gives_it_and_no_others() -> None:
    proxy = (_ROOT / "docker/nginx/clarion.conf").read_text(encoding="utf-8")
    (place,) = re.findall(r"location \^~ /player/ \{(.*?)\n    \}", proxy, re.DOTALL)
    assert "proxy_pass $hub;" in place
    assert re.findall(r"add_header (\S+)", place) == ["Strict-Transport-Security"]
    assert "proxy_hide_header" not in place
    assert "client_max_body_size 2m;" in proxy, "a screen's picture is as large as that"


def test_no_place_is_named_twice_which_nginx_does_not_start_with() -> None:
    proxy = (_ROOT / "docker/nginx/clarion.conf").read_text(encoding="utf-8")
    places = re.findall(r"location (?:\^~ )?(/\S*) \{", proxy)
    assert "/uploads" in places and len(places) == len(set(places))


def test_files_come_in_unbuffered_and_go_out_from_the_folder_that_hub_and_proxy_share(
    compose: dict[str, Any],
) -> None:
    hub, nginx = compose["services"]["hub"], compose["services"]["nginx"]
    folder, address = (hub["environment"][f"CLARION_MEDIA_{name}"] for name in ("DIR", "X_ACCEL"))
    assert f"media:{folder}" in hub["volumes"] and f"media:{folder}:ro" in nginx["volumes"]
    assert "media" in compose["volumes"]
    proxy = (_ROOT / "docker/nginx/clarion.conf").read_text(encoding="utf-8")
    places = dict(re.findall(r"location \^~ (\S+) \{(.*?)\n    \}", proxy, re.DOTALL))
    sent = places[address]
    assert "internal;" in sent and f"alias {folder}/;" in sent
    for header in ("etag", "content_security_policy", "access_control_allow_origin"):
        assert f"$upstream_http_{header} always;" in sent
    for place in ("/api/v1/uploads", "/uploads"):
        assert "client_max_body_size 0;" in places[place] and "proxy_request_buffering off;" in places[place]
    assert "proxy_pass $hub;" in places["/media/"]
