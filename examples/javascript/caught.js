// SPDX-License-Identifier: LGPL-2.1-or-later
// An error that the handler catches by itself, and tells its peer.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    try {
        while (true) {
            const data = await ws.receiveText();
            if (data === '')
                throw new RangeError('Empty messages are not allowed');
            await ws.sendText(`Received: ${data}`);
        }
    } catch (error) {
        if (error instanceof Nx.WebSocketDisconnect) {
            print('Client disconnected');
            return;
        }
        await ws.sendJson({error: error.message});
        await ws.close(1011, 'Server error');
    }
});

app.run();
