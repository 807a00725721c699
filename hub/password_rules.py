"""Which passwords are good enough (pure): the one answer for the API, the command line and sign-in.

Rule 1: long, and not what others would try first. No mix of capitals, digits and signs is asked for: that
        makes passwords harder to remember, not to guess (NIST SP 800-63B, 3.1.1).
Rule 2: a well-known password stays one with digits, signs or itself hung on.
Rule 3: whoever knows the e-mail address has not guessed the password.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Final

from hub.use_cases.errors import Invalid

AT_LEAST: Final = 12
AT_MOST: Final = 1000
_DIFFERENT_AT_LEAST: Final = 5
_LEFT_AT_LEAST: Final = 8
_PART_OF_ADDRESS_AT_LEAST: Final = 3
_NOT_LETTERS: Final = re.compile(r"[\W\d_]+")
_AROUND: Final = re.compile(r"\A[\W\d_]+|[\W\d_]+\Z")
_KEYBOARD: Final = ("qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn")
_ROWS: Final = tuple(row * 3 for row in ("abcdefghijklmnopqrstuvwxyz", "0123456789", *_KEYBOARD))
# The 20,000 most common passwords of public leaks, collected by Royce Williams; the file is Django's
# (django/contrib/auth/common-passwords.txt.gz, BSD licence).
_COMMON: Final = Path(__file__).with_name("common_passwords.txt.gz")
_TOO_COMMON: Final = "is among those that are tried first: choose another one, such as four words of your own"


def why_weak(password: str, email: str) -> str | None:
    """What is wrong with this password for the person of this address, as the end of the sentence "It …";
    None: nothing."""
    if len(password) < AT_LEAST:
        return f"must have at least {AT_LEAST} characters"
    if len(password) > AT_MOST:
        return f"must have at most {AT_MOST} characters"
    if "\0" in password or not _is_text(password):
        return "must not contain a NUL character, or half of one"
    lower = password.lower()
    if len(set(lower)) < _DIFFERENT_AT_LEAST or lower in (lower + lower)[1:-1]:
        return "repeats itself: choose another one, such as four words of your own"
    if any(lower in row or lower[::-1] in row for row in _ROWS) or _is_common(lower):
        return _TOO_COMMON
    if len(_without_address(lower, email)) < _LEFT_AT_LEAST:
        return "must not be made of your e-mail address"
    return None


def require_good(password: str, email: str, field: str = "password") -> None:
    """Raises Invalid, naming this field of the request, when the password is too weak for this person."""
    why = why_weak(password, email)
    if why is not None:
        raise Invalid({field: why})


def _is_common(lower: str) -> bool:
    words = {word for word in _NOT_LETTERS.split(lower) if word}
    # "p4ssw0rd!2026": digits within a word are part of it, those around it are not.
    core = _AROUND.sub("", lower)
    return bool({lower, core} & common_passwords()) or (len(words) == 1 and words <= common_passwords())


def _without_address(lower: str, email: str) -> str:
    """What nobody reads in the address, or in our name."""
    parts = {part for part in re.split(r"[\W_]+", email.lower()) if len(part) >= _PART_OF_ADDRESS_AT_LEAST}
    for part in sorted(parts | {email.lower(), "clarion"}, key=len, reverse=True):
        lower = lower.replace(part, "")
    return lower


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def common_passwords() -> frozenset[str]:
    """The list, in small letters. Read once, in a few milliseconds."""
    return frozenset(gzip.decompress(_COMMON.read_bytes()).decode().split())
