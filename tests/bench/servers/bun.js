// SPDX-License-Identifier: LGPL-2.1-or-later
// Echo with Bun's own server.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, server) {
    if (server.upgrade(request))
      return undefined;
    return new Response('not a websocket', { status: 400 });
  },
  websocket: {
    message(ws, message) {
      ws.send(message);
    },
  },
});
console.log(`listening on ws://127.0.0.1:${server.port}`);
