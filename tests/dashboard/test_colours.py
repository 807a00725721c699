"""Colours have the contrast that reading needs: 4.5 : 1 for text, 7 : 1 for alerts (WCAG 2.1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dashboard

_CSS = (Path(dashboard.__file__).parent / "static/tokens.css").read_text(encoding="utf-8")
_LIGHT_CSS, _DARK_CSS = _CSS.split("body.body--dark", 1)
_LIGHT = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", _LIGHT_CSS))
_DARK = _LIGHT | dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", _DARK_CSS))


def luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *[(text, ground) for text in ("text", "muted") for ground in ("bg", "surface", "sunken", "hover")],
        *[(text, "surface") for text in ("accent", "ok", "warn", "bad")],
        *[(tone, f"{tone}-soft") for tone in ("ok", "warn", "bad")],
        ("text", "accent-soft"),
        ("muted", "accent-soft"),
        ("on-accent", "accent-fill"),
        ("on-accent", "danger-fill"),
    ],
)
def test_text_can_be_read(theme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(theme[text], theme[ground]) >= 4.5


@pytest.mark.parametrize("severity", ["extreme", "severe", "moderate", "minor"])
def test_an_alert_can_be_read_from_afar(severity: str) -> None:
    assert contrast(_LIGHT[f"sev-{severity}"], _LIGHT[f"sev-{severity}-on"]) >= 7
