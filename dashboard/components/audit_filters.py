"""The filters of the audit log. What is typed counts when it is done with: each question is audited too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dashboard.audit_filter import Wanted
from dashboard.audit_words import KINDS, action_words, subject_words
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, tag
from dashboard.sentences import begun
from protocol.audit import AuditAction
from protocol.vocabulary import AuditOutcome

_VALUE: Final = "(e) => emit(e.target.value)"
_OUTCOMES: Final = {AuditOutcome.DONE: "Done", AuditOutcome.DENIED: "Denied"}


class AuditFilters:
    """Calls `on_change` with what is wanted now."""

    def __init__(self, wanted: Wanted, on_change: Callable[[Wanted], Any]) -> None:
        self.wanted = wanted
        self._on_change = on_change
        with tag("search", "card filters", aria_label="Filters"):
            with tag("div", "filters-line"):
                with tag("label", "field filters-text"):
                    tag("span", "field-label", "Anything")
                    with tag("span", "search"):
                        icon("search")
                        self._input("text", type="search", placeholder="Address, name, IP address, details…")
                self._field("since", "From", type="date")
                self._field("until", "To", type="date")
                with self._around("What was done", "filters-wide"):
                    self._actions = self._select("action")
            rare = wanted._replace(text="", since="", until="", action="")
            with tag("details", "filters-more", open=rare.asked > 0):
                tag("summary", "", "More filters", testid="audit-more-filters")
                with tag("div", "filters-line"):
                    self._field("actor", "Person or key", placeholder="Part of the address or name")
                    with self._around("Kind of thing"), self._select("target_type"):
                        self._options(KINDS, wanted.target_type, "Everything")
                    self._field("target_id", "Id of the thing")
                    with self._around("Outcome"), self._select("outcome"):
                        self._options(_OUTCOMES, wanted.outcome, "Done or denied")
                    self._field("request_id", "Request id")
                    self._field("seq", "Entry number", inputmode="numeric")
        self.offer([])

    def offer(self, actions: list[AuditAction]) -> None:
        """The actions there are, each subject with all of its own."""
        subjects: dict[str, dict[str, str]] = {}
        for each in actions:
            subject = each.action.partition(".")[0]
            subjects.setdefault(subject, {})[each.action] = action_words(each.action)
        wanted = self.wanted.action
        offered = {f"{subject}." for subject in subjects} | {each.action for each in actions}
        self._actions.clear()
        with self._actions:
            tag("option", "", "Everything", value="", selected=not wanted)
            if wanted and wanted not in offered:
                words = action_words(wanted) if not wanted.endswith(".") else _all_about(wanted[:-1])
                tag("option", "", words, value=wanted, selected=True)
            for subject, its in sorted(subjects.items(), key=lambda pair: subject_words(pair[0]).casefold()):
                with tag("optgroup", label=begun(subject_words(subject))):
                    self._options({f"{subject}.": _all_about(subject), **its}, wanted)

    def _options(self, offered: Any, chosen: str, none: str = "") -> None:
        if none:
            tag("option", "", none, value="", selected=not chosen)
        for value, words in offered.items():
            tag("option", "", begun(words), value=value, selected=value == chosen)
        if none and chosen and chosen not in offered:
            tag("option", "", chosen, value=chosen, selected=True)

    def _around(self, label: str, classes: str = "") -> Tag:
        around = tag("label", f"field {classes}".strip())
        with around:
            tag("span", "field-label", label)
        return around

    def _field(self, name: str, label: str, **attributes: str) -> None:
        with self._around(label):
            self._input(name, **attributes)

    def _input(self, name: str, **attributes: str) -> None:
        value = str(getattr(self.wanted, name))
        typed = {"type": "text", "autocomplete": "off", "maxlength": "200", **attributes}
        box = tag("input", "input", value=value, testid=f"audit-{name}", enterkeyhint="search", **typed)
        self._listen(box, name)

    def _select(self, name: str) -> Tag:
        box = tag("select", "input select", testid=f"audit-{name}")
        self._listen(box, name)
        return box

    def _listen(self, box: Tag, name: str) -> None:
        async def changed(event: Any) -> None:
            wanted = self.wanted.but(**{name: str(event.args)})
            if wanted != self.wanted:
                self.wanted = wanted
                await self._on_change(wanted)

        box.on("change", changed, js_handler=_VALUE)


def _all_about(subject: str) -> str:
    return f"{begun(subject_words(subject))}: all of it"
