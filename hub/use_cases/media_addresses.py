"""The address of a web page or of a stream, as people may give it. Pure.

Rule: the hub makes no request to it, now or ever: only screens go there, from where they are. So no address
      can make the hub look into a network for somebody, and none is refused for where it leads.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from hub.use_cases.errors import Invalid
from protocol.vocabulary import MediaKind

NOT_LOOKED_INTO: Final = (
    "The hub makes no request to this address: look at it yourself before you approve it."
)
_VISIBLE: Final = re.compile(r"[\x21-\x7e\u00a1-\U0010ffff]+")
_STREAM: Final = ".m3u8"


def kind_of_address(url: str) -> MediaKind:
    """A stream (HLS, RFC 8216: its list ends in .m3u8), or a web page. Raises Invalid."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Invalid({"url": "is not an address"}) from None
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise Invalid({"url": "must not contain spaces, backslashes or control characters"})
    if parts.scheme not in ("http", "https"):
        raise Invalid({"url": "must begin with https:// or http://"})
    if not host or port == 0:
        raise Invalid({"url": "must name a host, such as https://signs.example/welcome"})
    if parts.username is not None or parts.password is not None:
        raise Invalid({"url": "must not contain a user or a password: everybody who sees it would have them"})
    return MediaKind.STREAM if parts.path.lower().endswith(_STREAM) else MediaKind.WEB
