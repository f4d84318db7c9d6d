// SPDX-License-Identifier: LGPL-2.1-or-later
// Receiving with promises and iterations.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, serve, takeLog, test, until} from './harness.js';

const NUL = 'ü\0€';

test('a loop over texts ends with the connection', async () => {
    const log = [];
    const client = await serve(async ws => {
        await ws.accept();
        for await (const text of ws.texts())
            await ws.sendText(`Message text was: ${text}`);
        log.push(ws.closeCode);
    });
    client.sendText('a');
    client.sendText(NUL);
    await client.expectText('Message text was: a');
    await client.expectText(`Message text was: ${NUL}`);
    await client.expectNothing();
    await client.close(4000, 'enough');
    await until(() => log.length > 0);
    assertEqual(log, [4000]);
});

test('a loop with await has the disconnect as an exception', async () => {
    const log = [];
    const client = await serve(async ws => {
        await ws.accept();
        try {
            while (true)
                log.push(await ws.receiveText());
        } catch (error) {
            log.push(error instanceof Nx.WebSocketDisconnect, error.code, error.reason);
        } finally {
            log.push('finally');
        }
    });
    client.sendText('a');
    client.sendText('b');
    await client.close(4001, 'bye');
    await until(() => log.includes('finally'));
    assertEqual(log, ['a', 'b', true, 4001, 'bye', 'finally']);
});

test('every kind, both ways', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        got.push(await ws.receiveText());
        got.push([...await ws.receiveBytes()]);
        got.push(await ws.receiveJson());
        const message = await ws.receive();
        got.push([message instanceof Nx.Message, message.isText, message.text, [...message.data], message.size]);
        const octets = await ws.receive();
        got.push([octets instanceof Nx.Message, octets.isText, octets.text, [...octets.data], octets.size]);
        const nul = await ws.receive();
        got.push([nul.isText, nul.text, nul.size]);
        got.push((await ws.receive()).json());
        ws.sendBytes(new Uint8Array());
        ws.sendMessage(message);
        ws.sendMessage(octets);
        ws.sendMessage(nul);
    });
    client.sendText('a');
    client.sendBytes(new Uint8Array([0, 255]));
    client.sendJson({deep: [1, null, NUL]});
    client.sendText('ü');
    client.sendBytes(new Uint8Array([1]));
    client.sendText(NUL);
    client.sendText('{"a": "ü"}');
    assertEqual([...await client.receiveBytes()], []);
    await client.expectText('ü');
    assertEqual([...await client.receiveBytes()], [1]);
    await client.expectText(NUL);
    assertEqual(got, ['a', [0, 255], {deep: [1, null, NUL]}, [true, true, 'ü', [195, 188], 2], [true, false, null, [1], 1],
        [true, NUL, 6], {a: 'ü'}]);
    await client.close();
});

test('iterations of every kind', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        for await (const value of ws.jsons()) {
            got.push(value);
            if (value === 2)
                break;
        }
        for await (const octets of ws.bytes()) {
            got.push([...octets]);
            break;
        }
        for await (const message of ws.messages())
            got.push(message.text);
    });
    ['1', '2'].forEach(text => client.sendText(text));
    client.sendBytes(new Uint8Array([3]));
    ['4', '5'].forEach(text => client.sendText(text));
    await client.expectNothing();
    await client.close();
    assertEqual(got, [1, 2, [3], '4', '5']);
});

test('results that are asked for by hand are their own', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        await ws.receiveText();
        const texts = ws.texts();
        const [first, second] = [await texts.next(), await texts.next()];
        got.push(first, second, await texts.next());
    });
    ['go', 'a', 'b'].forEach(text => client.sendText(text));
    await client.close();
    await until(() => got.length > 0);
    assertEqual(got, [{value: 'a', done: false}, {value: 'b', done: false}, {done: true}]);
});

