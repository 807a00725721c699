"""The alerts on the glass: read from afar in any shape, length and direction, in colours that all can tell;
proved by what the page shows, and a drill by what it would show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from protocol.alert import content_hash
from protocol.frames import AlertText
from protocol.vocabulary import Pictogram, Severity
from tests.browser_player.player_site import PlayerSite, player_site

SHAPES: Final = [(1920, 1080), (1080, 1920), (3840, 600), (540, 1920), (800, 480)]
LONG: Final = (
    "Leave by the nearest marked exit, do not use the lifts, and gather at the north car park. " * 12
)[:1000]
TEXTS: Final = {
    "short": ("Fire", "Leave the building now. Do not use the lifts."),
    "long": ("Everything that has to be said of what goes on in the north wing of this house " * 2, LONG),
    "one word": ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "Ja."),
    "no spaces": ("W" * 120, "m" * 1000),
    "arabic": ("إنذار حريق", "غادروا المبنى الآن من أقرب مخرج. لا تستخدموا المصاعد."),
    "japanese": (
        "火災警報",
        "今すぐ最寄りの出口から建物を出てください。エレベーターは使用しないでください。" * 4,
    ),
    "emoji and lines": ("🔥 Fire 🔥", "1. Leave\n2. Gather\n3. Wait"),
    "title only": ("Lockdown", ""),
}
_SHOW: Final = """async (alerts) => {
  const { Overlay } = await import("/player/src/alert/overlay.js");
  window.overlay ??= new Overlay({ root: document.getElementById("alerts") });
  await window.overlay.show(alerts);
}"""

_LOOK: Final = """() => {
  const edges = document.querySelector(".is-seen .alert-box").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".is-seen .alert-box > *")].filter((part) => part.textContent);
  const words = parts.flatMap(({ firstChild }) => [...firstChild.data.matchAll(/\\S+/g)].map((word) => {
    const range = document.createRange();
    range.setStart(firstChild, word.index);
    range.setEnd(firstChild, word.index + word[0].length);
    return range.getBoundingClientRect();
  }));
  const [top, bottom] = [Math.min(...words.map((w) => w.top)), Math.max(...words.map((w) => w.bottom))];
  return {
    isIn: top >= edges.top - 1 && bottom <= edges.bottom + 1
      && words.every((word) => word.left >= edges.left - 1 && word.right <= edges.right + 1),
    isOnGlass: edges.left >= 0 && edges.top >= 0 && edges.right <= innerWidth && edges.bottom <= innerHeight,
    filled: (bottom - top) / edges.height,
    size: parseFloat(getComputedStyle(parts.at(-1)).fontSize),
  };
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[PlayerSite]:
    with player_site() as running:
        yield running


@pytest.fixture
def glass(site: PlayerSite, browser: Browser) -> Iterator[Page]:
    with site.glass(browser) as page:
        yield page


def alert(
    title: str = "Fire", message: str = "Leave", severity: str = "extreme", **more: Any
) -> dict[str, Any]:
    """As the machine hands it to the overlay."""
    return {
        "emergency_id": "e1",
        "title": title,
        "message": message,
        "severity": severity,
        "issued_ms": 1000,
        "content_hash": "",
        "expires_ms": None,
        "sequence": 1,
        "language": "",
        "texts": [],
        "pictogram": None,
        "sound": None,
        "drill": False,
        "signature": None,
        **more,
    }


def _picture(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot())).convert("RGB")


# ---- read from afar ----


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_wholly_on_a_glass_of_any_shape_and_as_large_as_it_can_be(
    glass: Page, text: str
) -> None:
    title, message = TEXTS[text]
    for width, height in SHAPES:
        glass.set_viewport_size({"width": width, "height": height})
        for picture in (None, "fire"):
            glass.evaluate(_SHOW, [alert(title, message, pictogram=picture)])
            found = glass.evaluate(_LOOK)
            assert found["isIn"] and found["isOnGlass"], (width, height, picture, found)
            shorter = min(width, height)
            assert found["size"] > shorter * (0.02 if len(message) > 200 else 0.05), (width, height, found)
            if len(message) > 200:  # no space is given away while the words are small
                assert found["filled"] > 0.75, (width, height, picture, found)


