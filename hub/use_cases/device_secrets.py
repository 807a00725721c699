"""What a device is trusted by: pairing codes for people, tokens for machines, stored as hashes."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

# Without 0/O, 1/I/L, and U/V: codes are read from a screen across a room and typed by hand.
PAIRING_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTWXYZ"
PAIRING_LENGTH: Final = 6


def new_pairing_code() -> str:
    """One of 594 million."""
    return "".join(secrets.choice(PAIRING_ALPHABET) for _ in range(PAIRING_LENGTH))


def as_typed(code: str) -> str:
    """A pairing code as a person may type it: in lower case, with a space or hyphen in the middle."""
    return "".join(character for character in code.upper() if character.isalnum())


def new_token() -> str:
    """256 random bits, safe in a header and in a URL."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """SHA-256. Tokens are random, so that a slow hash would add nothing."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
