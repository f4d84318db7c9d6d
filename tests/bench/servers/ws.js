// SPDX-License-Identifier: LGPL-2.1-or-later
// Echo with Node's ws; at /ws/broadcast, sending to all.
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
const members = new Set();
server.on('connection', (ws, request) => {
  if (request.url.endsWith('/broadcast')) {
    members.add(ws);
    ws.on('close', () => members.delete(ws));
    ws.on('message', (data, isBinary) => {
      for (const member of members)
        member.send(data, { binary: isBinary });
    });
  } else {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  }
  ws.on('error', () => {});
});
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
