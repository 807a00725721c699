"""trio-websocket: the server of its README, with a set of those who said hello.

    python trio_websocket_server.py PORT

One task reads each connection; a broadcast sends to one screen after the other. A screen that has gone away
raises `ConnectionClosed` where it is sent to, and in its own task, which takes it out of the set.
"""

import json
import sys
from contextlib import suppress

import trio
from trio_websocket import ConnectionClosed, serve_websocket

screens = set()
receipts = 0


async def broadcast(message):
    for screen in tuple(screens):
        try:
            await screen.send_message(message)
        except ConnectionClosed:
            screens.discard(screen)


async def serve_screen(connection):
    global receipts
    try:
        while True:
            frame = json.loads(await connection.get_message())
            if frame["type"] == "heartbeat":
                ack = {"type": "ack", "seq": frame["seq"]}
                await connection.send_message(json.dumps(ack, separators=(",", ":")))
            elif frame["type"] == "receipt":
                receipts += 1
            elif frame["type"] == "hello":
                screens.add(connection)
                await connection.send_message('{"type":"welcome"}')
    finally:
        screens.discard(connection)


async def serve_control(connection):
    while True:
        await broadcast(await connection.get_message())


async def serve(request):
    connection = await request.accept()
    with suppress(ConnectionClosed):
        await (serve_control if request.path == "/control" else serve_screen)(connection)


trio.run(serve_websocket, serve, "127.0.0.1", int(sys.argv[1]), None)
