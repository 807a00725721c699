"""An alert looks and sounds on the page as it does on a screen: the same pictures and notes, twice."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from dashboard.components.pictograms import SHAPES
from dashboard.languages import LANGUAGES, language_name
from protocol.api import EmergencyText
from protocol.vocabulary import AlertSound, Pictogram

_HOUSE = Path(__file__).parents[2]
_OF_SCREENS = _HOUSE / "player" / "web" / "src" / "alert"


def shapes_of_screens() -> dict[str, tuple[str, ...]]:
    source = (_OF_SCREENS / "pictograms.js").read_text("utf-8")
    listed = re.findall(r"^  (\w+): \[(.*?)\],$", source, re.DOTALL | re.MULTILINE)
    return {name: tuple(re.findall(r'"([^"]+)"', re.sub(r'"\s*\+\s*"', "", body))) for name, body in listed}


def test_the_pictures_of_alerts_are_those_that_screens_have() -> None:
    assert {str(name): shapes for name, shapes in SHAPES.items()} == shapes_of_screens()
    assert set(SHAPES) == set(Pictogram)


def rounds(script: Path) -> str:
    found = re.search(r"const ROUNDS = (\{.*?\n *\});?\n", script.read_text("utf-8"), re.DOTALL)
    assert found is not None, script
    return re.sub(r"\s+", " ", found[1])


def test_the_sounds_of_alerts_are_those_that_screens_make() -> None:
    of_page = rounds(_HOUSE / "dashboard" / "static" / "alert_sound.js")
    assert of_page == rounds(_OF_SCREENS / "sound.js") and '"' not in of_page
    assert re.findall(r"(\w+): \{", of_page) == list(AlertSound)


def test_every_language_that_is_offered_is_one_that_the_hub_takes() -> None:
    said = [{"language": code, "title": "Fire", "message": ""} for code in LANGUAGES]
    assert [text.language for text in msgspec.convert(said, list[EmergencyText])] == list(LANGUAGES)


def test_a_language_is_called_by_its_own_name() -> None:
    assert [language_name(code) for code in ("de", "eo", "")] == ["Deutsch", "eo", "Language not said"]
