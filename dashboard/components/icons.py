"""The pictures: a few strokes on a 24 × 24 grid, drawn in the colour of the text around them."""

from __future__ import annotations

from dashboard.components.markup import Tag, tag

_STROKES: dict[str, tuple[str, ...]] = {
    "screen": ("M3 5h18v11H3z", "M8 20h8", "M12 16v4"),
    "approve": ("M4 4h16v16H4z", "M8 12.5l2.8 2.8L16.5 9"),
    "alert": ("M12 3.5L2.5 20h19z", "M12 10v4.5", "M12 17.2v.3"),
    "send": ("M21 3L10 14", "M21 3l-6.5 18-4.5-7-7-4.5z"),
    "unstable": ("M3 12h3l2-5 3 10", "M14 8l2 8 2-4h3"),
    "wait": ("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 7.5V12l3 2"),
    "swap": ("M4 8h14l-3.5-3.5", "M20 16H6l3.5 3.5"),
    "up": ("M12 20V5", "M6 11l6-6 6 6"),
    "history": ("M4 12a8 8 0 1 0 2.5-5.8", "M4 4v4.5h4.5", "M12 8v4.5l3 2"),
    "sun": (
        "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
        "M12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M5 5l1.7 1.7M17.3 17.3L19 19M5 19l1.7-1.7M17.3 6.7L19 5",
    ),
    "moon": ("M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2z",),
    "auto": ("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M12 3.5v17", "M15 5.5v13M18 8v8"),
    "leave": ("M14 4H5v16h9", "M10 12h11", "M17.5 8.5L21 12l-3.5 3.5"),
    "search": ("M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z", "M15.5 15.5L21 21"),
    "play": ("M7 4.5l12 7.5-12 7.5z",),
    "pause": ("M8 5v14", "M16 5v14"),
    "stop": ("M6 6h12v12H6z",),
    "reload": ("M20 12a8 8 0 1 1-2.5-5.8", "M20 4v4.5h-4.5"),
    "ping": ("M3 12h4l2.5-6 4.5 12 2.5-6H21",),
    "identify": ("M12 4a5.5 5.5 0 0 0-3 10.1V17h6v-2.9A5.5 5.5 0 0 0 12 4z", "M10 20.5h4"),
    "volume": ("M4 9.5h3.5L12 5.5v13l-4.5-4H4z", "M15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"),
    "camera": ("M4 7.5h3.5L9 5h6l1.5 2.5H20v11.5H4z", "M12 10a3.3 3.3 0 1 0 0 6.6 3.3 3.3 0 0 0 0-6.6z"),
    "report": ("M5 3.5h10l4 4v13H5z", "M9 17v-3M12 17v-6M15 17v-4.5"),
    "reboot": ("M12 3v8", "M6.8 6.5a8 8 0 1 0 10.4 0"),
    "close": ("M6 6l12 12", "M18 6L6 18"),
    "check": ("M5 12.5l4.5 4.5L19 7",),
    "right": ("M9 5l7 7-7 7",),
    "left": ("M15 5l-7 7 7 7",),
    "edit": ("M4 20l1-4L16 5l3 3L8 19z",),
    "key": ("M8.5 8a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9z", "M12 10l8-6M17 6l2.5 3"),
    "ban": ("M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z", "M6 6l12 12"),
    "shield": ("M12 3l8 3v6c0 4.5-3.2 7.6-8 9-4.8-1.4-8-4.5-8-9V6z", "M8.5 12l2.5 2.5 4.5-4.5"),
    "add": ("M12 5v14", "M5 12h14"),
    "person": ("M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M4.5 20.5a7.5 7.5 0 0 1 15 0"),
    "people": (
        "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
        "M2.5 19.5a6.5 6.5 0 0 1 13 0",
        "M16 5.3a3.5 3.5 0 0 1 0 6.4M18.2 14.2a6.5 6.5 0 0 1 3.3 5.3",
    ),
    "place": (
        "M12 21c-4-4.6-7-8-7-11.5a7 7 0 0 1 14 0C19 13 16 16.4 12 21z",
        "M12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    ),
    "manage": ("M4 7h9M17 7h3M4 17h3M11 17h9", "M15 5v4M9 15v4"),
    "export": ("M12 4v11", "M7.5 10.5L12 15l4.5-4.5", "M4 19.5h16"),
    "content": ("M3 5h18v14H3z", "M3 15l5-5 5 5 3-3 5 5", "M15.5 8.2v.3"),
    "playlist": ("M4 6h16M4 11h10M4 16h7", "M15.5 14v6l5-3z"),
    "down": ("M12 4v15", "M6 13l6 6 6-6"),
    "grip": ("M9 6v.1M9 12v.1M9 18v.1M15 6v.1M15 12v.1M15 18v.1",),
    "tag": ("M4 4h8l8 8-8 8-8-8z", "M8.5 8.5v.1"),
    "upload": ("M12 16V5", "M7.5 9.5L12 5l4.5 4.5", "M4 19.5h16"),
    "web": (
        "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z",
        "M3.5 12h17",
        "M12 3.5c-5 5-5 12 0 17c5-5 5-12 0-17z",
    ),
    "live": (
        "M12 10.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
        "M8.2 8.2a5.4 5.4 0 0 0 0 7.6M15.8 8.2a5.4 5.4 0 0 1 0 7.6",
        "M5.3 5.3a9.5 9.5 0 0 0 0 13.4M18.7 5.3a9.5 9.5 0 0 1 0 13.4",
    ),
    "plug": ("M9 3v5M15 3v5", "M6 8h12v3a6 6 0 0 1-12 0z", "M12 17v4"),
}


def icon(name: str, classes: str = "") -> Tag:
    """One picture, hidden from screen readers: the words beside it say the same."""
    drawing = tag(
        "svg",
        f"icon {classes}".strip(),
        viewBox="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="1.8",
        stroke_linecap="round",
        stroke_linejoin="round",
        aria_hidden="true",
    )
    with drawing:
        tag("path", d=" ".join(_STROKES[name]))
    return drawing
