"""FastAPI on uvicorn with uvloop: the connection manager of its documentation.

python fastapi_server.py PORT
"""

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect


class ConnectionManager:
    def __init__(self):
        self.active_connections = []
        self.receipts = 0

    def connect(self, websocket):
        self.active_connections.append(websocket)

    def disconnect(self, websocket):
        if websocket in self.active_connections:
            self.active_connections.remove(websocket)

    async def broadcast(self, message):
        for connection in self.active_connections:
            await connection.send_text(message)


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


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="warning", backlog=4096)
