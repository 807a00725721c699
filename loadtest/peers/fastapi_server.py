"""FastAPI on uvicorn with uvloop: the connection manager of FastAPI's documentation.

    python fastapi_server.py PORT

uvicorn chooses for itself: uvloop, httptools and websockets, as they are installed. Where this differs from
the page that everybody starts from, it is in its favour: a set of connections, as removing one of thousands
from a list is slow; a screen that has gone away does not end the broadcast; and no pings, which would be a
timer for each connection, because the heartbeats tell the same.
"""

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self):
        self.active_connections = set()
        self.receipts = 0

    def connect(self, websocket):
        self.active_connections.add(websocket)

    def disconnect(self, websocket):
        self.active_connections.discard(websocket)

    async def broadcast(self, message):
        for connection in tuple(self.active_connections):
            try:
                await connection.send_text(message)
            except (WebSocketDisconnect, RuntimeError):
                self.disconnect(connection)


app = FastAPI()
manager = ConnectionManager()


@app.websocket("/ws")
async def screen(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            frame = await websocket.receive_json()
            if frame["type"] == "heartbeat":
                await websocket.send_json({"type": "ack", "seq": frame["seq"]})
            elif frame["type"] == "receipt":
                manager.receipts += 1
            elif frame["type"] == "hello":
                manager.connect(websocket)
                await websocket.send_json({"type": "welcome"})
    except WebSocketDisconnect:
        manager.disconnect(websocket)


@app.websocket("/control")
async def control(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            await manager.broadcast(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


uvicorn.run(
    app,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    backlog=4096,
    access_log=False,
    log_level="warning",
    ws_ping_interval=None,
)
