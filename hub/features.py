"""Features that Clarion itself asks for: one table from key to what is offered by it.

Rule 1: a feature that a tenant has not named is on for everybody.
Rule 2: what an emergency needs is no feature. It can be refused to somebody by a role, never switched off.
"""

from __future__ import annotations

from typing import Final

BULK_COMMANDS: Final = "commands.bulk"
AUDIT_EXPORT: Final = "audit.export"
MAP_OF_SITES: Final = "places.map"

KNOWN_FEATURES: Final[dict[str, str]] = {
    BULK_COMMANDS: "Send one command to many screens at once.",
    AUDIT_EXPORT: "Take the audit log out as a file.",
    MAP_OF_SITES: "See the sites on a map.",
}

NEVER_SWITCHED_OFF: Final = ("emergency", "emergencies", "alert", "alerts")
"""A key that begins with one of these words would promise what rule 2 forbids."""


def is_emergency(key: str) -> bool:
    """Whether a feature of this key would be about emergencies."""
    return key.replace("-", ".").replace("_", ".").partition(".")[0] in NEVER_SWITCHED_OFF
