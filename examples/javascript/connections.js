// SPDX-License-Identifier: LGPL-2.1-or-later
// A list of connections, kept by hand: what one sends to /ws/broadcast goes to all, the sender included. A group does the same for less.
import Nx from 'gi://Nx?version=1';

const connections = new Set();
const app = new Nx.App();

app.websocketRoute('/ws/broadcast', async ws => {
    await ws.accept();
    connections.add(ws);
    try {
        for await (const data of ws.texts()) {
            // Who has just gone, or reads too slowly, must not keep the others from it: so nothing is awaited.
            for (const connection of connections)
                connection.sendText(`Broadcast: ${data}`);
        }
    } finally {
        connections.delete(ws);
    }
});

app.run();
