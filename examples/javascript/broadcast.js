// SPDX-License-Identifier: LGPL-2.1-or-later
// Broadcasting to a group: what one sends to /ws/broadcast goes to all, the sender included.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();
const everybody = app.group('all');

app.websocketRoute('/ws/broadcast', async ws => {
    await ws.accept();
    everybody.add(ws);
    for await (const message of ws.messages())
        everybody.sendMessage(message);
});

app.run();
