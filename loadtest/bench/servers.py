"""Every server of a benchmark, in the order of its tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from loadtest.bench.hub_server import HubServer
from loadtest.bench.peers import PYTHON, Peer
from loadtest.bench.results import FASTAPI, FLOOR, NODE, QUART_TRIO, TRIO_WEBSOCKET
from loadtest.bench.server import Server

CLARION: Final = HubServer()

SERVERS: Final[tuple[Server, ...]] = (
    CLARION,
    Peer(FASTAPI, "FastAPI, uvicorn, uvloop", "fastapi_server.py", PYTHON),
    Peer(NODE, "node, ws", "ws_server.mjs", None),
    Peer(TRIO_WEBSOCKET, "trio-websocket", "trio_websocket_server.py", PYTHON),
    Peer(QUART_TRIO, "quart-trio, hypercorn", "quart_trio_server.py", PYTHON),
    # It needs nothing but Python, so it runs on the one that everything else runs on.
    Peer(FLOOR, "the floor", "floor_server.py", Path(sys.executable)),
)