def test_each_severity_has_the_dashboards_colours_and_a_contrast_above_seven(glass: Page) -> None:
    tokens = (Path(__file__).parents[2] / "dashboard" / "static" / "tokens.css").read_text(encoding="utf-8")
    for severity in Severity:
        glass.evaluate(_SHOW, [alert(severity=severity)])
        colours = glass.evaluate("""() => [".alert-title", ".alert-message", ".alert-kicker"].map((part) => {
          const words = getComputedStyle(document.querySelector(`.is-seen ${part}`));
          const ground = getComputedStyle(document.querySelector(".alert-panel"));
          return [words.color, words.opacity, ground.backgroundColor];
        })""")
        for words, opacity, ground in colours:
            assert opacity == "1" and _contrast(_rgb(words), _rgb(ground)) >= 7.0, (severity, words, ground)
            assert _hex(ground) in tokens.split(f"--sev-{severity}:")[1].splitlines()[0]
            assert _hex(words) in tokens.split(f"--sev-{severity}-on:")[1].splitlines()[0]
        # And on the glass itself: the words are there, in no third colour.
        seen = _picture(glass).getcolors(1 << 24) or []
        painted = {colour for count, colour in seen if count > 500}
        assert {_rgb(colours[0][0]), _rgb(colours[0][2])} <= painted


def test_what_is_read_from_right_to_left_begins_with_its_picture_on_the_right(glass: Page) -> None:
    title, message = TEXTS["arabic"]
    glass.evaluate(_SHOW, [alert(title, message, language="ar", pictogram="evacuate")])
    found = glass.evaluate("""() => {
      const box = document.querySelector(".is-seen .alert-box");
      const range = document.createRange();
      range.selectNodeContents(document.querySelector(".is-seen .alert-title"));
      const edge = box.getBoundingClientRect().right;
      const picture = document.querySelector(".is-seen .pictogram").getBoundingClientRect();
      const title = range.getBoundingClientRect();
      return [getComputedStyle(box).direction, picture.left >= edge, edge - title.right,
        document.querySelector(".is-seen").lang];
    }""")
    assert found[:2] == ["rtl", True] and found[2] < 2 and found[3] == "ar"


def test_every_picture_that_an_alert_can_have_is_drawn(glass: Page) -> None:
    plain = glass.evaluate('async () => (await import("/player/src/alert/pictograms.js")).PICTOGRAMS')
    assert plain == [str(name) for name in Pictogram]
    seen = set()
    for name in [None, *Pictogram, "of a newer hub"]:
        glass.evaluate(_SHOW, [alert("", "", severity="severe", language="de", pictogram=name)])
        seen.add(_picture(glass).tobytes())
    assert len(seen) == len(Pictogram) + 1


def test_the_gravest_has_the_most_space_and_others_take_turns_beside_it(glass: Page) -> None:
    many = [alert("Lockdown", severity="extreme", emergency_id="e0")]
    many += [alert(f"Other {n}", severity="minor", emergency_id=f"e{n}") for n in range(1, 6)]
    glass.clock.install()
    for width, height in ((1920, 1080), (1080, 1920)):
        glass.set_viewport_size({"width": width, "height": height})
        shown = glass.evaluate(
            _SHOW.replace("await window.overlay.show(alerts);", "window.overlay.show(alerts);"), many
        )
        assert shown is None
        assert _share(glass, "e0") > 0.6
        assert _seen(glass) == ["Lockdown", "Other 1", "Other 2", "Other 3"]
        glass.clock.run_for(8_100)
        assert _seen(glass) == ["Lockdown", "Other 4", "Other 5"]
        glass.clock.run_for(8_100)
        assert _seen(glass) == ["Lockdown", "Other 1", "Other 2", "Other 3"]