test('those who wait are served in order', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        await Promise.all(['first', 'second', 'third'].map(async name => got.push([name, await ws.receiveText()])));
        ws.sendText('done');
    });
    ['a', 'b', 'c'].forEach(text => client.sendText(text));
    await client.expectText('done');
    assertEqual(got, [['first', 'a'], ['second', 'b'], ['third', 'c']]);
    await client.close();
});

const later = (ms, value) => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
    resolve(value);
    return GLib.SOURCE_REMOVE;
}));

for (const race of ['race', 'any']) {
    test(`Promise.${race}() that a receive lost loses no message`, async () => {
        const got = [];
        const client = await serve(async ws => {
            await ws.accept();
            got.push(await Promise[race]([ws.receiveText(), later(1, 'late')]));
            ws.sendText('go');
            // Nobody waits while it comes.
            await later(20);
            got.push(await ws.receiveText());
            got.push(await Promise[race]([later(5000, 'late'), ws.receiveText()]));
        });
        await client.expectText('go');
        client.sendText('a');
        client.sendText('b');
        await until(() => got.length === 3);
        assertEqual(got, ['late', 'a', 'b']);
        await client.close();
    });
}

test('races that go on and on lose nothing, and keep the order', async () => {
    const N = 500;
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        while (got.length < N) {
            const one = await Promise.race([ws.receiveText(), later(0, null)]);
            if (one !== null)
                got.push(Number(one));
        }
    });
    for (let i = 0; i < N; i++)
        client.sendText(String(i));
    await until(() => got.length === N);
    assertEqual(got, [...Array(N).keys()]);
    await client.close();
});

test('a receive that is served while it loses gives its message back', async () => {
    const got = [];
    const client = await serve(async ws => {
        // Before the handler that receives, so that it is kept before.
        const other = new Promise(resolve => ws.connect('readable', () => resolve('other')));
        await ws.accept();
        got.push(await Promise.race([ws.receiveText(), other]));
        got.push(await ws.receiveText());
        got.push(await ws.receiveText());
    });
    client.sendText('a');
    client.sendText('b');
    await until(() => got.length === 3);
    assertEqual(got, ['other', 'a', 'b']);
    await client.close();
});

test('races of others are as ever', async () => {
    assertEqual(await Promise.race([later(50, 'b'), later(1, 'a')]), 'a');
    assertEqual(await Promise.any([Promise.reject(new Error('x')), later(1, 'a')]), 'a');
    await assertFails(Promise.race([Promise.reject(new Error('the first'))]), 'the first');
    await assertFails(Promise.any([Promise.reject(new Error('x'))]), '');
});

test('an option that there is not is told, and takes no message', async () => {
    const client = await serve(async ws => {
        await ws.accept();
        await assertFails(() => ws.receiveText({timout: 5}), 'ws.receiveText(): there is no option timout, but timeout, cancellable');
        ws.sendText(await ws.receiveText());
    });
    client.sendText('a');
    await client.expectText('a');
    await client.close();
});

test('a time limit and a cancellable leave the message for the next', async () => {
    const got = [];
    const cancellable = new Gio.Cancellable();
    const client = await serve(async ws => {
        await ws.accept();
        const error = await assertFails(ws.receiveText({timeout: 5}), 'Nothing came within 5 ms');
        got.push(error instanceof Nx.TimeoutError);
        later(5).then(() => cancellable.cancel());
        const cancelled = await assertFails(ws.receiveText({cancellable}), 'cancelled');
        got.push(cancelled.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED));
        ws.sendText('go');
        got.push(await ws.receiveText({timeout: 10000}));
    });
    await client.expectText('go');
    client.sendText('a');
    await until(() => got.length === 3);
    assertEqual(got, [true, true, 'a']);
    await client.close();
});

