// SPDX-License-Identifier: LGPL-2.1-or-later
// Middleware: functions that look at every handshake before its route does, in the order in which they were added. One logs, one counts
// and adds a header, one takes its time, as a look-up in a database would.
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';

const app = new Nx.App();
let nVisits = 0;

const sleep = ms => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
}));

app.addMiddleware(async (ws, next) => {
    print(`${ws.id} asks for ${ws.path}`);
    await next();
    print(`${ws.id} has gone`);
});

app.addMiddleware((ws, next) => {
    ws.setResponseHeader('X-Visit', String(++nVisits));
    next();
});

app.addMiddleware(async (ws, next) => {
    await sleep(50);
    if (ws.queryParams.has('banned'))
        ws.reject(403, 'You are banned\n');
    else
        await next();
});

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    for await (const message of ws.messages())
        ws.sendMessage(message);
});

app.run();
