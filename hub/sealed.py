"""Secrets that the hub must read again, as PostgreSQL keeps them: sealed with a key that is not in it.

Rule 1: AES-256-GCM, a new nonce each time. A sealed secret opens only for whom it was sealed: in
        another row it is no use.
Rule 2: whoever has the database alone has nothing; whoever loses the key has lost what it sealed.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12


class CannotOpen(Exception):
    """Sealed with another key, for somebody else, or not sealed at all."""


class Seal:
    """`key`: random text of 32 bytes or more. Its hash, told apart by `purpose`, is what seals."""

    def __init__(self, key: str, purpose: str) -> None:
        if len(key.encode()) < 32:
            raise ValueError("the key of a seal has fewer than 32 bytes")
        self._cipher = AESGCM(hashlib.sha256(f"clarion {purpose}\0{key}".encode()).digest())

    def seal(self, secret: str, whose: str) -> bytes:
        """The secret, sealed for the one of this name."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), whose.encode())

    def open(self, sealed: bytes, whose: str) -> str:
        """The secret. Raises CannotOpen."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], whose.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the key that sealed this is another one") from error
