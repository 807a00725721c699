"""What plays on a screen at a moment, and why: the moment, the answer, and what else concerns the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.problem_note import ProblemNote
from dashboard.hub_http import HubError
from dashboard.schedule_sentences import CANDIDATE_TONES, CANDIDATE_WORDS, verdict
from dashboard.sentences import begun
from dashboard.week import zone_of
from protocol.schedule import Candidate, Explanation


class ExplainPanel:
    """`ask` gives the answer for an instant, or for now (None); `on_answer` hears of each answer."""

    def __init__(
        self,
        ask: Callable[[datetime | None], Awaitable[Explanation]],
        on_answer: Callable[[Explanation], Any],
        on_typed: Callable[[str], Any],
    ) -> None:
        self._ask, self._on_answer = ask, on_answer
        self._at: datetime | None = None
        with tag(
            "section", "card explain-card", aria_label="What plays at a moment", testid="explain"
        ) as self._card:
            tag("h2", "card-title", "What plays at")
            with tag("div", "explain-when"):
                with tag("label", "explain-box"):
                    tag("span", "sr-only", "Moment, by the clock there")
                    self._box = tag("input", "input", type="datetime-local", testid="explain-at")
                button("Now", lambda: self.answer(None), testid="explain-now")
            self._zone = tag("p", "field-hint explain-zone")
            self._problem = ProblemNote("explain-problem")
            self._answer = tag("div", "explain-answer", role="status", testid="explain-answer")
        self._box.on(
            "change", lambda event: on_typed(str(event.args)), js_handler="(e) => emit(e.target.value)"
        )

    async def answer(self, at: datetime | None) -> None:
        """Ask, and say it."""
        self._at = at
        try:
            said = await self._ask(at)
        except HubError as error:
            self._problem.say(error.sentence)
            return
        if at != self._at:  # overtaken by another question
            return
        self._problem.say("")
        local = said.at.astimezone(zone_of(said.time_zone))
        # Not as an attribute, which would be set anew while somebody types another moment.
        ui.run_javascript(f"getHtmlElement({self._box.id}).value = '{local:%Y-%m-%dT%H:%M}'")
        set_text(self._zone, f"By the clock at the screen ({said.time_zone}).")
        self._answer.clear()
        with self._answer:
            tag("p", "explain-sentence", said.sentence, testid="explain-sentence")
            if said.candidates:
                tag("p", "field-label", "What concerns this screen")
                with tag("ul", "candidates"):
                    for candidate in said.candidates:
                        _candidate(candidate)
        self._on_answer(said)

    async def again(self) -> None:
        """Ask about the same moment: something may be otherwise."""
        await self.answer(self._at)

    def forget(self) -> None:
        """The next question is about now."""
        self._at = None

    def hide(self, hidden: bool) -> None:
        switch_class(self._card, "hidden", hidden)


def _candidate(candidate: Candidate) -> None:
    tone = CANDIDATE_TONES[candidate.state]
    with tag("li", f"candidate candidate-{candidate.state}", testid="candidate"):
        with tag("div", "candidate-head"):
            tag("span", "candidate-name", candidate.name or candidate.playlist_name)
            tag("span", f"pill pill-{tone}" if tone else "pill", CANDIDATE_WORDS[candidate.state])
        if candidate.name:
            tag("span", "row-note", candidate.playlist_name)
        tag("span", "row-note", begun(f"{candidate.target_text}, {candidate.when_text}"))
        tag("span", "", verdict(candidate))