def test_languages_take_turns_and_each_is_fitted_for_itself(glass: Page) -> None:
    glass.clock.install()
    texts = [
        {"language": "de", "title": "Feueralarm", "message": "Verlassen Sie sofort das Gebäude."},
        {"language": "ar", "title": "إنذار حريق", "message": "غادروا المبنى الآن"},
    ]
    glass.evaluate(
        _SHOW.replace("await window.overlay", "window.overlay"), [alert("Fire", language="en", texts=texts)]
    )
    turns = []
    for _ in range(4):
        turns += _seen(glass)
        assert (
            glass.evaluate("getComputedStyle(document.querySelector('.is-seen .alert-title')).fontSize")
            != "16px"
        )
        glass.clock.run_for(8_100)
    assert turns == ["Fire", "Feueralarm", "إنذار حريق", "Fire"]


def test_who_wants_no_motion_gets_none(site: PlayerSite, browser: Browser) -> None:
    moving = "() => document.getAnimations().length"
    with site.glass(browser, reduced_motion="reduce") as page:
        page.evaluate(_SHOW, [alert()])
        assert page.evaluate(moving) == 0
    with site.glass(browser, reduced_motion="no-preference") as page:
        page.evaluate(_SHOW, [alert()])
        assert page.evaluate(moving) == 1


def test_markup_in_an_alert_is_words(glass: Page) -> None:
    words = '<img src=x onerror="document.title=1"><b>&amp;</b>'
    glass.evaluate(_SHOW, [alert(words, words)])
    assert _seen(glass) == [words] and glass.locator("#alerts img, #alerts b").count() == 0


# ---- proved ----

_PROVE: Final = """async ({ receipt, cover = false }) => {
  const { Proof } = await import("/player/src/alert/proof.js");
  if (cover) {
    const over = document.createElement("div");
    over.style.cssText = "position: fixed; inset: 0; z-index: 1000; background: red";
    document.body.append(over);
  }
  const proof = new Proof({ overlay: window.overlay, clock: { ms: (nowS) => Math.round(nowS * 1000) } });
  const before = performance.now();
  return { said: await proof.of(receipt), before, after: performance.now() };
}"""


def _rendered(proof_of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "receipt", "command_id": "e1", "status": "rendered", "at_ms": 1, "proof_of": proof_of}


def test_the_proof_is_of_what_the_page_shows_after_it_was_painted(glass: Page) -> None:
    text = {"language": "ar", "title": "إنذار", "message": "a\n <b> \u2028"}
    shown = alert(" Fire  ", "Leave\tnow", language="en", texts=[text])
    glass.evaluate(_SHOW, [shown])
    found = glass.evaluate(_PROVE, {"receipt": _rendered({**shown, "title": "told, not shown"})})
    said = found["said"]
    assert said["content_hash"] == content_hash(" Fire  ", "Leave\tnow", "extreme", [AlertText(**text)])
    assert said["status"] == "rendered" and "proof_of" not in said
    assert found["before"] - 1 <= said["at_ms"] <= found["after"] + 1


def test_what_nobody_can_see_is_not_called_shown(glass: Page) -> None:
    glass.evaluate(_SHOW, [alert()])
    said = glass.evaluate(_PROVE, {"receipt": _rendered(alert()), "cover": True})["said"]
    assert said["status"] == "failed" and said["detail"] == "It cannot be shown: something lies over it."
    glass.evaluate(_SHOW, [])
    assert glass.evaluate(_PROVE, {"receipt": _rendered(alert())})["said"] is None


