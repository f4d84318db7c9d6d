// SPDX-License-Identifier: LGPL-2.1-or-later
// nexws from GJS: an echo that is a coroutine's loop, and awaits everything.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    try {
        while (true)
            await ws.sendText(await ws.receiveText());
    } catch (error) {
        if (!(error instanceof Nx.WebSocketDisconnect))
            throw error;
    }
});

app.run();
