"""Whether the audit log is whole: one sentence, or each fault with its entry."""

from __future__ import annotations

import time
from typing import Final

from dashboard.audit_filter import Wanted
from dashboard.audit_names import Names
from dashboard.audit_words import verdict_words
from dashboard.components.audit_entry import AuditEntry
from dashboard.components.buttons import button
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, remove_attribute, set_attribute, set_text, switch_class, tag
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.session import explain
from protocol.audit import AuditFault, AuditVerdict

_TONES: Final = ("note-ok", "note-bad")


class AuditVerification:
    """The button is drawn by `draw_button`, wherever it is wanted."""

    def __init__(self, page: LivePage) -> None:
        self._page = page
        self._button: Tag | None = None
        self._began_s: float | None = None
        with tag("section", "verdict hidden", aria_label="Verification") as self._card:
            with tag("div", "verdict-work") as self._work:
                tag("progress", "verdict-progress", aria_label="Verifying")
                self._time = tag("span", "row-note", testid="audit-verifying")
            self._said = tag("div", "", role="status")
            self._faults = tag("ul", "verdict-faults", testid="audit-faults")
        page.on_beat(self._tick)

    def draw_button(self) -> None:
        self._button = button("Verify", self._verify, icon="shield", testid="audit-verify")

    async def _verify(self) -> None:
        if self._began_s is not None:
            return
        self._begin()
        try:
            verdict = await self._page.hub.audit.verify()
        except HubError as error:
            if error.signed_out:
                explain(self._page.session, error)
            self._say("note-bad", error.sentence)
        else:
            self._show(verdict)
        finally:
            self._began_s = None
            switch_class(self._work, "hidden", True)
            if self._button is not None:
                remove_attribute(self._button, "aria-disabled")

    def _begin(self) -> None:
        self._began_s = time.monotonic()
        self._tick()
        self._said.clear()
        self._faults.clear()
        for part in (self._card, self._work):
            switch_class(part, "hidden", False)
        if self._button is not None:
            set_attribute(self._button, "aria-disabled", "true")

    def _tick(self) -> None:
        if self._began_s is not None:
            took_s = int(time.monotonic() - self._began_s)
            set_text(self._time, f"Looking at every entry, archives too… {took_s} s")

    def _show(self, verdict: AuditVerdict) -> None:
        self._say("note-bad" if verdict.faults else "note-ok", verdict_words(verdict, self._page.clock))
        with self._faults:
            for fault in verdict.faults:
                self._fault(fault)

    def _say(self, tone: str, words: str) -> None:
        with self._said, tag("p", f"note {tone}", testid="audit-verdict"):
            icon("alert" if tone == "note-bad" else "shield")
            tag("span", "", words)

    def _fault(self, fault: AuditFault) -> None:
        with tag("li", "verdict-fault", testid="audit-fault"):
            with tag("div", "verdict-fault-line"):
                tag("span", "row-words", fault.text)
                if fault.seq > 0:
                    shown = button(f"Show entry {fault.seq:,}", kind="small", testid="audit-fault-show")
            found = tag("ul", "entries")
        if fault.seq > 0:
            shown.on("click", lambda: self._show_entry(fault.seq, found), [])

    async def _show_entry(self, seq: int, found: Tag) -> None:
        try:
            rows = (await self._page.hub.audit.find(Wanted(seq=str(seq)).question(self._page.clock))).items
        except HubError as error:
            explain(self._page.session, error)
            return
        found.clear()
        with found:
            for row in rows:
                AuditEntry(self._page, row, Names(), opened=True)
            if not rows:
                tag("li", "row-note", f"Entry {seq:,} is not here: it is gone, or in an archive.")
