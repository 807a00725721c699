"""Pictures of what a screen shows: one on demand, and the last ones."""

from __future__ import annotations

from typing import Final

from dashboard.command_sentences import COMMAND_STATUS_WORDS, outcome
from dashboard.components.buttons import button
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.player_sentences import shot_words
from dashboard.session import explain
from dashboard.subscription import Change
from protocol.api import CommandRequest, Device
from protocol.player import Screenshot
from protocol.vocabulary import (
    OPEN_COMMAND_STATUSES,
    CommandName,
    CommandStatus,
    Permission,
    Presence,
)

_WAITS_S: Final = 120
"""Nobody still looks after two minutes; a picture taken tomorrow is not the one that was meant."""
_MOST_SHOWN: Final = 20


class ScreenshotsCard:
    """Whoever may send commands can ask for one."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._shots: list[Screenshot] = []
        self._looked_at: str | None = None
        self._ordered: str | None = None
        with tag("section", "card", aria_label="Screenshots", testid="screenshots"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Screenshots")
                if page.session.may(Permission.COMMANDS_SEND):
                    self._take = button(
                        "Take one now", self._order, icon="camera", kind="small", testid="screenshot-take"
                    )
            self._said = tag("p", "note shot-said hidden", role="status", testid="screenshot-said")
            self._none = tag("p", "row-note", "None was taken yet.", testid="screenshot-none")
            with tag("figure", "shot hidden") as self._figure:
                self._picture = tag("img", "shot-picture", testid="screenshot-picture")
                self._words = tag("figcaption", "row-note", testid="screenshot-words")
                self._note = tag("p", "note note-warn shot-note hidden", testid="screenshot-note")
            self._strip = tag("ul", "shot-strip", aria_label="Earlier screenshots")

    async def load(self) -> None:
        """Those that the hub keeps, the newest to be looked at."""
        try:
            shots = await self._page.hub.players.screenshots(self._device.id)
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            return
        self._shots = shots[:_MOST_SHOWN]
        self._looked_at = self._shots[0].id if self._shots else None
        self._draw()

    async def changed(self, change: Change) -> None:
        """The command that was sent from here has got further."""
        if change.resynchronised and self._ordered:
            await self._caught_up(self._ordered)
        mine = [each for each in change.commands if each.command_id == self._ordered]
        if mine:
            await self._heard(mine[-1].status, mine[-1].detail)
        elif any(
            each.command is CommandName.SCREENSHOT and each.status is CommandStatus.SUCCEEDED
            for each in change.commands
            if each.device_id == self._device.id
        ):
            await self.load()

    async def _order(self) -> None:
        if self._ordered is not None:
            return
        request = CommandRequest(CommandName.SCREENSHOT, expires_in_s=_WAITS_S)
        self._wait("Waiting for the screen…")
        try:
            accepted = await self._page.hub.send_command(self._device.id, request)
        except HubError as error:
            self._end("")
            explain(self._page.session, error)
            return
        row = self._page.store.screens.get(self._device.id)
        if row is not None and row.presence is Presence.OFFLINE:
            self._wait(f"The screen is offline. It takes one if it is back within {_WAITS_S // 60} minutes.")
        self._ordered = accepted.command_id
        await self._caught_up(accepted.command_id)

    async def _caught_up(self, command_id: str) -> None:
        """A screen is quick: it may have answered before it was known here what to listen for."""
        try:
            rows = await self._page.hub.commands(self._device.id)
        except HubError:
            return  # it is heard of by the live feed all the same
        row = next((each for each in rows if each.id == command_id), None)
        if row is not None and self._ordered == command_id:
            await self._heard(row.status, row.detail)

    async def _heard(self, status: CommandStatus, detail: str | None) -> None:
        if status in OPEN_COMMAND_STATUSES:
            return
        if status is CommandStatus.SUCCEEDED:
            self._end("")
            await self.load()
            return
        why = outcome(status, detail)
        self._end(f"No picture: {COMMAND_STATUS_WORDS[status]}{f', {why}' if why else ''}.")

    def _wait(self, words: str) -> None:
        self._ordered = self._ordered or ""
        self._say(words, bad=False)
        set_attribute(self._take, "aria-disabled", "true")

    def _end(self, words: str) -> None:
        self._ordered = None
        self._say(words, bad=bool(words))
        set_attribute(self._take, "aria-disabled", "false")

    def _say(self, words: str, *, bad: bool) -> None:
        set_text(self._said, words)
        switch_class(self._said, "hidden", not words)
        switch_class(self._said, "note-bad", bad)

    def _look_at(self, shot_id: str) -> None:
        self._looked_at = shot_id
        self._draw()

    def _draw(self) -> None:
        switch_class(self._none, "hidden", bool(self._shots))
        shown = next((shot for shot in self._shots if shot.id == self._looked_at), None)
        switch_class(self._figure, "hidden", shown is None)
        if shown is not None:
            words = shot_words(shown, self._page.clock, self._page.now_ms)
            set_attribute(self._picture, "src", picture_address(shown.id))
            set_attribute(self._picture, "alt", f"{self._device.name}. {words}. {shown.note}".strip())
            set_text(self._words, words)
            set_text(self._note, shown.note)
            switch_class(self._note, "hidden", not shown.note)
        self._strip.clear()
        with self._strip:
            for shot in self._shots if len(self._shots) > 1 else ():
                self._thumb(shot)

    def _thumb(self, shot: Screenshot) -> None:
        words = shot_words(shot, self._page.clock, self._page.now_ms)
        with (
            tag("li", ""),
            tag(
                "button",
                "shot-thumb",
                type="button",
                title=words,
                aria_label=words,
                aria_pressed="true" if shot.id == self._looked_at else "false",
                testid="screenshot-thumb",
            ).on("click", lambda: self._look_at(shot.id), []),
        ):
            tag("img", "", src=picture_address(shot.id), alt="", loading="lazy", decoding="async")


def picture_address(screenshot_id: str) -> str:
    """Where the dashboard passes it on; see dashboard/pages/screenshot_picture.py."""
    return f"/screenshots/{screenshot_id}/picture"
