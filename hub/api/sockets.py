"""The addresses of the WebSockets, asked without an upgrade: the front door takes those that have one."""

from __future__ import annotations

from typing import Final, NoReturn

from quart_trio import QuartTrio

from hub.api.problems import ProblemResponse

_PATHS: Final = ("/api/v1/ws/device", "/api/v1/ws/admin", "/api/v1/devices/<device_id>/ws")


def add_to(app: QuartTrio) -> None:
    """Each answers 426 Upgrade Required."""

    async def upgrade_required(**_: str) -> NoReturn:
        raise ProblemResponse(
            426,
            "This address speaks WebSocket: connect with a WebSocket client and the subprotocol clarion.v1.",
            headers={"Upgrade": "websocket"},
        )

    for path in _PATHS:
        app.add_url_rule(path, f"socket {path}", upgrade_required, methods=["GET"])
