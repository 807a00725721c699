"""Sessions and browsers in words (pure)."""

from __future__ import annotations

from typing import Final

from dashboard.sentences import begun

# The first that is found: what comes later in a browser's name is there to please old pages.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-httpx", "a Python program"),
    ("python-requests", "a Python program"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_words(user_agent: str) -> str:
    """`Mozilla/5.0 (X11; Linux x86_64) … Firefox/140.0` → `Firefox on Linux`."""
    name = next((words for mark, words in _BROWSERS if mark in user_agent), "")
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), "")
    if not name:
        return user_agent[:60] or "Unknown program"
    return f"{name} on {system}" if system else begun(name)
