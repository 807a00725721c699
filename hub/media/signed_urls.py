"""Addresses of files that are good for some days, for whoever has them: no token of a person or a screen.

    /media/<until>.<signature>/<tenant>/<sha256>/<name>

Rule 1: the signature stands in the path, above the hash: a page of an HTML package that names a picture
        beside itself reaches it by the same signature, which covers everything below one hash and nothing
        else.
Rule 2: `until` (seconds since the Unix epoch) is the end of the week after this one, so the addresses of a
        file stay the same for seven days, and are good for seven more: what holds them stays the same, too.
Rule 3: the name at the end says what the file is called, to people and browsers. It is not signed: of a file
        that is no package any name leads to the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import quote

WINDOW: Final = timedelta(days=7)
_SIGNATURE_BYTES: Final = 16
"""Of 32 that HMAC-SHA256 gives (RFC 2104, section 5): shorter addresses, and nobody guesses 128 bits."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TENANT: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_GRANT: Final = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{22})")


class BadAddress(Exception):
    """The address was not made by this hub, or its time is over. The text says which."""


class Granted(NamedTuple):
    """What an address leads to. `sha256`: in hexadecimal. `good_for_s`: seconds from now on."""

    tenant_id: str
    sha256: str
    good_for_s: int


class MediaUrls:
    """`secret`: kept in `media-urls.key`. With another one no address is good any more."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def path(self, tenant_id: str, sha256_hex: str, name: str, now: datetime) -> str:
        """The address of a file, a path below the hub, good until `good_until(now)`. `name`: of the file, or
        the path of one of a package's."""
        until = int(self.good_until(now).timestamp())
        signature = self._signature(tenant_id, sha256_hex, until)
        return f"/media/{until}.{signature}/{tenant_id}/{sha256_hex}/{quote(name)}"

    def good_until(self, now: datetime) -> datetime:
        """When addresses that are made now end: seven to fourteen days from now."""
        return _EPOCH + WINDOW * ((now - _EPOCH) // WINDOW + 2)

    def check(self, grant: str, tenant_id: str, sha256_hex: str, now: datetime) -> Granted:
        """What these parts of a path lead to. `grant`: `<until>.<signature>`. Raises BadAddress."""
        found = _GRANT.fullmatch(grant)
        if not (found and _TENANT.fullmatch(tenant_id) and _SHA256.fullmatch(sha256_hex)):
            raise BadAddress("This is no address of a file.")
        until, signature = int(found[1]), found[2]
        if not hmac.compare_digest(signature, self._signature(tenant_id, sha256_hex, until)):
            raise BadAddress("This address was not given by this hub, or was changed.")
        good_for_s = until - int(now.timestamp())
        if good_for_s <= 0:
            raise BadAddress("The time of this address is over. Ask for a new one where this one is from.")
        return Granted(tenant_id, sha256_hex, good_for_s)

    def _signature(self, tenant_id: str, sha256_hex: str, until: int) -> str:
        told = f"{until}/{tenant_id}/{sha256_hex}".encode()
        digest = hmac.new(self._secret, told, hashlib.sha256).digest()[:_SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
