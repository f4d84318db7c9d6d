// SPDX-License-Identifier: LGPL-2.1-or-later
// nexws from GJS: an echo that walks over what comes.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    for await (const text of ws.texts())
        ws.sendText(text);
});

app.run();
