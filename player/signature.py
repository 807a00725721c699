"""Whether an alert is the hub's: Ed25519 (RFC 8032), by the keys that the screen trusts. Pure.

Rule 1: the first keys are trusted because of how they came: over the connection that the token came by.
Rule 2: a later key is trusted if one that is trusted already endorses it, and for no other reason.
Rule 3: no key is taken out: what an older one signed is still good, and the hub signs by the newest.
Rule 4: a key is called by its thumbprint (RFC 7638): one by another's name is no key.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from protocol.access import SigningKey
from protocol.alert import endorsed_text, signed_text
from protocol.frames import Alert

NOT_SIGNED: Final = "it is not signed"
UNKNOWN_KEY: Final = "it is signed by a key that this screen does not trust"
DOES_NOT_FIT: Final = "its signature does not fit"


def refusal(alert: Alert, tenant_id: str, keys: Iterable[SigningKey]) -> str | None:
    """Why this alert must not be shown to the screens of this tenant; None: it is the hub's."""
    if alert.signature is None:
        return NOT_SIGNED
    by = next((key for key in keys if key.kid == alert.signature.kid), None)
    if by is None:
        return UNKNOWN_KEY
    return None if _fits(by, alert.signature.value, signed_text(tenant_id, alert)) else DOES_NOT_FIT


def learned(trusted: Iterable[SigningKey], offered: Iterable[SigningKey]) -> list[SigningKey]:
    """The keys to trust from now on: those of before, and each offered one that they endorse (Rule 2).

    A screen that trusts none yet takes what its hub offers (Rule 1)."""
    keys = list(trusted)
    waiting = [key for key in offered if _is_sound(key) and key.kid not in {known.kid for known in keys}]
    if not keys:
        return waiting
    found = True
    while found:  # A key may be endorsed by one that is itself new.
        found = False
        for key in list(waiting):
            if _is_endorsed(key, keys):
                keys.append(key)
                waiting.remove(key)
                found = True
    return keys


def _is_sound(key: SigningKey) -> bool:
    jwk = msgspec.json.encode({"crv": "Ed25519", "kty": "OKP", "x": key.x})
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(jwk).digest())
    return key.kid == thumbprint.rstrip(b"=").decode()


def _is_endorsed(key: SigningKey, trusted: list[SigningKey]) -> bool:
    text = endorsed_text(key.kid, key.x)
    return any(
        by.kid == endorsement.kid and _fits(by, endorsement.value, text)
        for endorsement in key.endorsements
        for by in trusted
    )


def _fits(key: SigningKey, signature: str, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(key.x)).verify(_bytes(signature), text)
    except (ValueError, InvalidSignature):
        return False
    return True


def _bytes(base64url: str) -> bytes:
    """Raises ValueError (binascii.Error is one)."""
    padded = base64url + "=" * (-len(base64url) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
