"""Before something is published, rolled back or withdrawn: what becomes another, and for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from nicegui import ui

from dashboard.components.buttons import button
from dashboard.components.dialogs import card_dialog, put_away
from dashboard.components.form_dialog import Unfit, form_dialog, labelled, text_field
from dashboard.components.markup import Tag, set_text, switch_class, tag
from dashboard.draft_editing import DraftEditing
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.playlist_sentences import (
    CHANGED_MEANWHILE,
    change_words,
    difference_words,
    problems_words,
    side_words,
)
from dashboard.sentences import begun, count
from protocol.places import Group
from protocol.playlists import (
    Canary,
    Playlist,
    PlaylistDiff,
    PlaylistVersion,
    PublishRequest,
)
from protocol.vocabulary import Permission

_MOST_SHOWN: Final = 60
_AT_ONCE: Final = "all"
_FRACTIONS: Final = (0.05, 0.1, 0.25, 0.5)
_TONES: Final = {"added": "came", "removed": "went", "moved": "moved", "changed": "moved"}


def changes_list(difference: PlaylistDiff) -> None:
    """Every change, in the order of the newer side."""
    tag("p", "diff-lead", difference_words(difference), testid="diff-lead")
    if difference.shuffle is not None:
        said = "It is shuffled now." if difference.shuffle else "It is not shuffled any more."
        tag("p", "diff-lead", said)
    if not difference.changes:
        return
    with tag("ul", "diff", testid="diff"):
        for change in difference.changes[:_MOST_SHOWN]:
            with tag("li", f"diff-line diff-{_TONES[change.what]}", testid="diff-line"):
                tag("strong", "", change.name)
                tag("span", "", change_words(change))
        more = len(difference.changes) - _MOST_SHOWN
        if more > 0:
            tag("li", "diff-line", f"And {more:,} more.")


async def publish(page: LivePage, playlist: Playlist, draft: DraftEditing) -> PlaylistVersion | None:
    """Show what would become another, and ask; None when the operator let it be. Raises HubError."""
    revision = draft.revision
    difference, groups = await asyncio.gather(
        page.hub.playlists.difference(playlist.id, playlist.active_number, None), groups_of_screens(page)
    )

    def draw() -> Callable[[], Awaitable[PlaylistVersion]]:
        problems = problems_words(draft.items)
        if problems:
            with tag("div", "note note-warn publish-problems", testid="publish-problems"):
                for problem in problems[:8]:
                    tag("p", "", problem)
        where = f"on {count(playlist.screens, 'screen')}" if playlist.screens else "on no screen"
        tag("p", "dialog-text", f"{playlist.name} is {where} now.", testid="publish-screens")
        changes_list(difference)
        note = text_field("Note", "publish-note", maxlength="2000", hint="What is new, for the history.")
        canary = _canary_choice(groups) if playlist.active_number is not None else lambda: None

        async def send() -> PlaylistVersion:
            try:
                return await page.hub.playlists.publish(
                    playlist.id, revision, PublishRequest(note(), canary())
                )
            except HubError as error:
                raise _said(error) from None

        return send

    return await form_dialog(page.session, f"Publish {playlist.name}", "Publish", draw)


async def groups_of_screens(page: LivePage) -> list[Group]:
    """None for who may not see them. Raises HubError."""
    return await page.hub.places.groups() if page.session.may(Permission.SCREENS_VIEW) else []


async def roll_back(
    page: LivePage, playlist: Playlist, draft: DraftEditing, version: PlaylistVersion
) -> PlaylistVersion | None:
    """Show what would become another, and ask; None when the operator let it be. Raises HubError."""
    revision, hub = draft.revision, page.hub.playlists
    difference = await hub.difference(playlist.id, playlist.active_number, version.number)

    def draw() -> Callable[[], Awaitable[PlaylistVersion]]:
        tag(
            "p",
            "dialog-text",
            f"A new version is published with the items of version {version.number}, and the draft is that "
            "again. What was in the draft is lost if it was never published.",
        )
        changes_list(difference)
        note = text_field("Note", "rollback-note", maxlength="2000", hint="Why, for the history.")

        async def send() -> PlaylistVersion:
            try:
                return await hub.roll_back(playlist.id, revision, version.number, note())
            except HubError as error:
                raise _said(error) from None

        return send

    title = f"Back to version {version.number}?"
    return await form_dialog(page.session, title, "Roll back", draw, kind="danger")


async def compare(
    page: LivePage, playlist: Playlist, versions: Sequence[PlaylistVersion], older: int
) -> None:
    """What is another between two versions, or a version and the draft; both can be chosen."""
    numbers = {str(version.number): begun(side_words(version.number)) for version in versions}
    dialog, card = card_dialog(f"Compare versions of {playlist.name}")
    with card:
        with tag("div", "field-pair"):
            with labelled("From"):
                first = _select(numbers, str(older), "compare-from")
            with labelled("To"):
                second = _select({"": begun(side_words(None)), **numbers}, "", "compare-to")
        found: Tag = tag("div", "compare-found", role="status", testid="compare-found")

        async def show() -> None:
            to = str(second.value or "")
            try:
                difference = await page.hub.playlists.difference(
                    playlist.id, int(str(first.value)), int(to) if to else None
                )
            except HubError as error:
                found.clear()
                with found:
                    tag("p", "note note-bad", error.sentence)
                return
            if found.is_deleted:
                return
            found.clear()
            with found:
                changes_list(difference)

        first.on_value_change(show)
        second.on_value_change(show)
        with tag("div", "dialog-actions"):
            button("Done", lambda: dialog.submit(None), testid="compare-done")
    try:
        await asyncio.gather(show(), dialog)
    finally:
        put_away(dialog)


def _canary_choice(groups: Sequence[Group]) -> Callable[[], Canary | None]:
    who = {_AT_ONCE: "Every screen, at once"}
    who |= {str(part): f"{part * 100:.0f} % of the screens first" for part in _FRACTIONS}
    if groups:
        who["group"] = "A group of screens first"
    with labelled("Who plays it"):
        chosen = _select(who, _AT_ONCE, "publish-who")
    with labelled("Group") as group_field:
        group = _select({each.id: each.name for each in groups}, None, "publish-group")
    hint = tag("p", "field-hint")

    def show() -> None:
        switch_class(group_field, "hidden", chosen.value != "group")
        set_text(
            hint,
            "" if chosen.value == _AT_ONCE else "The others go on as they are until you promote the version.",
        )

    chosen.on_value_change(show)
    show()

    def canary() -> Canary | None:
        if chosen.value == _AT_ONCE:
            return None
        if chosen.value != "group":
            return Canary(fraction=float(str(chosen.value)))
        if not group.value:
            raise Unfit("Choose the group that plays it first.")
        return Canary(group_id=str(group.value))

    return canary


def _select(offered: dict[str, str], value: str | None, testid: str) -> ui.select:
    return ui.select(offered, value=value).props(
        f"options-dense popup-content-class=menu outlined dense data-testid={testid}"
    )


def _said(error: HubError) -> Exception:
    return Unfit(CHANGED_MEANWHILE) if error.status == 412 else error
