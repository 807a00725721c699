"""Whether a secret that somebody typed into the settings is one (pure).

What Clarion generates itself is always good. A secret from an example, from a keyboard or from a word is
known to others: with it anybody signs tokens of their own. See docs/decisions/0024-limits-and-secrets.md.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

AT_LEAST_BYTES: Final = 32
AT_LEAST_BITS: Final = 80
"""By its own letters: of 32 random hex digits the worst in twenty thousand have 83, a word repeated few."""

_FROM_EXAMPLES: Final = (
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "password",
    "passw0rd",
    "default",
    "example",
    "clarion",
    "insecure",
    "development",
    "your-",
    "your_",
    "12345678",
    "abcdefgh",
    "qwertz",
    "qwerty",
    "letmein",
    "lorem ipsum",
)


def weakness(secret: str) -> str | None:
    """Why others might know or guess it; None if nothing says so."""
    if len(secret.encode()) < AT_LEAST_BYTES:
        return f"is shorter than {AT_LEAST_BYTES} bytes"
    plain = secret.lower()
    for word in _FROM_EXAMPLES:
        # A random text of letters may hold a short word by chance, and nothing else of one.
        if word in plain:
            return f"looks like one from an example (it contains {word!r})"
    if _bits(secret) < AT_LEAST_BITS:
        return "repeats itself too much"
    return None


def _bits(secret: str) -> float:
    """Shannon's entropy of its letters, less as much as its pairs of letters repeat: "abababab" has none."""
    pairs = [secret[at : at + 2] for at in range(0, len(secret) - 1, 2)]
    # The fewer pairs there are, the less their own entropy can show: twelve bits a pair is all of base64.
    bits_of_pairs = _entropy(pairs) * len(pairs)
    bound = math.log2(len(pairs)) * len(pairs) if pairs else 0.0
    bits = _entropy(list(secret)) * len(secret)
    return bits * (bits_of_pairs / bound if bound else 0.0)


def _entropy(symbols: list[str]) -> float:
    return -sum(n / len(symbols) * math.log2(n / len(symbols)) for n in Counter(symbols).values())
