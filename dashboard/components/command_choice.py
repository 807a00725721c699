"""Which command, and how long it may wait for screens that are away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboard.command_sentences import COMMAND_EFFECTS, COMMAND_WORDS
from dashboard.components.command_args import FIRST_VOLUME, args_of
from dashboard.components.form_dialog import labelled
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_attribute, switch_class, tag
from dashboard.components.volume_field import VolumeField
from protocol.vocabulary import CommandName

COMMANDS: Final[tuple[tuple[CommandName, str], ...]] = (
    (CommandName.PLAY, "play"),
    (CommandName.PAUSE, "pause"),
    (CommandName.STOP, "stop"),
    (CommandName.RELOAD_PLAYLIST, "reload"),
    (CommandName.PING, "ping"),
    (CommandName.IDENTIFY, "identify"),
    (CommandName.SET_VOLUME, "volume"),
    (CommandName.REBOOT, "reboot"),
)
"""What an operator may send, each with its picture."""
_TO_MANY: Final = (*COMMANDS, (CommandName.SCREENSHOT, "camera"))

_WAITS: Final[tuple[tuple[str, int], ...]] = (
    ("1 minute: now or never", 60),
    ("1 hour", 3_600),
    ("24 hours", 86_400),
    ("7 days", 604_800),
)
WAIT_S: Final = 3_600
"""How long a command to many waits for screens that are away, if nobody says otherwise."""


class CommandChoice:
    """Calls `on_change` when another command is chosen. `waiting()` draws the second half."""

    def __init__(self, on_change: Callable[[], Any]) -> None:
        self._on_change = on_change
        self._cards: dict[CommandName, Tag] = {}
        self.command: CommandName | None = None
        self.expires_in_s = WAIT_S
        with tag("fieldset", "command-choice"):
            tag("legend", "field-label", "What they do")
            with tag("div", "command-cards", role="group"):
                for command, picture in _TO_MANY:
                    self._card(command, picture)
        with labelled("How loud") as self._loud:
            self._volume = VolumeField(FIRST_VOLUME, "command-volume", on_change)
        switch_class(self._loud, "hidden", True)

    @property
    def args(self) -> dict[str, Any]:
        """What goes with the command that is chosen."""
        return args_of(self.command, self._volume.value) if self.command is not None else {}

    def waiting(self) -> None:
        """How long it waits: a reboot that reaches a screen tomorrow surprises somebody."""
        with tag("label", "field"):
            tag("span", "field-label", "Screens that are offline get it if they return within")
            chooser = tag("select", "input select", testid="command-expiry")
            with chooser:
                for text, seconds in _WAITS:
                    tag("option", "", text, value=seconds, selected=seconds == self.expires_in_s)
        chooser.on(
            "change", lambda event: self._wait(int(event.args)), js_handler="(e) => emit(e.target.value)"
        )

    def _card(self, command: CommandName, picture: str) -> None:
        card = tag("button", "command-card", type="button", aria_pressed="false", testid=f"choose-{command}")
        with card.on("click", lambda: self._choose(command), []):
            icon(picture)
            tag("span", "command-word", COMMAND_WORDS[command])
            tag("span", "command-effect", COMMAND_EFFECTS[command])
        self._cards[command] = card

    def _choose(self, command: CommandName) -> None:
        self.command = command
        for other, card in self._cards.items():
            set_attribute(card, "aria-pressed", "true" if other is command else "false")
        switch_class(self._loud, "hidden", command is not CommandName.SET_VOLUME)
        self._on_change()

    def _wait(self, seconds: int) -> None:
        self.expires_in_s = seconds
