"""What an alert is proved by: the hash of what is shown, which the screen makes; the signature of the hub.

Both are made of compact JSON arrays in UTF-8, which any platform can write: `JSON.stringify` does.
See docs/decisions/0035-signed-alerts.md; vectors are in protocol/vectors/.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protocol.frames import Alert, AlertText


def content_hash(title: str, message: str, severity: str, texts: Sequence[AlertText] = ()) -> str:
    """SHA-256, in hex, of `[title, message, severity]`, and with texts in other languages of
    `[title, message, severity, [[language, title, message], …]]`.

    A screen computes it from what it *shows*, not from what it was sent, and returns it in its `rendered`
    receipt.
    """
    shown: list[Any] = [title, message, str(severity)]
    if texts:
        shown.append(_listed(texts))
    return hashlib.sha256(_canonical(shown)).hexdigest()


def signed_text(tenant_id: str, alert: Alert) -> bytes:
    """What the hub signs (Ed25519) of an alert for the screens of this tenant: all that it says."""
    return _canonical(
        [
            "clarion.alert.1",
            tenant_id,
            alert.emergency_id,
            alert.sequence,
            alert.language,
            alert.title,
            alert.message,
            str(alert.severity),
            alert.issued_ms,
            alert.expires_ms,
            alert.content_hash,
            _listed(alert.texts),
            alert.pictogram,
            alert.sound,
            alert.drill,
        ]
    )


def endorsed_text(kid: str, x: str) -> bytes:
    """What an older signing key signs of a newer one, so that a screen that trusts the older takes it."""
    return _canonical(["clarion.key.1", kid, x])


def _listed(texts: Sequence[AlertText]) -> list[list[str]]:
    return [[text.language, text.title, text.message] for text in texts]


def _canonical(value: list[Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
