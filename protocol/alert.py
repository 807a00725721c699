"""What an alert's content hash is made of, so that hub and screen compute the same one."""

from __future__ import annotations

import hashlib
import json


def content_hash(title: str, message: str, severity: str) -> str:
    """SHA-256, in hex, of the compact JSON array `[title, message, severity]` in UTF-8.

    A screen computes it from what it *shows*, not from what it was sent, and returns it in its `rendered`
    receipt.
    """
    canonical = json.dumps([title, message, str(severity)], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
