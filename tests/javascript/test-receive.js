// SPDX-License-Identifier: LGPL-2.1-or-later
// Receiving with promises and iterations.
import Nx from 'gi://Nx?version=1';

import {assertEqual, run, test} from './harness.js';

test('a loop over texts ends with the connection', async () => {
    const app = new Nx.App();
    const log = [];
    app.websocketRoute('/ws', async ws => {
        await ws.accept();
        for await (const text of ws.texts())
            await ws.sendText(`Message text was: ${text}`);
        log.push('over');
    });
    const client = app.testClient();
    await client.open('/ws');
    client.sendText('a');
    client.sendText('ü\0€');
    await client.expectText('Message text was: a');
    await client.expectText('Message text was: ü\0€');
    await client.expectNothing();
    await client.close();
    assertEqual(log, ['over']);
});

await run();
