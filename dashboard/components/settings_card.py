"""How a screen is set up: how it hangs, how pictures fill it, how loud it is, when it is lit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, get_args

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import toast
from dashboard.components.form_dialog import Unfit, form_dialog, labelled
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.components.volume_field import VolumeField
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.opening_hours import DAYS, NotHours, typed_of, week_of
from dashboard.player_sentences import LIT_WORDS, ORIENTATION_WORDS, SCALING_WORDS, lit
from dashboard.session import explain
from protocol.api import Device
from protocol.places import Day
from protocol.player import ScreenSettings
from protocol.vocabulary import Orientation, Permission, Scaling

_FACTS: Final = (
    ("orientation", "Hangs"),
    ("scaling", "Pictures"),
    ("volume", "Volume"),
    ("lit", "Lit"),
)
Lit = Literal["always", "site", "own"]
LITS: Final[tuple[Lit, ...]] = get_args(Lit)
_BOX: Final = "outlined dense options-dense popup-content-class=menu"


class SettingsCard:
    """Read once, and after they were changed here."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._settings: ScreenSettings | None = None
        self._facts: dict[str, Tag] = {}
        with tag("section", "card", aria_label="Settings", testid="settings"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Settings")
                if page.session.may(Permission.SCREENS_EDIT):
                    button("Change", self._change, kind="small", testid="settings-change")
            with tag("dl", "facts"):
                for key, text in _FACTS:
                    with tag("div", "fact"):
                        tag("dt", "", text)
                        self._facts[key] = tag("dd", "num", "–", testid=f"settings-{key}")

    async def load(self) -> None:
        """Read them from the hub."""
        try:
            self._show(await self._page.hub.players.settings(self._device.id))
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)

    def _show(self, settings: ScreenSettings) -> None:
        self._settings = settings
        set_text(self._facts["orientation"], ORIENTATION_WORDS[settings.orientation])
        set_text(self._facts["scaling"], SCALING_WORDS[settings.scaling])
        set_text(self._facts["volume"], f"{settings.volume} %" if settings.volume else "Silent")
        set_text(self._facts["lit"], lit(settings))

    async def _change(self) -> None:
        """What is changed is how it is now, not how it was when the page was opened."""
        await self.load()
        if self._settings is None:
            toast("The hub does not say how this screen is set up. Try again.", good=False)
            return
        form = _Form(self._page, self._device, self._settings)
        changed = await form_dialog(self._page.session, f"Settings of {self._device.name}", "Save", form.draw)
        if changed is not None:
            self._show(changed)
            toast("Saved. The screen takes it over as soon as it hears of it.")


class _Form:
    def __init__(self, page: LivePage, device: Device, settings: ScreenSettings) -> None:
        self._page, self._device, self._settings = page, device, settings

    def draw(self) -> Callable[[], Awaitable[ScreenSettings]]:
        before = self._settings
        with labelled("How it hangs"):
            self._orientation = _choice(ORIENTATION_WORDS, before.orientation, "settings-set-orientation")
        with labelled("Pictures of another shape"):
            self._scaling = _choice(SCALING_WORDS, before.scaling, "settings-set-scaling")
        with labelled("Volume"):
            self._volume = VolumeField(before.volume, "settings-set-volume")
        with labelled("When it is lit", "Outside of it the screen is dark. An alert is shown all the same."):
            self._lit = _choice(LIT_WORDS, before.lit, "settings-set-lit", self._switch)
        with tag("div", "hours") as self._week:
            tag("p", "field-hint", "Like 08:00-12:00, 13:00-18:00. Empty means dark all day.")
            self._hours = {day: self._line(day, name) for day, name in DAYS.items()}
        self._switch()
        return self._save

    def _line(self, day: Day, name: str) -> ui.input:
        with tag("label", "hours-line"):
            tag("span", "field-label", name)
            typed = typed_of(self._settings.own_hours.get(day, []))
            return ui.input(value=typed).props(f"outlined dense data-testid=settings-hours-{day}")

    def _switch(self) -> None:
        switch_class(self._week, "hidden", self._lit.value != "own")

    async def _save(self) -> ScreenSettings:
        """Raises Unfit, HubError."""
        said: Lit = next(known for known in LITS if known == self._lit.value)
        try:
            hours = week_of({day: box.value or "" for day, box in self._hours.items()})
        except NotHours as error:
            raise Unfit(str(error)) from None
        if said == "own" and not hours:
            raise Unfit("Write when it is lit, or choose another rule: with no hours it would stay dark.")
        wanted = ScreenSettings(
            Orientation(self._orientation.value),
            Scaling(self._scaling.value),
            self._volume.value,
            said,
            hours,
        )
        return await self._page.hub.players.put_settings(self._device.id, wanted)


def _choice(
    offered: Mapping[Any, str], chosen: str, testid: str, on_change: Callable[[], None] | None = None
) -> ui.select:
    words = {str(key): text for key, text in offered.items()}
    box = ui.select(words, value=str(chosen)).props(f"{_BOX} data-testid={testid}")
    if on_change is not None:
        box.on_value_change(on_change)
    return box
