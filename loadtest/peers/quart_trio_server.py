"""quart-trio on hypercorn: the broadcast of Quart's documentation, on trio.

    python quart_trio_server.py PORT

The set holds the screens' WebSockets themselves, not a queue and a second task for each: a broadcast sends to
one after the other, which is the cheaper of the two ways in Quart's documentation. JSON is written by the
module `json`, as Quart's `send_json` would sort its keys and put blanks between them.
"""

import json
import sys

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from quart import websocket
from quart_trio import QuartTrio

app = QuartTrio(__name__)
screens = set()
receipts = 0


async def broadcast(message):
    for screen in tuple(screens):
        await screen.send(message)


@app.websocket("/ws")
async def screen():
    global receipts
    this = websocket._get_current_object()
    try:
        while True:
            frame = json.loads(await this.receive())
            if frame["type"] == "heartbeat":
                ack = {"type": "ack", "seq": frame["seq"]}
                await this.send(json.dumps(ack, separators=(",", ":")))
            elif frame["type"] == "receipt":
                receipts += 1
            elif frame["type"] == "hello":
                screens.add(this)
                await this.send('{"type":"welcome"}')
    finally:
        screens.discard(this)


@app.websocket("/control")
async def control():
    while True:
        await broadcast(await websocket.receive())


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.backlog = 4096
config.accesslog = None
trio.run(serve, app, config)
