"""What the hub measures of itself at any moment, by name, for `/metrics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from hub.live.roster import Screen
from hub.metrics import Metrics
from protocol.vocabulary import Presence

if TYPE_CHECKING:
    from hub.bootstrap import Hub


def measures_of(hub: Hub) -> Metrics:
    """Every gauge and counter of this hub."""
    fleet, dispatcher, journal = hub.fleet, hub.fleet.dispatcher, hub.journal
    deleted, cache = hub.retention.deleted, hub.content_cache
    return Metrics(
        gauges=[
            ("screens_known", "Devices in the roster.", lambda: len(hub.roster)),
            ("screens_connected", "Screens with a live session.", lambda: len(fleet.connected_devices())),
            ("actors", "Device actors.", lambda: len(fleet)),
            ("messages_waiting", "Messages in the dispatcher's lanes.", lambda: dispatcher.waiting),
            (
                "emergencies_unrecorded",
                "Emergency records not yet in PostgreSQL.",
                lambda: hub.records.waiting,
            ),
            ("journal_waiting", "Records not yet in PostgreSQL.", lambda: journal.waiting),
            (
                "journal_lag_seconds",
                "Age of the oldest record that is not in PostgreSQL.",
                lambda: journal.lag_s,
            ),
            (
                "records_waiting",
                "Plays and events of screens that are not in PostgreSQL yet.",
                lambda: hub.record_keeping.waiting,
            ),
            ("operators_connected", "Operators' live sockets.", lambda: hub.feed.subscribers),
            (
                "devices_quarantined",
                "Devices kept out after repeated faults.",
                lambda: len(fleet.supervisor.quarantined(trio.current_time())),
            ),
            (
                "screens_behind",
                "Screens with a live session that do not play yet what they must.",
                lambda: sum(_is_behind(screen) for screen in hub.roster),
            ),
        ],
        counters=[
            ("connections", "Connections accepted.", lambda: hub.gateway.accepted),
            ("connections_turned_away", "Handshakes refused.", lambda: hub.gateway.turned_away),
            ("turns", "Actor turns.", lambda: dispatcher.turns),
            ("turn_faults", "Actor turns that failed.", lambda: dispatcher.faults),
            (
                "service_restarts",
                "Services of the hub that failed and were started again.",
                lambda: sum(state.restarts for state in hub.services.states()),
            ),
            (
                "messages_refused",
                "Messages refused by a full or stopped actor.",
                lambda: dispatcher.refused,
            ),
            ("journal_written", "Records written to PostgreSQL.", lambda: journal.written),
            ("journal_dropped", "History records dropped under pressure.", lambda: journal.dropped),
            (
                "history_deleted",
                "History deleted because it was old; of heartbeats and plays the days.",
                lambda: {kind: number for kind, number in deleted.items() if kind != "devices"},
            ),
            (
                "devices_deleted",
                "Devices deleted that asked to be let in and never were.",
                lambda: deleted["devices"],
            ),
            ("records_kept", "Plays and events of screens kept.", lambda: hub.record_keeping.kept),
            (
                "records_put_off",
                "Times that a screen was left to say its records again.",
                lambda: hub.record_keeping.put_off,
            ),
            ("journal_refused", "Records that PostgreSQL refused.", lambda: journal.refused),
            (
                "journal_stale",
                "Devices given up to a newer session of another hub.",
                lambda: journal.stale,
            ),
            (
                "manifests_made",
                "How often a tenant's manifests were made anew.",
                lambda: hub.making.times_made,
            ),
            (
                "contents_asked",
                "What was asked of contents and playlists: kept here, shared by another hub, made anew.",
                lambda: {"kept": cache.hits, "shared": cache.shared_hits, "made": cache.misses},
            ),
            (
                "files_looked_at",
                "Uploaded files that were looked at: usable or not, or put off for the disk or the store.",
                lambda: hub.use_cases.media_processing.looked_at,
            ),
            (
                "files_cleared",
                "Uploads and files cleared away because nothing needed them.",
                lambda: hub.clearing.cleared,
            ),
        ],
    )


def _is_behind(screen: Screen) -> bool:
    return screen.presence is Presence.ONLINE and screen.lags_since_ms is not None
