"""Where sockets come in: one port for HTTP and WebSocket, thousands of screens on one trio task.

head          is this request a WebSocket upgrade? (pure)
wire          RFC 6455 for one connection, by the sans-I/O protocol of `websockets`
farewell      how long who is sent away stays away
connection    one connection from its first byte to its last; knows no sockets
sessions      what a screen's or an operator's connection means
credentials   who is this token? looked up many at a time
epoll         the shell on Linux: nested epolls hold every socket; socket_transport is one of them
streams       the portable shell: one trio task a connection; also for TLS in process
"""
