"""The floor: what plain Python can do at best, when a server does nothing but move frames.

    python floor_server.py PORT

One epoll loop and no library; no actors, no authentication, no state but who is connected, and no JSON:
frames are unmasked, because they cannot be read otherwise, and told apart by how the benchmark's own begin.
So it is a bound, not a server for anybody else. What the kernel does not take at once is kept and sent later,
and who has gone away is forgotten: not even the floor loses a frame.
"""

import base64
import hashlib
import select
import socket
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HELLO = b'{"type":"hello"'
HEARTBEAT = b'{"type":"heartbeat","seq":'
RECEIPT = b'{"type":"receipt"'

poller = select.epoll()
connections = {}
screens = set()
receipts = 0


class Connection:
    __slots__ = ("received", "sock", "unsent", "upgraded")

    def __init__(self, sock):
        self.sock = sock
        self.upgraded = False
        self.received = b""
        self.unsent = b""


def text_frame(payload):
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return b"\x81\x7e" + size.to_bytes(2, "big") + payload


WELCOME = text_frame(b'{"type":"welcome"}')


def send(connection, frame):
    if connection.unsent:
        connection.unsent += frame
        return
    try:
        sent = connection.sock.send(frame)
    except BlockingIOError:
        sent = 0
    except OSError:
        return  # It has gone away: the poller says so next, and then it is forgotten.
    if sent < len(frame):
        connection.unsent = frame[sent:]
        poller.modify(connection.sock, select.EPOLLIN | select.EPOLLOUT)


def send_the_rest(connection):
    rest, connection.unsent = connection.unsent, b""
    poller.modify(connection.sock, select.EPOLLIN)
    send(connection, rest)


def message(connection, payload):
    global receipts
    if payload.startswith(HEARTBEAT):
        # The number ends at a comma or, found as -1, at the brace that ends the frame.
        seq = payload[26 : payload.find(b",", 26)]
        send(connection, text_frame(b'{"type":"ack","seq":%b}' % seq))
    elif payload.startswith(RECEIPT):
        receipts += 1
    elif payload.startswith(HELLO):
        screens.add(connection)
        send(connection, WELCOME)
    else:  # of /control: for every screen, as it is
        frame = text_frame(payload)
        for screen in screens:
            send(screen, frame)


def received(connection, data):
    """False when it ends the connection, or is nothing that the benchmark sends."""
    if connection.received:
        data = connection.received + data
    while len(data) >= 6:
        size, head = data[1] & 0x7F, 2
        if data[0] != 0x81 or size == 127:
            return False
        if size == 126:
            size, head = int.from_bytes(data[2:4], "big"), 4
        start = head + 4
        end = start + size
        if len(data) < end:
            break
        key = int.from_bytes((data[head:start] * (size // 4 + 1))[:size], "big")
        message(connection, (int.from_bytes(data[start:end], "big") ^ key).to_bytes(size, "big"))
        data = data[end:]
    connection.received = data
    return True


def upgrade(connection, data):
    head = connection.received + data
    if not head.endswith(b"\r\n\r\n"):
        connection.received = head
        return
    connection.received = b""
    connection.upgraded = True
    key = next(
        line[18:].strip() for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:")
    )
    accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    send(
        connection,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n",
    )


def accept_some(listener):
    for _ in range(64):
        try:
            sock, _ = listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        connections[sock.fileno()] = Connection(sock)
        poller.register(sock, select.EPOLLIN)


def serve(connection):
    """False when nothing more will come."""
    try:
        data = connection.sock.recv(16384)
    except BlockingIOError:
        return True
    except OSError:
        return False
    if not data:
        return False
    if connection.upgraded:
        return received(connection, data)
    upgrade(connection, data)
    return True


def main(port):
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    # Who is accepted inherits it: without it a frame waits for the answer to the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    poller.register(listener, select.EPOLLIN)
    while True:
        for fd, events in poller.poll(-1, 256):
            connection = connections.get(fd)
            if connection is None:
                accept_some(listener)
                continue
            if events & select.EPOLLOUT:
                send_the_rest(connection)
            if events & ~select.EPOLLOUT and not serve(connection):
                del connections[fd]
                screens.discard(connection)
                connection.sock.close()


main(int(sys.argv[1]))
