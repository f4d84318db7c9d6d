// SPDX-License-Identifier: LGPL-2.1-or-later
// Who stops the loop is named in the log.
import {block, letTimePass, watchByThisClock} from './clock.js';
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertIncludes, run, serve, takeLog, test, turn, until} from './harness.js';

// So long that the next warning is not one too many.
const QUIET_MS = 60000;

watchByThisClock(Nx);

/** What was logged, of one warning. */
async function take() {
    await turn();
    const log = takeLog();
    assertEqual(log.match(/stopped the main loop/g)?.length ?? 0, 1);
    letTimePass(QUIET_MS);
    return log;
}

async function open(klass) {
    const app = new Nx.App();
    app.addController('/', klass);
    const client = app.testClient();
    await client.open('/');
    return client;
}

test('in a loop over messages, but not each time', async () => {
    const client = await serve(async function busy(ws) {
        await ws.accept();
        for await (const text of ws.texts()) {
            block();
            ws.sendText(text);
        }
    });
    for (let i = 0; i < 3; i++) {
        client.sendText('a');
        await client.expectText('a');
    }
    assertIncludes(await take(), 'busy() of /ws stopped the main loop for 130 ms');
    client.sendText('a');
    await client.expectText('a');
    assertIncludes(await take(), 'and 2 times more since the last warning');
    await client.close();
});

test('after an await of something else', async () => {
    class Busy extends Nx.Controller {
        async onReceive(ws, message) {
            await turn();
            block();
            ws.sendText(message.text);
        }
    }
    const client = await open(Busy);
    client.sendText('a');
    await client.expectText('a');
    assertIncludes(await take(), 'Busy.onReceive(), after an await, stopped the main loop for 130 ms');
    await client.close();
});

test('after an await, and it goes on', async () => {
    const client = await serve(async function busy(ws) {
        await ws.accept();
        await turn();
        block();
        ws.sendText('done');
        await turn();
        await ws.receiveText().catch(() => {});
    });
    await client.expectText('done');
    assertIncludes(await take(), 'busy() of /ws, after an await, stopped');
    await client.close();
});

test('who has ended since then is not meant; who has ended with it may be', async () => {
    let go = false;
    const client = await serve(async function busy(ws) {
        await ws.accept();
        await ws.receiveText();
        await until(() => go);
        block();
    });
    client.app.websocketRoute('/idle', async function idle(ws) {
        await ws.accept();
        await turn();
    });
    const other = client.app.testClient();
    await other.open('/idle');
    await turn();
    await turn();
    letTimePass(150);
    client.sendText('a');
    await turn();
    go = true;
    await turn();
    const log = await take();
    assertIncludes(log, 'busy() of /ws, after an await, stopped');
    assertEqual(log.includes('idle'), false);
    await other.close();
    await client.close();
});

test('of several that go on, all are named', async () => {
    let go = false;
    const client = await serve(async function busy(ws) {
        await ws.accept();
        await until(() => go);
        block();
        ws.sendText('done');
        await ws.receiveText().catch(() => {});
    });
    client.app.websocketRoute('/wait', async function waiting(ws) {
        await ws.accept();
        await ws.receiveText().catch(() => {});
    });
    const other = client.app.testClient();
    await other.open('/wait');
    go = true;
    await client.expectText('done');
    const log = await take();
    assertIncludes(log, 'One of ');
    assertIncludes(log, 'busy() of /ws');
    assertIncludes(log, 'waiting() of /wait');
    await other.close();
    await client.close();
});

test('middleware, onError() and the methods of JSON-RPC', async () => {
    class Failing extends Nx.Controller {
        onReceive(_ws, _message) {
            throw new Error('no');
        }

        async onError(ws, _error) {
            await turn();
            block();
            ws.sendText('sorry');
        }
    }
    let client = await open(Failing);
    client.sendText('a');
    await client.expectText('sorry');
    assertIncludes(await take(), 'Failing.onError(), after an await, stopped');
    await client.close();

    class Desk extends Nx.RpcController {
        static methods = ['atOnce', 'later'];

        atOnce() {
            block();
            return 1;
        }

        async later() {
            await turn();
            block();
            return 2;
        }
    }
    client = await open(Desk);
    assertEqual(await client.call('atOnce'), 1);
    assertIncludes(await take(), 'Desk.atOnce() stopped');
    assertEqual(await client.call('later'), 2);
    assertIncludes(await take(), 'Desk.later(), after an await, stopped');
    await client.close();

    const app = new Nx.App();
    app.addMiddleware(async function slow(ws, next) {
        await turn();
        block();
        await next();
    });
    app.websocketRoute('/', ws => ws.accept());
    client = app.testClient();
    await client.open('/');
    assertIncludes(await take(), 'slow(), after an await, stopped');
    await client.close();
});

test('what is not theirs is not said to be', async () => {
    let isOver = false;
    const client = await serve(async function waiting(ws) {
        await ws.accept();
        await ws.receiveText().catch(() => {});
        isOver = true;
    });
    let isDone = false;
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
        block();
        isDone = true;
        return GLib.SOURCE_REMOVE;
    });
    await until(() => isDone);
    await client.close();
    await until(() => isOver);
    // Nobody goes on now: it is this program's own.
    await turn();
    letTimePass(150);
    await turn();
    block();
    await turn();
    assertEqual(takeLog(), '');
});

await run({heedsSlowness: true});
