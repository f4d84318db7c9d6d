// SPDX-License-Identifier: LGPL-2.1-or-later
// Authentication by a token in the query: /ws?token=secret. At /ws a wrong one is refused with HTTP 403, before there is a WebSocket; at
// /ws/polite it is told with close code 1008, which, unlike a status, a browser's script can read.
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';

const token = GLib.getenv('TOKEN') ?? 'secret';
const app = new Nx.App();

async function welcome(ws) {
    await ws.accept();
    await ws.sendText('Authenticated');
    for await (const message of ws.messages())
        ws.sendMessage(message);
}

app.websocketRoute('/ws', async ws => {
    if (ws.queryParams.get('token') === token)
        await welcome(ws);
    else
        ws.reject(403, 'Unauthorized\n');
});

app.websocketRoute('/ws/polite', async ws => {
    await ws.accept();
    if (ws.queryParams.get('token') !== token) {
        await ws.close(1008, 'Unauthorized');
        return;
    }
    await ws.sendText('Authenticated');
    for await (const message of ws.messages())
        ws.sendMessage(message);
});

app.run();
