"""A version as it looks: small on a card, or as large as there is room, as a screen would show it."""

from __future__ import annotations

from typing import Final

from dashboard.components.buttons import button
from dashboard.components.icons import icon
from dashboard.components.markup import Tag, set_text, tag
from dashboard.content_sentences import is_busy, kind_words, length_words, standing
from protocol.contents import Media
from protocol.vocabulary import MediaKind, Processing

_PICTURES: Final = {
    MediaKind.IMAGE: "content",
    MediaKind.VIDEO: "play",
    MediaKind.HTML: "screen",
    MediaKind.WEB: "web",
    MediaKind.STREAM: "live",
}


def thumbnail(media: Media | None) -> None:
    """The small picture; where there is none, what kind of thing it is."""
    with tag("div", "thumb", aria_hidden="true"):
        if media is None:
            icon("content", "thumb-icon")
            return
        if media.thumbnail_url is not None:
            tag("img", "thumb-image", src=media.thumbnail_url, alt="", loading="lazy", decoding="async")
        else:
            busy = " thumb-busy" if is_busy(media) else ""
            icon(_PICTURES.get(media.kind, "content") if media.kind else "content", f"thumb-icon{busy}")
        if media.duration_s:
            tag("span", "thumb-length", length_words(media.duration_s))


def preview(media: Media | None, label: str) -> None:
    """What a screen would show. What is elsewhere (a page, a stream) is asked for when one wants it."""
    with tag("div", "looked", testid="preview", data_media=media.id if media is not None else None):
        if media is None:
            tag("p", "looked-note", "There is no version yet.")
        elif media.processing is not Processing.READY:
            thumbnail(media)
            tag("p", "looked-note", f"{standing(media)[0]}. {media.processing_detail or ''}".strip())
        elif media.url is None:
            tag("p", "looked-note", "There is nothing to show.")
        else:
            _shown(media, media.url, label)


def _shown(media: Media, url: str, label: str) -> None:
    match media.kind:
        case MediaKind.IMAGE:
            tag("img", "looked-image", src=url, alt=label, testid="looked-image")
        case MediaKind.VIDEO:
            tag(
                "video",
                "looked-video",
                src=url,
                poster=media.thumbnail_url,
                controls=True,
                muted=True,
                loop=True,
                playsinline=True,
                preload="metadata",
                aria_label=label,
                testid="looked-video",
            )
        case MediaKind.HTML:
            _framed(url, label)
        case _:
            _elsewhere(media, url, label)


def _framed(url: str, label: str) -> Tag:
    # Its own origin, so that it can neither read what is signed in here nor act for it.
    return tag(
        "iframe",
        "looked-frame",
        src=url,
        title=label,
        sandbox="allow-scripts",
        referrerpolicy="no-referrer",
        loading="lazy",
        testid="looked-frame",
    )


def _elsewhere(media: Media, url: str, label: str) -> None:
    with tag("div", "looked-away") as away:
        icon(_PICTURES[media.kind or MediaKind.WEB], "thumb-icon")
        note = tag("p", "looked-note", f"{kind_words(media)}: the screen goes there by itself.")
        tag("code", "looked-url", url)
        with tag("div", "row-actions"):
            tag(
                "a",
                "btn btn-small",
                "Open in a new tab",
                href=url,
                target="_blank",
                rel="noreferrer noopener",
            )

            def show() -> None:
                away.clear()
                with away:
                    _framed(url, label)
                    tag(
                        "p",
                        "looked-note",
                        "If it stays empty, that page does not let itself be shown inside another.",
                    )

            if media.kind is MediaKind.WEB:
                button("Show it here", show, kind="small", testid="preview-show")
            else:
                set_text(note, f"{kind_words(media)}: the screen fetches it by itself.")
