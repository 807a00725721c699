"""The pictures that an alert can have beside its words, drawn as screens draw them.

Screens have them with them (player/web/src/alert/pictograms.js); a test holds the two together.
"""

from __future__ import annotations

from typing import Final

from dashboard.components.markup import Tag, tag
from protocol.vocabulary import Pictogram

SHAPES: Final[dict[Pictogram, tuple[str, ...]]] = {
    Pictogram.FIRE: (
        "M34 3c3 10 16 17 16 34a18 18 0 0 1-36 2c0-9 5-13 7-20 3 2 4 5 4 9 6-6 10-15 9-25zM33 30"
        "c-1 6-8 8-8 15a8 8 0 0 0 16 0c0-6-6-8-8-15z",
    ),
    Pictogram.EVACUATE: (
        "M4 4h34v8h-4V8H8v48h26v-4h4v8H4z",
        "M33 12a5 5 0 1 1 0 .1z",
        "M20 27l9-7 8 1 6 8h7v5H40l-4-5-4 8 6 6-1 15h-6V46l-8-7-3 8-9 3-2-5 7-2 5-14-4 3-2 6-5-1z",
        "M50 44l10-10-10-10v7h-6v6h6z",
    ),
    Pictogram.SHELTER: (
        "M32 4L2 30l4 5 4-3v28h44V32l4 3 4-5zM32 11l16 14v29H16V25z",
        "M32 24a4.500 4.500 0 1 0 .1 0zM26 35h12v11h-3v8h-6v-8h-3z",
    ),
    Pictogram.LOCKDOWN: (
        "M32 3a14 14 0 0 0-14 14v9h-6v34h40V26h-6v-9A14 14 0 0 0 32 3zm0 6a8 8 0 0 1 8 8v9H24v-9"
        "a8 8 0 0 1 8-8zM32 36a5 5 0 0 1 2.500 9.300V52h-5v-6.700A5 5 0 0 1 32 36z",
    ),
    Pictogram.WEATHER: (
        "M18 38a12 12 0 0 1-1-24 16 16 0 0 1 30-2 13 13 0 0 1 1 26h-9l3-8H30l-4 8z",
        "M31 33h9l-4 9h8L28 62l4-14h-8z",
    ),
    Pictogram.MEDICAL: ("M23 4h18v19h19v18H41v19H23V41H4V23h19z",),
    Pictogram.HAZARD: ("M32 4L1 60h62zM29 24h6l-1 20h-4zM32 47.500a3.500 3.500 0 1 0 .1 0z",),
    Pictogram.INFORMATION: (
        "M32 2a30 30 0 1 1 0 60 30 30 0 0 1 0-60zM32 12a4.500 4.500 0 1 0 .1 0zM25 26h11v20h5v5"
        "H24v-5h5V31h-4z",
    ),
}
"""Filled paths on a field of 64 by 64; what overlaps is cut out."""


def pictogram(name: Pictogram, classes: str = "") -> Tag:
    """One picture, in the colour of the text around it; hidden from screen readers."""
    drawing = tag("svg", f"pictogram {classes}".strip(), viewBox="0 0 64 64", aria_hidden="true")
    with drawing:
        for shape in SHAPES[name]:
            tag("path", d=shape, fill="currentColor", fill_rule="evenodd")
    return drawing
