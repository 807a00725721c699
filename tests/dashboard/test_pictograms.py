"""An alert looks on the page as it does on a screen: the same pictures, drawn by two programs."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from dashboard.components.pictograms import SHAPES
from dashboard.languages import LANGUAGES, language_name
from protocol.api import EmergencyText
from protocol.vocabulary import Pictogram

_OF_SCREENS = Path(__file__).parents[2] / "player" / "web" / "src" / "alert" / "pictograms.js"


def shapes_of_screens() -> dict[str, tuple[str, ...]]:
    source = _OF_SCREENS.read_text("utf-8")
    listed = re.findall(r"^  (\w+): \[(.*?)\],$", source, re.DOTALL | re.MULTILINE)
    return {name: tuple(re.findall(r'"([^"]+)"', re.sub(r'"\s*\+\s*"', "", body))) for name, body in listed}


def test_the_pictures_of_alerts_are_those_that_screens_have() -> None:
    assert {str(name): shapes for name, shapes in SHAPES.items()} == shapes_of_screens()
    assert set(SHAPES) == set(Pictogram)


def test_every_language_that_is_offered_is_one_that_the_hub_takes() -> None:
    said = [{"language": code, "title": "Fire", "message": ""} for code in LANGUAGES]
    assert [text.language for text in msgspec.convert(said, list[EmergencyText])] == list(LANGUAGES)


def test_a_language_is_called_by_its_own_name() -> None:
    assert [language_name(code) for code in ("de", "eo", "")] == ["Deutsch", "eo", "Language not said"]
