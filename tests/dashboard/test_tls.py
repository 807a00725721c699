"""A hub behind its own certificate: HTTP and the live socket, over the loopback interface."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from dashboard.hub_http import HubError
from dashboard.live import LiveFeed
from dashboard.settings import DashboardSettings, SettingsError
from dashboard.store import Store
from dashboard.trust import trust
from persistence.embedded import HUB_ROLE, EmbeddedPostgres
from tests.dashboard.credentials import OneToken, pair_of
from tests.hub.hub_process import running_hub


def settings_for(hub_url: str, certificate: Path) -> DashboardSettings:
    return DashboardSettings.from_environment(
        {"CLARION_HUB_URL": hub_url, "CLARION_TLS_CERTIFICATE": str(certificate)}
    )


def test_plain_http_needs_no_trust(tmp_path: Path) -> None:
    assert trust(settings_for("http://127.0.0.1:8000", tmp_path / "none.pem")) is None


def test_elsewhere_than_on_this_machine_the_name_must_fit(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(certificate))
    far, near = (trust(settings_for(f"https://{host}", certificate)) for host in ("hub.example", "127.0.0.1"))
    assert far is not None and far.check_hostname and far.verify_mode is ssl.CERT_REQUIRED
    assert near is not None and not near.check_hostname and near.verify_mode is ssl.CERT_REQUIRED


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CLARION_TLS_CERTIFICATE"):
        trust(settings_for("https://127.0.0.1", tmp_path / "none.pem"))


@pytest.mark.asyncio
async def test_the_hubs_own_certificate_is_believed_and_no_other(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    certificate = trustme.CA().issue_cert("hub.example")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "hub.pem"))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "other.pem"))
    pem = str(tmp_path / "hub.pem")
    postgres.create_database("dashboard_tls", template="clarion_template")
    believing = trust(settings_for("https://127.0.0.1", tmp_path / "hub.pem"))
    with running_hub(
        postgres.url("dashboard_tls"),
        postgres.url("dashboard_tls", role=HUB_ROLE),
        tmp_path,
        {"CLARION_TLS_CERTIFICATE": pem, "CLARION_TLS_KEY": pem},
        tls=believing,
    ) as hub:
        with pytest.raises(HubError, match="does not answer"):
            await pair_of(hub, trust(settings_for(hub.url, tmp_path / "other.pem")))
        store = Store()
        credential = OneToken((await pair_of(hub, believing)).access_token)
        feed = LiveFeed(hub.url, credential, store, lambda: None, believing)
        following = asyncio.create_task(feed.run())
        await asyncio.wait_for(feed.first_news.wait(), 10)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        assert store.known
    postgres.drop_database("dashboard_tls")
