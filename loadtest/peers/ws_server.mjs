// node with `ws`: the broadcast example of its documentation.
//
//     node ws_server.mjs PORT

import { WebSocketServer } from "ws";

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
const screens = new Set();
let receipts = 0;

server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url === "/control") {
    socket.on("message", (data) => {
      for (const screen of screens) screen.send(data, { binary: false });
    });
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
