// SPDX-License-Identifier: LGPL-2.1-or-later
// Echo with Bun's own server; at /ws/broadcast, publishing to all.
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  fetch(request, server) {
    if (server.upgrade(request, { data: { isMember: request.url.endsWith('/broadcast') } }))
      return undefined;
    return new Response('not a websocket', { status: 400 });
  },
  websocket: {
    open(ws) {
      if (ws.data.isMember)
        ws.subscribe('all');
    },
    message(ws, message) {
      if (ws.data.isMember)
        server.publish('all', message);
      else
        ws.send(message);
    },
  },
});
console.log(`listening on ws://127.0.0.1:${server.port}`);
