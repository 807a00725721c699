"""One entry of the audit log: a line, and all of it when it is opened."""

from __future__ import annotations

from typing import Any, Final

from dashboard.audit_differences import Difference, Item, Reader
from dashboard.audit_filter import Wanted
from dashboard.audit_names import Names
from dashboard.audit_sentences import actor, note, origin, sentence, thing
from dashboard.audit_words import kind_words
from dashboard.clock import to_ms
from dashboard.components.icons import icon
from dashboard.components.markup import tag
from dashboard.frame import LivePage
from dashboard.sentences import begun
from protocol.audit import AuditRow
from protocol.vocabulary import ActorKind, AuditOutcome, Permission

_PAGES: Final = {
    "device": ("/screens/{}", Permission.SCREENS_VIEW),
    "user": ("/people/person/{}", Permission.PEOPLE_MANAGE),
    "content": ("/contents/{}", Permission.CONTENT_VIEW),
    "emergency": ("/emergencies/{}", Permission.SCREENS_VIEW),
    "bulk_command": ("/commands/many/{}", Permission.SCREENS_VIEW),
}
_REMEMBERED: Final = ("emergency", "bulk_command")
"""They have their page for ever."""
_MARKS: Final = {"came": ("ins", "+ "), "went": ("del", "− "), "stayed": ("span", "")}


class AuditEntry:
    """Drawn into a list. What is in it is drawn when it is opened for the first time."""

    def __init__(self, page: LivePage, row: AuditRow, names: Names, *, opened: bool = False) -> None:
        self._page, self._row, self._names = page, row, names
        self._drawn = False
        denied = row.outcome is AuditOutcome.DENIED
        with (
            tag("li", "entry", testid="audit-entry", data_seq=row.seq, data_action=row.action),
            tag("details", "entry-box", open=opened) as box,
        ):
            with tag("summary", "entry-line"):
                icon("right", "entry-arrow")
                at = to_ms(row.at)
                tag("time", "line-time", page.clock.precise(at, page.now_ms), title=page.clock.full(at))
                with tag("span", "entry-words"):
                    tag("span", "entry-sentence", self._sentence(), testid="audit-sentence")
                    beside = " · ".join(part for part in (note(row), origin(row)) if part)
                    if beside:
                        tag("span", "row-note", beside)
                tag("span", "pill pill-bad" if denied else "pill", "Denied" if denied else "Done")
            self._more = tag("div", "entry-more")
        box.on("toggle", self._toggled, js_handler="(e) => emit(e.target.open)")
        if opened:
            self._draw()

    def _toggled(self, event: Any) -> None:
        if event.args is True:
            self._draw()

    def _draw(self) -> None:
        if self._drawn:
            return
        self._drawn = True
        reader = Reader(self._names, self._page.clock)
        differences = reader.differences(self._row.details)
        facts = reader.facts(self._row.details)
        with self._more:
            if differences:
                _table(differences)
            if facts:
                _facts("What it says", facts)
            _facts("The entry", self._of_entry(), self._row.hash)
            self._links()

    def _sentence(self) -> str:
        me = self._page.session.me
        words = sentence(self._row, self._names, me.tenant_id if me is not None else "")
        return begun(words) if self._row.actor_kind is ActorKind.KEY else words

    def _of_entry(self) -> list[tuple[str, str]]:
        row = self._row
        about = f"{kind_words(row.target_type)} {row.target_id or ''}".strip()
        said = (
            ("When", self._page.clock.full(to_ms(row.at))),
            ("Who", actor(row)),
            ("On behalf of", row.on_behalf_of),
            ("Action", row.action),
            ("About", about),
            ("IP address", row.ip_address),
            ("User agent", row.user_agent),
            ("Request id", row.request_id),
            ("Entry number", f"{row.seq:,}"),
        )
        return [(name, words) for name, words in said if words]

    def _links(self) -> None:
        row = self._row
        links: list[tuple[str, str]] = []
        page = self._page_of()
        if page:
            links.append((f"Go to {thing(row, self._names)}", page))
        if row.request_id:
            links.append(("All of this request", Wanted(request_id=row.request_id).address()))
        if row.user_id:
            links.append(("All that they did", Wanted(actor=row.user_id).address()))
        if row.target_id and row.target_id != row.user_id:
            about = Wanted(target_type=row.target_type, target_id=row.target_id)
            links.append((f"All about this {kind_words(row.target_type)}", about.address()))
        links.append(("Link to this entry", Wanted(seq=str(row.seq)).address()))
        with tag("nav", "entry-links", aria_label="From here"):
            for words, address in links:
                tag("a", "", words, href=address)

    def _page_of(self) -> str:
        row = self._row
        address, needs = _PAGES.get(row.target_type, ("", Permission.AUDIT_READ))
        if not address or row.target_id is None or not self._page.session.may(needs):
            return ""
        is_there = row.target_type in _REMEMBERED or self._names.is_there(row.target_type, row.target_id)
        return address.format(row.target_id) if is_there else ""


def _table(differences: list[Difference]) -> None:
    with tag("table", "changes", testid="audit-changes"):
        with tag("thead"), tag("tr"):
            for words in ("Field", "Before", "After"):
                tag("th", "", words, scope="col")
        with tag("tbody"):
            for each in differences:
                with tag("tr", f"change-{each.change}", testid="audit-change", data_change=each.change):
                    with tag("th", "", scope="row"):
                        tag("span", "change-field", begun(each.field))
                        tag("span", "chip", each.change)
                    _cell(each.before, "Before")
                    _cell(each.after, "After")


def _cell(items: list[Item], column: str) -> None:
    with tag("td", "", data_column=column):
        for item in items:
            name, sign = _MARKS[item.mark]
            with tag(name, f"change-item change-{item.mark}"):
                tag("span", "change-sign", sign)
                tag("span", "", item.text)
        if not items:
            tag("span", "change-none", "nothing")


def _facts(title: str, facts: list[tuple[str, str]], entry_hash: str = "") -> None:
    tag("h3", "entry-title", title)
    with tag("dl", "entry-facts"):
        for name, words in facts:
            with tag("div", "fact"):
                tag("dt", "", begun(name))
                tag("dd", "", words)
        if entry_hash:
            with tag("div", "fact entry-hash"):
                tag("dt", "", "Hash")
                tag("dd", "", entry_hash, testid="audit-hash")
