"""What is on the glass at this moment: its picture, its name, and how far it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from dashboard.components.markup import set_text, switch_class, tag
from dashboard.components.media_picture import thumbnail
from dashboard.content_sentences import brief, length_words
from dashboard.frame import LivePage
from dashboard.hub_http import HubError
from dashboard.sentences import playing
from dashboard.session import explain
from protocol.contents import Media
from protocol.live import ScreenRow
from protocol.manifest import ManifestItem
from protocol.vocabulary import Permission, PlaybackState, Presence


class _OnGlass(NamedTuple):
    """What of a row says what is on the glass. `number`: of the playlist it is from."""

    online: bool
    state: PlaybackState | None
    name: str | None
    media_id: str | None
    since_ms: int | None
    number: int | None


class NowPlaying:
    """Asks the hub for a picture when something is shown that was not shown before.

    Who may not see contents is told the name alone.
    """

    def __init__(self, page: LivePage, device_id: str) -> None:
        self._page, self._device_id = page, device_id
        self._shown: _OnGlass | None = None
        self._items: dict[str, ManifestItem] = {}
        self._read_for: int | None = -1
        self._media: dict[str, Media] = {}
        with tag("div", "now-playing", testid="now-playing"):
            self._picture = tag("div", "now-picture")
            with tag("div", "now-words"):
                self._name = tag("strong", "now-name", testid="screen-playing")
                self._note = tag("span", "now-note", testid="now-note")
                with tag("div", "now-run hidden") as self._run:
                    self._bar = tag("div", "now-bar", role="img", aria_label="How far it is")
                    self._length = tag("span", "now-length num", testid="now-length")

    async def show(self, row: ScreenRow) -> None:
        """Show what this row says; nothing is asked when that is as it was."""
        online = row.presence is Presence.ONLINE
        glass = _OnGlass(
            online, row.playback, row.now_playing, row.media_id, row.shown_since_ms, row.playlist_number
        )
        if glass == self._shown:
            return
        self._shown = glass
        said = playing(row)
        set_text(self._name, said if online or row.playback is None else f"{said}, when it was last heard")
        item = media = None
        if row.now_playing and self._page.session.may(Permission.CONTENT_VIEW):
            item = await self._item_of(glass)
            media = await self._media_of(glass.media_id or (item.media_id if item is not None else None))
        if glass == self._shown:
            self._draw(glass, item, media)

    def _draw(self, glass: _OnGlass, item: ManifestItem | None, media: Media | None) -> None:
        self._picture.clear()
        with self._picture:
            thumbnail(media)
        set_text(self._note, f"Version {media.number} · {brief(media)}" if media is not None else "")
        length_s = item.duration_s if item is not None else media.duration_s if media is not None else None
        runs = glass.online and glass.since_ms is not None and bool(length_s)
        switch_class(self._run, "hidden", not runs)
        if glass.since_ms is not None and length_s and runs:
            self._start(length_s, max(0, self._page.now_ms - glass.since_ms) / 1000)

    def _start(self, length_s: float, shown_s: float) -> None:
        """The browser runs it by itself: a figure a moment would be a frame a moment to every open page."""
        self._bar.clear()
        with self._bar:
            tag("span", "now-done", style=f"--length:{length_s:.2f}s;--shown:-{shown_s % length_s:.2f}s")
        set_text(self._length, f"{length_words(length_s)} long")

    async def _item_of(self, glass: _OnGlass) -> ManifestItem | None:
        """The item of its manifest. That is read again when the screen plays another playlist."""
        found = self._found(glass)
        if found is not None or self._read_for == glass.number:
            return found
        self._read_for = glass.number
        try:
            standing = await self._page.hub.schedule.standing(self._device_id)
        except HubError as error:
            self._refused(error)
            return None
        manifest = standing.manifest
        items = [item for playlist in manifest.playlists for item in playlist.items] if manifest else []
        self._items = {item.name: item for item in items} | {item.media_id: item for item in items}
        return self._found(glass)

    def _found(self, glass: _OnGlass) -> ManifestItem | None:
        # A screen that only reports names says no media: the name of a content is its tenant's only one.
        return self._items.get(glass.media_id or glass.name or "")

    async def _media_of(self, media_id: str | None) -> Media | None:
        if media_id is None:
            return None
        known = self._media.get(media_id)
        if known is not None and (known.url_expires_at is None or known.url_expires_at > datetime.now(UTC)):
            return known
        try:
            self._media[media_id] = await self._page.hub.contents.version(media_id)
        except HubError as error:
            self._refused(error)
        return self._media.get(media_id)

    def _refused(self, error: HubError) -> None:
        if error.signed_out:
            explain(self._page.session, error)
