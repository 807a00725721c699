// node with `ws`: the server and the broadcast of its README.
//
//     node ws_server.mjs PORT
//
// The package's optional part in C++ (bufferutil) is not installed: with frames as short as these it makes no
// difference that can be measured.

import WebSocket, { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
const screens = new Set();
let receipts = 0;

function broadcast(data) {
  for (const screen of screens) {
    if (screen.readyState === WebSocket.OPEN) screen.send(data, { binary: false });
  }
}

server.on("connection", (socket, request) => {
  socket.on("error", console.error);
  if (request.url === "/control") {
    socket.on("message", broadcast);
    return;
  }
  socket.on("message", (data) => {
    const frame = JSON.parse(data);
    if (frame.type === "heartbeat") {
      socket.send(JSON.stringify({ type: "ack", seq: frame.seq }));
    } else if (frame.type === "receipt") {
      receipts += 1;
    } else if (frame.type === "hello") {
      screens.add(socket);
      socket.send(JSON.stringify({ type: "welcome" }));
    }
  });
  socket.on("close", () => screens.delete(socket));
});
