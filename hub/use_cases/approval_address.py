"""Where a screen that asks to be let in is approved: an address for people, and a picture of it for phones
(pure).

The address says the pairing code, which is on the screen for everybody to read. It opens nothing: whoever
comes there must be signed in.
"""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import urlencode

import segno

PAGE: Final = "/approvals"
_MASK: Final = 3
"""Of the eight, any can be read. To find the one that looks best takes four times as long, for each screen of
thousands that may ask at once."""


class ApprovalAddress(NamedTuple):
    """`picture`: a QR code, as an SVG in a `data:` address."""

    url: str
    picture: str


def approval_address(dashboard_url: str, pairing_code: str) -> ApprovalAddress:
    """Below `dashboard_url`, the page of approvals with this code filled in."""
    url = f"{dashboard_url.rstrip('/')}{PAGE}?{urlencode({'code': pairing_code})}"
    drawing = segno.make(url, error="m", micro=False, boost_error=False, mask=_MASK)
    return ApprovalAddress(url, drawing.svg_data_uri(border=2, dark="#000", light="#fff", omitsize=True))
