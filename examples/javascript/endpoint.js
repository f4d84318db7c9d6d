// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint as a function that receives by itself: what comes to /ws is answered.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    try {
        while (true) {
            const text = await ws.receiveText();
            await ws.sendText(`Message text was: ${text}`);
        }
    } catch (error) {
        if (!(error instanceof Nx.WebSocketDisconnect))
            throw error;
        print(`Client disconnected with code ${error.code}`);
    }
});

app.run();
