// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint: what comes to /ws goes back.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    for await (const message of ws.messages())
        await ws.sendMessage(message);
});

app.run();