test('what was not asked for is told as such, and closes when nobody minds', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        for (const name of ['receiveText', 'receiveBytes', 'receiveJson', 'receiveJson'])
            got.push(await assertFails(ws[name](), '').then(error => [error instanceof Nx.InvalidData, error.message]));
        await ws.receiveJson();
    });
    client.sendBytes(new Uint8Array([1]));
    client.sendText('text');
    client.sendText('{"a":');
    client.sendBytes(new Uint8Array([1]));
    client.sendText('[');
    await client.expectClose(1007);
    assertEqual(got.map(([isInvalid]) => isInvalid), [true, true, true, true]);
    assertIncludes(got[0][1], 'A binary message came where text was expected');
    assertIncludes(got[1][1], 'A text message came where a binary one was expected');
    assertIncludes(got[2][1], 'no JSON');
    assertIncludes(takeLog(), 'A message that is no JSON came');
});

test('who asks again and again after the end does not stop the loop', async () => {
    let n = 0;
    const client = await serve(async ws => {
        await ws.accept();
        while (n < 50) {
            try {
                await ws.receiveText();
            } catch {
                n++;
            }
        }
    });
    await client.close();
    let nTurns = 0;
    while (n < 50) {
        await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
            resolve();
            return GLib.SOURCE_REMOVE;
        }));
        nTurns++;
    }
    if (nTurns < 10)
        throw new Error(`50 failures in ${nTurns} turns of the loop`);
});

test('what is there is taken at once, of either kind', async () => {
    for (const isText of [true, false]) {
        let turns = 0;
        const client = await serve(async ws => {
            await ws.accept();
            ws.connect('readable', () => turns++);
            for await (const message of ws.messages()) {
                if (message.size === 4)
                    ws.sendText(`${turns}`);
            }
        });
        for (let i = 0; i < 12; i++) {
            if (isText)
                client.sendText(i === 11 ? 'last' : `${i}`);
            else
                client.sendBytes(new Uint8Array(i === 11 ? 4 : 1));
        }
        const n = Number(await client.receiveText());
        if (n > 3)
            throw new Error(`${n} turns of the main loop for twelve messages, ${isText ? 'of text' : 'of octets'}`);
    }
});

test('a number beyond what a double holds is no JSON', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        for (let i = 0; i < 4; i++)
            got.push(await ws.receiveJson().catch(error => [error.constructor.name, error.message]));
        got.push(await ws.receiveJson());
        await ws.receiveJson();
    });
    for (const text of ['1e400', '{"a": [-1E+400]}', '9'.repeat(400), '"1e400"', '[1e308, 1e-400]'])
        client.sendText(text);
    client.sendText(`1${'0'.repeat(250)}e99`);
    await client.expectClose(1007);
    const words = 'A message with a number that is too large came: ';
    assertEqual(got, [['InvalidData', `${words}1e400`], ['InvalidData', `${words}{"a": [-1E+400]}`],
        ['InvalidData', `${words}${'9'.repeat(60)}…`], '1e400', [1e308, 0]]);
    takeLog();
});

test('what is nested too deep is the peer\'s mistake', async () => {
    const got = [];
    const app = new Nx.App({max_message_size: 1 << 20});
    app.addController('/', class extends Nx.Controller {
        onReceive(ws, message) {
            got.push(JSON.stringify(message.json()).length);
        }
    });
    const client = app.testClient();
    await client.open('/');
    const nest = (depth, inner) => '['.repeat(depth) + inner + ']'.repeat(depth);
    // At the limit, and much that is not deep.
    client.sendText(nest(1000, ''));
    client.sendText(`[${Array(2000).fill('[]').join(',')}]`);
    for (const text of [nest(1001, ''), nest(100000, '1e999'), `${'{"a":'.repeat(1001)}1${'}'.repeat(1001)}`]) {
        const other = app.testClient();
        await other.open('/');
        other.sendText(text);
        await other.expectClose(1007);
    }
    await client.close();
    assertEqual(got, [2000, 6001]);
    assertIncludes(takeLog(), 'A message that is nested too deep came: 1000 levels are allowed');
});

await run();
