// SPDX-License-Identifier: LGPL-2.1-or-later
// Socket.IO on Node's ws: what comes goes to all; over the Redis whose socket REDIS names, to all of other processes too.
const http = require('http');
const { Server } = require('socket.io');

const server = http.createServer();
const io = new Server(server, { transports: ['websocket'], perMessageDeflate: false, wsEngine: require('ws').Server });
if (process.env.REDIS) {
  const { createAdapter } = require('@socket.io/redis-adapter');
  const Redis = require('ioredis');
  io.adapter(createAdapter(new Redis(process.env.REDIS), new Redis(process.env.REDIS)));
}
io.on('connection', socket => socket.on('m', data => io.emit('m', data)));
server.listen(0, '127.0.0.1', 4096, () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
