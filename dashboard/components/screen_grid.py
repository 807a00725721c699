"""The live table of screens: AG Grid, its rows fetched once, then changed by transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import nicegui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from dashboard.sentences import PLAYBACK_WORDS, losses, playing
from protocol.live import ScreenRow
from protocol.vocabulary import (
    MISSING_SENTENCES,
    PRESENCE_SENTENCES,
    DeviceStatus,
    LedgerState,
    Presence,
    PresenceReason,
)

_AG_GRID: Final = Path(nicegui.__file__).parent / "elements" / "aggrid" / "dist"
ROWS_URL: Final = "/rows"
STATES: Final = ("all", "online", "offline", "unstable", "playing", "lagging", "alerted", "missing")


class ScreenGrid(Element, component="screen_grid.js", esm={"nicegui-aggrid": str(_AG_GRID)}):
    """Approved screens. Search and filters run in the browser; only the size of the selection comes back."""

    def __init__(
        self,
        zone: str,
        on_selected: Callable[[int], Any],
        on_counted: Callable[[int], Any],
        state: str = "all",
        search: str = "",
    ) -> None:
        super().__init__()
        self.props["rows-url"] = ROWS_URL
        self.props["zone"] = zone
        self.props["state"] = state
        self.props["search"] = search
        self.props["data-testid"] = "screens-grid"
        self.classes("screen-grid")
        self.on("selected", lambda event: on_selected(_number(event)))
        self.on("counted", lambda event: on_counted(_number(event)))

    def upsert(self, rows: Iterable[ScreenRow], removed: Iterable[str]) -> None:
        """Put these rows, drop those ids: one transaction in the browser."""
        shown, gone = [], list(removed)
        for row in rows:
            if row.status is DeviceStatus.APPROVED:
                shown.append(grid_row(row))
            else:
                gone.append(row.id)
        if shown or gone:
            self.run_method("upsert", shown, gone)

    def search(self, text: str) -> None:
        self.run_method("find", text)

    def filter(self, state: str, site: str) -> None:
        """`state`: one of `STATES`; `site`: a name, or empty for all."""
        self.run_method("filter", state, site)

    def show_alerts(self, on: bool) -> None:
        """Show the column that says how each screen stands to the emergency in force."""
        self.run_method("showAlerts", on)

    def clear_selection(self) -> None:
        self.run_method("clearSelection")

    async def selected_ids(self) -> list[str]:
        """Ids of the selected rows."""
        return list(await self.run_method("selectedIds", timeout=5) or [])


def _number(event: GenericEventArguments) -> int:
    return int(event.args or 0)


def grid_row(row: ScreenRow) -> dict[str, Any]:
    """One row as the browser draws it: words are made here, times of day there; keys are short."""
    online = row.presence is Presence.ONLINE
    never = row.reason is PresenceReason.NEVER_CONNECTED
    cells: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "on": online,
        "play": playing(row) if online or row.now_playing else "",
    }
    optional: dict[str, Any] = {
        "why": "" if online else PRESENCE_SENTENCES[row.reason],
        "since": None if never else row.since_ms,
        "unst": row.unstable_since_ms,
        "unstWhy": losses(row) if row.unstable_since_ms is not None else "",
        "seen": row.last_seen_ms,
        "site": row.site,
        "groups": ", ".join(row.groups),
        "tags": " ".join(f"{key} {value}" for key, value in row.tags.items()),
        "loc": row.location,
        "state": PLAYBACK_WORDS[row.playback] if online and row.playback is not None else "",
        "list": row.playlist,
        "num": row.playlist_number,
        "lag": row.lags_since_ms,
        "pend": row.pending_commands,
        "alert": alert_cell(row),
        "alertWhy": MISSING_SENTENCES[row.alert_missing] if row.alert_missing is not None else "",
        "plat": row.platform,
        "sim": row.simulated,
    }
    cells |= {key: value for key, value in optional.items() if value}
    return cells


def alert_cell(row: ScreenRow) -> str:
    """How this screen stands to the gravest emergency: shown, missing, clearing, waiting, or nothing."""
    if row.alert_id is None:
        return ""
    if row.alert_missing is not None:
        return "missing"
    match row.alert_state:
        case LedgerState.RENDERED:
            return "shown"
        case LedgerState.HIDE_SENT:
            return "clearing"
        case LedgerState.HIDDEN:
            return ""
        case _:
            return "waiting"
