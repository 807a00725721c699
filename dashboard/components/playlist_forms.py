"""The dialogs of a playlist and of one of its items: what can be said of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from msgspec import UNSET, UnsetType
from nicegui import ui

from dashboard.components.form_dialog import Unfit, form_dialog, labelled, text_field
from dashboard.components.markup import tag
from dashboard.components.moment_field import moment_field
from dashboard.frame import LivePage
from dashboard.playlist_sentences import (
    TRANSITION_WORDS,
    NotALength,
    item_title,
    length,
    seconds_of,
)
from protocol.contents import Media
from protocol.playlists import ItemPatch, Playlist, PlaylistItem, PlaylistPatch, PlaylistRequest
from protocol.vocabulary import MediaStatus, Permission, Transition

_BOX: Final = "outlined dense"
_DEFAULT_HINT: Final = "It plays wherever the schedule names nothing else. There is one of these."
_SHUFFLE_HINT: Final = "In another order each time round."


async def add_playlist(page: LivePage) -> Playlist | None:
    """Make one; None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[Playlist]]:
        asked = _facts(page, None)

        async def send() -> Playlist:
            return await page.hub.playlists.add(PlaylistRequest(*asked()))

        return send

    return await form_dialog(page.session, "New playlist", "Make it", draw)


async def edit_playlist(page: LivePage, playlist: Playlist) -> Playlist | None:
    """Change what is otherwise; what somebody else changed meanwhile stays."""

    def draw() -> Callable[[], Awaitable[Playlist]]:
        asked = _facts(page, playlist)

        async def send() -> Playlist:
            name, description, shuffle, is_default = asked()
            patch = PlaylistPatch(
                name=_if_new(name, playlist.name),
                description=_if_new(description, playlist.description),
                shuffle=_if_new(shuffle, playlist.shuffle),
                is_default=_if_new(is_default, playlist.is_default),
            )
            return await page.hub.playlists.change(playlist.id, patch)

        return send

    return await form_dialog(page.session, f"Edit {playlist.name}", "Save", draw)


async def duplicate_playlist(page: LivePage, playlist: Playlist) -> Playlist | None:
    """Make another one with the same draft; None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[Playlist]]:
        name = text_field(
            "Name of the copy",
            "playlist-name",
            f"{playlist.name} (copy)"[:200],
            maxlength="200",
            autofocus=True,
            hint="It has the items of the draft. Nothing of it is published.",
        )

        async def send() -> Playlist:
            if not name():
                raise Unfit("A playlist needs a name.")
            return await page.hub.playlists.duplicate(playlist.id, name())

        return send

    return await form_dialog(page.session, f"Duplicate {playlist.name}", "Duplicate", draw)


async def edit_item(page: LivePage, item: PlaylistItem, versions: Sequence[Media]) -> ItemPatch | None:
    """What of an item is to be otherwise; None when the operator let it be. `versions`: of its content."""

    def draw() -> Callable[[], Awaitable[ItemPatch]]:
        approved = [media for media in versions if media.status is MediaStatus.APPROVED]
        chosen: Callable[[], str | None] = lambda: None  # noqa: E731 -- there may be nothing to choose
        if item.media is not None and approved:
            with labelled("Version", "Only an approved one can be played."):
                numbers = {media.id: f"Version {media.number}" for media in approved}
                numbers.setdefault(item.media.id, f"Version {item.media.number}, as now")
                box = _select(numbers, item.media.id, "item-version")
            chosen = lambda: str(box.value)  # noqa: E731 -- as above
        typed = None
        if item.kind != "playlist":
            own = "Empty: as long as it is by itself, or ten seconds. Like 12, 7.5 or 1:30."
            if item.kind == "tag":
                own = f"Of each. {own}"
            said = "" if item.duration_s is None else length(item.duration_s)
            typed = text_field("Plays for", "item-duration", said, hint=own, autofocus=True)
        with labelled("Comes in with"):
            transition = _select(dict(TRANSITION_WORDS), item.transition, "item-transition")
        with tag("div", "field-pair moments"):
            since = moment_field("Plays from", "item-from", item.valid_from, page.clock)
            until = moment_field("Until", "item-until", item.valid_until, page.clock)
        tag("p", "field-hint", "Empty: always. A screen keeps to it also while it is away from the hub.")

        async def send() -> ItemPatch:
            try:
                duration_s = item.duration_s if typed is None else seconds_of(typed())
            except NotALength as error:
                raise Unfit(str(error)) from None
            begins, ends = since(), until()
            if begins is not None and ends is not None and begins >= ends:
                raise Unfit("It must end after it begins.")
            before = item.media.id if item.media is not None else None
            return ItemPatch(
                duration_s=_if_new(duration_s, item.duration_s),
                transition=_if_new(Transition(transition.value), item.transition),
                valid_from=_if_new(begins, item.valid_from),
                valid_until=_if_new(ends, item.valid_until),
                media_id=_if_new(chosen() or before, before) or UNSET,
            )

        return send

    return await form_dialog(page.session, item_title(item), "Save", draw)


def _facts(page: LivePage, playlist: Playlist | None) -> Callable[[], tuple[str, str, bool, bool]]:
    name = text_field(
        "Name", "playlist-name", playlist.name if playlist else "", maxlength="200", autofocus=True
    )
    description = text_field(
        "What it is for",
        "playlist-description",
        playlist.description if playlist else "",
        maxlength="2000",
    )
    shuffle = _tick("Shuffle", _SHUFFLE_HINT, "playlist-shuffle", playlist.shuffle if playlist else False)
    is_default = playlist.is_default if playlist else False
    default = None
    if page.session.may_everywhere(Permission.CONTENT_PUBLISH):
        default = _tick("Default playlist", _DEFAULT_HINT, "playlist-default", is_default)

    def asked() -> tuple[str, str, bool, bool]:
        if not name():
            raise Unfit("A playlist needs a name.")
        return (
            name(),
            description(),
            bool(shuffle.value),
            is_default if default is None else bool(default.value),
        )

    return asked


def _tick(text: str, hint: str, testid: str, value: bool) -> ui.checkbox:
    with ui.element("div").classes("tick"):
        box = ui.checkbox(text, value=value).props(f"dense data-testid={testid}")
        ui.label(hint).classes("field-hint")
    return box


def _select(offered: dict[Any, str], value: Any, testid: str) -> ui.select:
    return ui.select(offered, value=value).props(
        f"options-dense popup-content-class=menu {_BOX} data-testid={testid}"
    )


def _if_new(value: Any, before: Any) -> Any | UnsetType:
    return UNSET if value == before else value