def test_a_drill_is_proved_and_nobody_sees_anything(glass: Page) -> None:
    glass.evaluate(_SHOW, [alert("Real", emergency_id="e9")])
    glass.emulate_media(reduced_motion="reduce")
    before = _picture(glass)
    drill = alert("Drill", "Only a drill", severity="minor", drill=True, pictogram="fire")
    said = glass.evaluate(_PROVE, {"receipt": _rendered(drill)})["said"]
    assert said["status"] == "rendered" and said["content_hash"] == content_hash(
        "Drill", "Only a drill", "minor"
    )
    assert ImageChops.difference(before, _picture(glass)).getbbox() is None
    assert glass.locator("#drill > *").count() == 0 and _seen(glass) == ["Real"]


def test_a_drill_on_its_way_is_not_on_the_glass(glass: Page) -> None:
    before = _picture(glass)
    glass.evaluate(
        """async (drill) => {
      const { Panel } = await import("/player/src/alert/panel.js");
      const panel = new Panel(drill);
      document.getElementById("drill").append(panel.element);
      panel.show(0);
    }""",
        alert("Drill", drill=True),
    )
    assert glass.locator("#drill .alert-title").bounding_box()
    assert ImageChops.difference(before, _picture(glass)).getbbox() is None


# ---- heard ----


def test_the_gravest_sound_is_made_until_no_alert_has_one(glass: Page) -> None:
    heard = glass.evaluate(
        """async (alerts) => {
          const { Sound } = await import("/player/src/alert/sound.js");
          const sound = new Sound();
          const follow = (now) => { sound.follow(now); return sound.playing; };
          return [alerts, alerts.slice(1), [alerts[0]], []].map(follow);
        }""",
        [alert(severity="extreme"), alert(sound="siren"), alert(sound="chime")],
    )
    assert heard == ["siren", "siren", None, None]


def test_a_machine_that_makes_no_sound_is_no_reason_not_to_warn(glass: Page) -> None:
    assert glass.evaluate(
        """async (alerts) => {
          const { Sound } = await import("/player/src/alert/sound.js");
          const sound = new Sound(() => { throw new Error("no device"); });
          sound.follow(alerts);
          const blocked = sound.isBlocked;
          sound.follow([]);
          return [blocked, sound.isBlocked, sound.playing];
        }""",
        [alert(sound="siren")],
    ) == [True, False, None]


def test_each_sound_can_be_heard_and_told_from_the_other(glass: Page) -> None:
    heard = glass.evaluate(
        """async (sounds) => {
          const { Sound } = await import("/player/src/alert/sound.js");
          const heard = [];
          for (const sound of sounds) {
            const context = new OfflineAudioContext(1, 8 * 22050, 22050);
            const made = new Sound(() => context);
            made.follow([{ sound }]);
            const samples = (await context.startRendering()).getChannelData(0);
            made.follow([]);
            heard.push({
              loudest: samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
              crossings: samples.filter((sample, at) => at > 0 && samples[at - 1] < 0 && sample >= 0).length,
            });
          }
          return heard;
        }""",
        ["chime", "siren"],
    )
    assert all(0.5 < each["loudest"] <= 2.0 for each in heard), heard
    assert heard[1]["crossings"] > heard[0]["crossings"] > 1000, heard


def _seen(page: Page) -> list[str]:
    titles = page.evaluate("""() => [...document.querySelectorAll("#alerts .is-seen .alert-title")]
      .filter((title) => title.checkVisibility({ visibilityProperty: true }))
      .map((title) => title.textContent)""")
    return [str(title) for title in titles]


def _share(page: Page, emergency_id: str) -> float:
    return float(
        page.evaluate(
            """(id) => {
      const { width, height } = document.querySelector(`[data-emergency-id="${id}"]`).getBoundingClientRect();
      return width * height / innerWidth / innerHeight;
    }""",
            emergency_id,
        )
    )


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", colour)[:3])


def _hex(colour: str) -> str:
    return "#" + "".join(f"{part:02x}" for part in _rgb(colour))


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """WCAG 2.2, contrast ratio."""

    def luminance(colour: tuple[int, ...]) -> float:
        linear = [
            c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
