"""Whoever checks what the hub signed gets its public keys, and nothing else of them."""

from __future__ import annotations

from tests.hub.api.conftest import Api


async def test_the_public_keys_are_told_to_everybody_and_the_private_ones_to_nobody(api: Api) -> None:
    reply = await api.get("/api/v1/signing-keys")
    assert reply.status == 200
    (key,) = reply.body["keys"]
    assert sorted(key) == ["alg", "crv", "endorsements", "kid", "kty", "use", "x"]
    assert key["kid"] == api.use_cases.signing_keys.sign(b"alert").kid
