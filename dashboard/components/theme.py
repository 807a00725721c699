"""Light, dark, or as the system says: kept for each browser."""

from __future__ import annotations

from typing import Final

from nicegui import ElementFilter, app, ui

from dashboard.components.icons import icon
from dashboard.components.markup import tag

_THEMES: Final[tuple[tuple[str, bool | None, str, str], ...]] = (
    ("auto", None, "auto", "Colours: as the system"),
    ("light", False, "sun", "Colours: light"),
    ("dark", True, "moon", "Colours: dark"),
)
_DARK_GROUND: Final = "html{background:#0f1318}"


def dress() -> None:
    """The page's colours before its first paint, and the operator's choice of light or dark."""
    around = ui.context.client.content.parent_slot
    if around is not None:
        # Quasar's page is a <main> around everything; the landmark is our own, without header and navigation.
        around.parent.props["role"] = "presentation"
    dark = _chosen()[1]
    ui.dark_mode(dark)
    if dark is True:
        ui.add_head_html(f"<style>{_DARK_GROUND}</style>")
    elif dark is None:
        ui.add_head_html(f"<style>@media (prefers-color-scheme: dark){{{_DARK_GROUND}}}</style>")


def theme_toggle() -> None:
    """A button that turns to the next of the three."""
    _, _, picture, words = _chosen()
    holder = tag(
        "button", "btn btn-quiet btn-icon", type="button", aria_label=words, title=words, testid="theme"
    )

    def turn() -> None:
        now = _chosen()[0]
        following = _THEMES[([theme[0] for theme in _THEMES].index(now) + 1) % len(_THEMES)]
        app.storage.user["theme"] = following[0]
        # Its own value: what the browser alone was told is undone when the page is drawn anew.
        for dark in ElementFilter(kind=ui.dark_mode):
            dark.value = following[1]
        holder.clear()
        holder.props["aria-label"] = holder.props["title"] = following[3]
        with holder:
            icon(following[2])

    with holder.on("click", turn, []):
        icon(picture)


def _chosen() -> tuple[str, bool | None, str, str]:
    kept = app.storage.user.get("theme", "auto")
    return next((theme for theme in _THEMES if theme[0] == kept), _THEMES[0])
