"""One content of the library: its picture, its name, and how it stands. It changes in place."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.components.markup import set_attribute, tag
from dashboard.components.media_picture import thumbnail
from dashboard.content_sentences import also_approved, brief, is_busy, shown_of, standing, validity_now
from protocol.contents import Content


class ContentCard:
    """Drawn into a grid."""

    def __init__(self, content: Content) -> None:
        self._content: Content | None = None
        self._card = tag("li", "content-card", testid="content")
        self.show(content)

    @property
    def busy(self) -> bool:
        """Whether the hub is still at its newest version."""
        media = shown_of(self._content) if self._content is not None else None
        return media is not None and is_busy(media)

    def show(self, content: Content) -> None:
        """As it is now; nothing is drawn when nothing changed."""
        if content == self._content:
            return
        self._content = content
        media = shown_of(content)
        set_attribute(self._card, "data-content", content.id)
        self._card.clear()
        with self._card, tag("a", "content-link", href=f"/contents/{content.id}", testid="content-link"):
            thumbnail(media)
            with tag("span", "content-words"):
                tag("span", "content-name", content.name)
                tag("span", "content-note", brief(media) if media is not None else "No version yet")
                with tag("span", "content-pills"):
                    if media is not None:
                        word, tone = standing(media)
                        tag("span", f"pill pill-{tone}" if tone else "pill", word, testid="content-standing")
                    window = validity_now(content, datetime.now(UTC))
                    if window is not None:
                        tag("span", "pill", window[0])
                    older = also_approved(content)
                    if older:
                        tag("span", "chip", f"v{content.approved.number} approved", title=older)  # type: ignore[union-attr]
                    if content.versions > 1 and not older:
                        tag("span", "chip", f"{content.versions} versions")
