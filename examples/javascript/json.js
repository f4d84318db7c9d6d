// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON both ways: {"add": [1, 2, 3]} is answered with {"sum": 6}.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    for await (const question of ws.jsons()) {
        const numbers = question?.add;

        if (Array.isArray(numbers) && numbers.every(Number.isFinite))
            ws.sendJson({sum: numbers.reduce((sum, number) => sum + number, 0)});
        else
            ws.sendJson({error: 'I can {"add": [numbers]}'});
    }
});

app.run();
