// SPDX-License-Identifier: LGPL-2.1-or-later
// What a test client says of what went otherwise.
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, run, test} from './harness.js';

test('an end has its code and its reason, and says what was waited for', async () => {
    const app = new Nx.App();
    app.websocketRoute('/', async ws => {
        await ws.accept();
        ws.close(4000, 'enough');
    });
    const client = app.testClient();
    for (const wait of ['receive', 'receiveText', 'receiveJson']) {
        await client.open('/');
        const error = await assertFails(() => client[wait](), 'A message was expected, but the connection ended with code 4000 (enough)');
        assertEqual([error instanceof Nx.WebSocketDisconnect, error.code, error.reason], [true, 4000, 'enough']);
    }
    assertEqual([client.closeCode, client.closeReason], [4000, 'enough']);
});

test('a refusal says its status', async () => {
    const app = new Nx.App();
    app.websocketRoute('/', ws => ws.reject(418, 'tea'));
    const client = app.testClient();
    await assertFails(() => client.open('/'), 'The handshake for / was refused with 418');
    assertEqual([client.status, client.getResponseHeader('content-type')], [418, 'text/plain; charset=utf-8']);
});

test('what was agreed on', async () => {
    const app = new Nx.App();
    app.websocketRoute('/', ws => {
        ws.setSubprotocol('v2');
        ws.accept();
    });
    const client = app.testClient();
    client.setSubprotocols(['v1', 'v2']);
    await client.open('/');
    assertEqual([client.subprotocol, client.state], ['v2', Nx.State.OPEN]);
    await client.close();
});

await run();
