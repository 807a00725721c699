"""Where a request comes from, as our proxies have it, and never as the client claims."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from hub.client_address import ClientAddresses

ADDRESSES = ClientAddresses([ip_network("10.0.0.0/8"), ip_network("::1")])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.7", "198.51.100.1"),
        ("::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(
    peer: str, forwarded_for: str, client: str
) -> None:
    assert ADDRESSES.client_of(peer, forwarded_for) == client
