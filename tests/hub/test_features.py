"""The table of features that Clarion itself asks for."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from hub import features
from hub.features import KNOWN_FEATURES, is_emergency
from protocol.access import FeatureRequest

_HUB = Path(features.__file__).parent


def test_a_known_feature_can_be_named_and_is_no_emergency() -> None:
    for key, words in KNOWN_FEATURES.items():
        assert msgspec.convert({"key": key}, FeatureRequest).key == key
        assert not is_emergency(key)
        assert words.endswith(".")


def test_whatever_the_hub_asks_for_is_in_the_table() -> None:
    asked = {
        name
        for page in _HUB.rglob("*.py")
        for name in re.findall(r"require_feature\(operator, (\w+)\)", page.read_text(encoding="utf-8"))
    }
    assert asked == {"BULK_COMMANDS", "AUDIT_EXPORT"}
    assert {getattr(features, name) for name in asked} <= KNOWN_FEATURES.keys()
    # What triggers and clears an emergency asks for none.
    for page in _HUB.glob("use_cases/emergenc*.py"):
        assert "require_feature" not in page.read_text(encoding="utf-8")
