// SPDX-License-Identifier: LGPL-2.1-or-later
// A service for tests/bindings/asking.py: whoever comes may ask all.
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();

async function ask(ws, group) {
    const {answers, missing, complete} = await group.ask({vote: '?'}, {timeout: 600000});
    await ws.sendJson({answers: Object.fromEntries([...answers].map(([id, message]) => [id, message.json().v])), missing, complete});
}

app.websocketRoute('/', async ws => {
    const group = app.group('all');
    await ws.accept();
    await ws.sendJson({worker: app.workerNumber, id: ws.id});
    group.add(ws);
    for await (const message of ws.messages()) {
        const {say} = message.json();
        if (say !== undefined)
            group.sendJson({said: say}, {excluding: ws});
        else
            ask(ws, group).catch(console.error);
    }
});

app.run();
