"""Whether this screen would show an alert: proven by sending it one that it does not show."""

from __future__ import annotations

from dashboard.clock import to_ms
from dashboard.components.buttons import button
from dashboard.components.markup import set_attribute, set_text, switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.player_sentences import drilled, within
from dashboard.session import explain
from protocol.api import Device
from protocol.live import ScreenRow
from protocol.player import DrillResult
from protocol.vocabulary import Permission

_LEAD = (
    "A real, signed alert goes the whole way to this screen. The screen lays it out, answers with the proof "
    "of what it would show, and shows nothing."
)


class AlertPathCard:
    """The button is there for who may trigger emergencies."""

    def __init__(self, page: LivePage, device: Device) -> None:
        self._page, self._device = page, device
        self._under_way = False
        proven_ms = None if device.proven_at is None else to_ms(device.proven_at)
        self._proven = (proven_ms, device.proven_in_ms)
        with tag("section", "card", aria_label="Alert path", testid="alert-path"):
            with tag("div", "card-head"):
                tag("h2", "card-title", "Alert path")
                self._prove = (
                    button("Prove the alert path", self._drill, icon="shield", kind="small", testid="drill")
                    if page.session.may(Permission.EMERGENCIES_TRIGGER)
                    else None
                )
            tag("p", "row-note", _LEAD)
            self._last = tag("p", "drill-last", testid="drill-last")
            self._said = tag("p", "note drill-said hidden", role="status", testid="drill-result")
        self._say_last()

    def changed(self, row: ScreenRow) -> None:
        """Somebody proved it, here or elsewhere; how long it took then only who did it knows."""
        before_ms, _ = self._proven
        if row.proven_ms is not None and (before_ms is None or row.proven_ms > before_ms):
            self._proven = (row.proven_ms, None)
            self._say_last()

    async def _drill(self) -> None:
        if self._under_way:
            return
        self._under_way = True
        self._say("Waiting for the screen's proof…", "")
        if self._prove is not None:
            set_attribute(self._prove, "aria-disabled", "true")
        try:
            result = await self._page.hub.players.drill(self._device.id)
        except HubError as error:
            self._say("", "")
            explain(self._page.session, error)
        else:
            self._show(result)
        finally:
            self._under_way = False
            if self._prove is not None:
                set_attribute(self._prove, "aria-disabled", "false")

    def _show(self, result: DrillResult) -> None:
        if result.proven:
            self._proven = (to_ms(result.at), result.took_ms)
            self._say_last()
        self._say(drilled(result), "note-good" if result.proven else "note-bad")

    def _say_last(self) -> None:
        at_ms, took_ms = self._proven
        if at_ms is None:
            set_text(self._last, "It was never proven.")
            return
        after = f", within {within(took_ms)}" if took_ms is not None else ""
        when = self._page.clock.moment(at_ms, self._page.now_ms)
        set_text(self._last, f"Last proven {when}{after}.")

    def _say(self, words: str, tone: str) -> None:
        set_text(self._said, words)
        switch_class(self._said, "hidden", not words)
        for known in ("note-good", "note-bad"):
            switch_class(self._said, known, known == tone)
