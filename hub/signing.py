"""The hub's own signature: Ed25519 keys, of which the newest signs and all are published.

Rule 1: a private key never leaves its file, `data_dir`/secrets/signing/<when>-<key id>.pem, 0600.
Rule 2: what was signed before a rotation can still be checked: old keys are published too, until removed.
Rule 3: a key is called by its thumbprint (RFC 7638), so that nobody can publish another one by its name.
Rule 4: a newer key is endorsed by every older one that is kept: a screen that trusts any of them can take the
        newest without anybody visiting it. None endorses an older one, so a key that was removed stays out.

Whoever checks gets the public keys from `GET /api/v1/signing-keys`, a JWK Set (RFC 7517, RFC 8037).
"""

from __future__ import annotations

import base64
import hashlib
import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.errors import StartError
from hub.kept_secrets import make_secrets_folder, read_kept, write_once
from protocol.access import Endorsement, SigningKey
from protocol.alert import endorsed_text, signed_text
from protocol.frames import Alert
from protocol.frames import Signature as AlertSignature

logger = logging.getLogger(__name__)

FOLDER: Final = "signing"


class Signature(NamedTuple):
    """64 bytes, and the key that made them."""

    kid: str
    value: bytes


class SigningKeys:
    """Those that are kept, the newest first; at least one. `is_first`: there was none before."""

    def __init__(self, keys: list[Ed25519PrivateKey], *, is_first: bool = False) -> None:
        self.is_first = is_first
        self._keys = {_jwk(key.public_key()).kid: key for key in keys}
        self._newest = next(iter(self._keys))
        self._published = [self._endorsed(kid) for kid in self._keys]

    @classmethod
    def kept_in(cls, data_dir: Path, now: datetime | None = None) -> Self:
        """Those of this folder; the first one is generated. Raises StartError."""
        try:
            folder = make_secrets_folder(data_dir, FOLDER)
            is_first = not any(folder.glob("*.pem"))
            if is_first:
                rotate(data_dir, now or datetime.now(UTC))
            keys = [_load(path) for path in sorted(folder.glob("*.pem"), reverse=True)]
            return cls(keys, is_first=is_first)
        except OSError as error:
            raise StartError(
                f"The signing key in {data_dir} cannot be read or kept ({error.strerror}): "
                "check CLARION_DATA_DIR."
            ) from error

    def sign(self, message: bytes) -> Signature:
        """By the newest key."""
        return Signature(self._newest, self._keys[self._newest].sign(message))

    def signed(self, tenant_id: str, alert: Alert) -> Alert:
        """The alert with its signature for the screens of this tenant (protocol.frames, Rule 11)."""
        kid, value = self.sign(signed_text(tenant_id, alert))
        return msgspec.structs.replace(alert, signature=AlertSignature(kid, _base64url(value)))

    def verify(self, message: bytes, signature: Signature) -> bool:
        """Whether one of these keys made it, of this message."""
        key = self._keys.get(signature.kid)
        if key is None:
            return False
        with suppress(InvalidSignature):
            key.public_key().verify(signature.value, message)
            return True
        return False

    def published(self) -> list[SigningKey]:
        """The public halves, the newest first."""
        return list(self._published)

    def say_if_lost(self, devices: int) -> None:
        """For a start at which so many devices are known: they believe the keys that they were enrolled with
        and those that these endorse, and no others."""
        if self.is_first and devices:
            logger.error(
                "The signing key was made anew, and %d devices are known: those that keep the one before "
                "refuse every alert. Put secrets/signing/ back from the backup and restart the hub, or pair "
                "the screens again.",
                devices,
            )

    def _endorsed(self, kid: str) -> SigningKey:
        """The public half of this key, with what every older one says of it (Rule 4)."""
        kids = list(self._keys)
        published = _jwk(self._keys[kid].public_key())
        text = endorsed_text(kid, published.x)
        older = kids[kids.index(kid) + 1 :]
        endorsements = [Endorsement(each, _base64url(self._keys[each].sign(text))) for each in older]
        return msgspec.structs.replace(published, endorsements=endorsements)


def rotate(data_dir: Path, now: datetime) -> str:
    """Make a new key, which signs from the hub's next start on. Its key id. Raises OSError."""
    key = Ed25519PrivateKey.generate()
    kid = _jwk(key.public_key()).kid
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    folder = make_secrets_folder(data_dir, FOLDER)
    write_once(folder / f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{kid[:16]}.pem", pem.decode())
    return kid


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(read_kept(path).encode(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise StartError(f"{path} is not an Ed25519 key: restore it, or remove it to have a new one made.")
    return key


def _jwk(key: Ed25519PublicKey) -> SigningKey:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    x = _base64url(raw)
    # RFC 7638: the required members, in the order of their names, without white space.
    thumbprint = hashlib.sha256(msgspec.json.encode({"crv": "Ed25519", "kty": "OKP", "x": x})).digest()
    return SigningKey(kid=_base64url(thumbprint), x=x)


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
