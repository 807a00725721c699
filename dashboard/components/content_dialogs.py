"""Dialogs about contents: what is said of one, an address as a content, a reason, and whether to retire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from msgspec import UNSET
from nicegui import ui

from dashboard.components.dialogs import confirm
from dashboard.components.form_dialog import Unfit, form_dialog, labelled, text_field
from dashboard.components.markup import tag
from dashboard.components.moment_field import moment_field
from dashboard.content_sentences import usage_words, use_words
from dashboard.content_typed import name_of_address, tags_typed
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.session import explain
from protocol.contents import Content, ContentPatch, ContentRequest, Media, MediaRequest, Usage

_FACTS: Final = ("name", "description", "category", "tags", "valid_from", "valid_until")
_BOX: Final = "outlined dense"


async def edit_content(page: LivePage, content: Content, categories: list[str]) -> Content | None:
    """Change what is otherwise; None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[Content]]:
        name = text_field("Name", "content-name", content.name, maxlength="200", autocomplete="off")
        with labelled("Description"):
            about = ui.textarea(value=content.description).props(
                f"{_BOX} autogrow maxlength=2000 data-testid=content-description"
            )
        with labelled("Category"):
            category = ui.input(value=content.category, autocomplete=categories).props(
                f"{_BOX} maxlength=100 autocomplete=off data-testid=content-category"
            )
        tags = text_field(
            "Tags",
            "content-tags",
            ", ".join(content.tags),
            hint="Between commas: summer, offers",
            autocomplete="off",
        )
        with tag("div", "field-pair moments"):
            begins = moment_field("Shown from", "content-from", content.valid_from, page.clock)
            ends = moment_field("Until", "content-until", content.valid_until, page.clock)

        async def send() -> Content:
            wanted = {
                "name": name(),
                "description": str(about.value or "").strip(),
                "category": str(category.value or "").strip(),
                "tags": tags_typed(tags()),
                "valid_from": begins(),
                "valid_until": ends(),
            }
            if not wanted["name"]:
                raise Unfit("A content needs a name.")
            changed = {key: wanted[key] if wanted[key] != getattr(content, key) else UNSET for key in _FACTS}
            return await page.hub.contents.change(content, ContentPatch(**changed))  # type: ignore[arg-type]

        return send

    return await form_dialog(page.session, "What it is", "Save", draw)


async def add_address(page: LivePage) -> Content | None:
    """A web page or a stream as a content; None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[Content]]:
        tag(
            "p",
            "dialog-text",
            "A web page, or a live stream whose address ends in .m3u8. Screens go there by themselves.",
        )
        url = text_field("Address", "address-url", type_="url", placeholder="https://", autofocus=True)
        name = text_field(
            "Name", "address-name", maxlength="200", hint="If you leave it empty: the host of the address."
        )

        async def send() -> Content:
            if not url():
                raise Unfit("Fill in the address.")
            contents = page.hub.contents
            content = await contents.add(ContentRequest(name() or name_of_address(url())))
            try:
                await contents.add_version(content.id, MediaRequest(url=url()))
            except HubError:
                await contents.remove(content.id)
                raise
            return content

        return send

    return await form_dialog(page.session, "Add a web page or a stream", "Add it", draw)


async def new_address(page: LivePage, content: Content) -> Media | None:
    """Another version of an address; None when the operator let it be."""

    def draw() -> Callable[[], Awaitable[Media]]:
        before = content.newest.url if content.newest is not None else None
        url = text_field("Address", "address-url", before or "", type_="url", autofocus=True)

        async def send() -> Media:
            return await page.hub.contents.add_version(content.id, MediaRequest(url=url()))

        return send

    return await form_dialog(page.session, "New version", "Add it", draw)


async def reject(page: LivePage, media: Media) -> Media | None:
    """Ask for the reason, which is not optional: whoever made it must know what to do."""

    def draw() -> Callable[[], Awaitable[Media]]:
        tag(
            "p",
            "dialog-text",
            f"{media.created_by or 'Whoever made it'} reads this, and can submit another one.",
        )
        reason = _reason("Why", "reject-reason")

        async def send() -> Media:
            if not reason():
                raise Unfit("Say why: whoever made it has to know what to do.")
            return await page.hub.contents.reject(media.id, reason())

        return send

    title = f"Reject version {media.number} of {media.content_name}?"
    return await form_dialog(page.session, title, "Reject", draw, kind="danger")


async def retire(page: LivePage, media: Media) -> Media | None:
    """Ask, with where it is used; None when the operator let it be."""
    try:
        usage = await page.hub.contents.usage(media.id)
    except HubError as error:
        explain(page.session, error)
        return None

    def draw() -> Callable[[], Awaitable[Media]]:
        used = bool(usage.uses or usage.screens)
        tag(
            "p",
            "dialog-text",
            "It stops on every screen within seconds, and is left out of these playlists:"
            if usage.uses
            else "Nothing can use it any more. It stays in the history.",
        )
        if usage.uses:
            uses_list(usage)
        reason = _reason("Why (for the history)", "retire-reason")

        async def send() -> Media:
            return await page.hub.contents.retire(media.id, reason(), even_if_used=used)

        return send

    title = f"Retire version {media.number} of {media.content_name}?"
    return await form_dialog(page.session, title, "Retire it", draw, kind="danger")


async def ask_delete(content: Content) -> bool:
    """Whether all of it shall go."""
    return await confirm(
        f"Delete {content.name}?",
        "All its versions go with it. What a playlist uses cannot be deleted: retire it, or take it out.",
        "Delete",
    )


def uses_list(usage: Usage) -> None:
    """Where a version is used, each with the way there."""
    if usage.uses:
        with tag("ul", "uses", testid="uses"):
            for use in usage.uses:
                with tag("li", "use"):
                    tag("a", "cell-link", use.playlist_name, href=f"/playlists/{use.playlist_id}")
                    tag("span", "row-note", use_words(use))
    tag("p", "row-note", usage_words(usage), testid="usage")


def _reason(label: str, testid: str) -> Callable[[], str]:
    with labelled(label):
        box = ui.textarea().props(f"{_BOX} autogrow autofocus maxlength=2000 data-testid={testid}")
    return lambda: str(box.value or "").strip()
