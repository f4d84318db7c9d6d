// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint in short: a loop over what comes ends with the connection, and does not go faster than the peer takes the answers.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    for await (const text of ws.texts())
        ws.sendText(`Message text was: ${text}`);
    print(`Client disconnected with code ${ws.closeCode}`);
});

app.run();
