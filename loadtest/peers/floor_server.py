"""The floor: what Python can do at best when a server does nothing but move frames. One epoll, no library, no
actors, no authentication, no state but who is connected; frames are read far enough to answer them.

    python floor_server.py PORT
"""

import base64
import hashlib
import json
import select
import socket
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def text_frame(payload):
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return b"\x81\x7e" + size.to_bytes(2, "big") + payload


def main(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    socks, buffers, screens = {}, {}, {}
    receipts = 0

    def message(fd, payload):
        nonlocal receipts
        frame = json.loads(payload)
        kind = frame["type"]
        if kind == "heartbeat":
            socks[fd].send(text_frame(b'{"type":"ack","seq":%d}' % frame["seq"]))
        elif kind == "receipt":
            receipts += 1
        elif kind == "hello":
            screens[fd] = socks[fd]
            socks[fd].send(text_frame(b'{"type":"welcome"}'))
        elif kind == "command":
            alert = text_frame(payload)
            for screen in screens.values():
                screen.send(alert)

    def received(fd, data):
        data = buffers[fd] + data
        while len(data) >= 6:
            size, head = data[1] & 0x7F, 2
            if size == 126:
                size, head = int.from_bytes(data[2:4], "big"), 4
            end = head + 4 + size
            if len(data) < end:
                break
            key = int.from_bytes((data[head : head + 4] * (size // 4 + 1))[:size], "big")
            body = int.from_bytes(data[head + 4 : end], "big") ^ key
            message(fd, body.to_bytes(size, "big"))
            data = data[end:]
        buffers[fd] = data

    def upgraded(fd, data):
        head = data.split(b"\r\n")
        key = next(line[18:].strip() for line in head if line.lower().startswith(b"sec-websocket-key:"))
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        socks[fd].send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        buffers[fd] = b""

    while True:
        for fd, _ in poller.poll(-1, 256):
            if fd == listener.fileno():
                for _ in range(64):
                    try:
                        sock, _ = listener.accept()
                    except BlockingIOError:
                        break
                    sock.setblocking(False)
                    socks[sock.fileno()] = sock
                    poller.register(sock, select.EPOLLIN)
                continue
            try:
                data = socks[fd].recv(16384)
            except OSError:
                data = b""
            if not data:
                socks.pop(fd).close()
                buffers.pop(fd, None)
                screens.pop(fd, None)
            elif fd in buffers:
                received(fd, data)
            else:
                upgraded(fd, data)


main(int(sys.argv[1]))
