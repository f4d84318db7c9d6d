// SPDX-License-Identifier: LGPL-2.1-or-later
// Sending, accepting and closing: they act at once, and what they return may be awaited or ignored.
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, serve, takeLog, test, turn, until} from './harness.js';

test('sends act without being awaited, in order', async () => {
    const client = await serve(ws => {
        ws.accept();
        ws.sendText('a');
        ws.sendText('ü\0€');
        ws.sendBytes(new Uint8Array([1, 2]));
        ws.sendBytes(new Uint8Array([3]).buffer);
        ws.sendJson({a: [1, null, 'ü\0']});
        ws.sendJson(null);
        ws.sendMessage(Nx.Message.fromText('framed once'));
        ws.sendMessage(Nx.Message.fromBytes(new Uint8Array([4])));
        ws.sendMessage(Nx.Message.fromJson({b: 1}));
        ws.sendVariant(new GLib.Variant('(sb)', ['v', true]));
    });
    await client.expectText('a');
    await client.expectText('ü\0€');
    assertEqual([...await client.receiveBytes()], [1, 2]);
    assertEqual([...await client.receiveBytes()], [3]);
    assertEqual(await client.receiveJson(), {a: [1, null, 'ü\0']});
    assertEqual(await client.receiveJson(), null);
    await client.expectText('framed once');
    assertEqual([...await client.receiveBytes()], [4]);
    assertEqual(await client.receiveJson(), {b: 1});
    await client.expectText('["v",true]');
    await client.close();
});

test('lone halves of characters become U+FFFD, as in a browser', async () => {
    const client = await serve(ws => {
        ws.accept();
        ws.sendText('a\ud800b');
        ws.sendJson('\ud800');
    });
    await client.expectText('a\ufffdb');
    assertEqual(await client.receiveText(), '"\\ud800"');
    await client.close();
});

test('a wrong type is thrown where it is passed, and says what is wanted', async () => {
    const words = [];
    const client = await serve(async ws => {
        await ws.accept();
        const wrong = [() => ws.sendText(5), () => ws.sendText(null), () => ws.sendText({a: 1}), () => ws.sendBytes('text'),
            () => ws.sendJson(undefined), () => ws.sendJson(() => {}), () => ws.sendMessage('text'), () => ws.close(1005)];
        for (const one of wrong) {
            try {
                one();
                words.push('nothing');
            } catch (error) {
                words.push(error.message);
            }
        }
        ws.sendText('done');
    });
    await client.expectText('done');
    for (const [i, part] of ['text must be a string, not a number', 'not null', 'sendJson() takes plain objects', 'data must be a Uint8Array, not a string',
        'undefined has no JSON', 'a function has no JSON', 'message must be an Nx.Message, not a string', 'Close code 1005 cannot be sent; 1000 to 1003'].entries())
        assertIncludes(words[i], part);
    await client.close();
});

test('a mistake of the program closes with 1011, and is never the peer\'s', async () => {
    const cycle = {list: [1]};
    cycle.list.push({cycle});
    const mistakes = [
        [ws => ws.close(99), 'RangeError: Close code 99 cannot be sent; 1000 to 1003, 1007 to 1014 and 3000 to 4999 can'],
        [ws => ws.close(1000.5), 'RangeError: ws.close(1000.5)'],
        [ws => ws.close(-1), 'RangeError: ws.close(-1)'],
        [ws => ws.close('1000'), 'TypeError: ws.close(code): code must be a number, not a string: "1000"'],
        [ws => ws.close(1000, 5), 'TypeError: ws.close(code, reason): reason must be a string or null, not a number: 5'],
        [ws => ws.close(1000, 'ü'.repeat(62)), 'RangeError: A close reason holds at most 123 octets, this one has 124'],
        [ws => ws.close(1000, 'a\0b'), 'RangeError: ws.close(code, reason): a reason has no U+0000'],
        [ws => ws.acceptAndClose(99), 'RangeError: Close code 99 cannot be sent'],
        [ws => ws.sendVariant(new GLib.Variant('d', NaN)), 'RangeError: '],
        [ws => ws.sendText(5), 'TypeError: ws.sendText(text): text must be a string, not a number: 5'],
        [ws => ws.sendJson(undefined), 'TypeError: ws.sendJson(value): undefined has no JSON'],
        [ws => ws.sendJson(NaN), 'TypeError: ws.sendJson(value): value is a number: NaN, which has no JSON'],
        [ws => ws.sendJson({a: [null, -Infinity]}), 'TypeError: ws.sendJson(value): value.a[1] is a number: -Infinity'],
        [ws => ws.sendJson(cycle), 'TypeError: ws.sendJson(value): value.list[1].cycle is an object that it is in itself'],
        [ws => ws.sendJson({n: 1n}), 'TypeError: ws.sendJson(value): value.n is a bigint: 1'],
        [ws => ws.sendBytes('text'), 'TypeError: ws.sendBytes(data): data must be a Uint8Array, not a string: "text"'],
        [ws => ws.sendMessage({}), 'TypeError: ws.sendMessage(message): message must be an Nx.Message, not a plain object'],
    ];
    for (const [make, words] of mistakes) {
        const client = await serve(async ws => {
            await ws.accept();
            await ws.receiveText();
            make(ws);
        });
        client.sendText('go');
        await client.expectClose(1011, '');
        assertIncludes(takeLog(), `failed: ${words}`);
    }
});

test('what has JSON, though null is in it, is sent', async () => {
    const client = await serve(ws => {
        ws.accept();
        const twice = {a: null};
        ws.sendJson([twice, twice, 'null', new Date(NaN), {toJSON: () => 'its own'}, undefined]);
    });
    assertEqual(await client.receiveJson(), [{a: null}, {a: null}, 'null', null, 'its own', null]);
    await client.close();
});

test('after the peer\'s close a send fails at once, and again and again without stopping the loop', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        await ws.receiveText().catch(() => {});
        let isLater = false;
        GLib.idle_add(GLib.PRIORITY_HIGH, () => {
            isLater = true;
            return GLib.SOURCE_REMOVE;
        });
        const error = await ws.sendText('a').catch(one => one);
        got.push(error instanceof Nx.WebSocketDisconnect, error.code, isLater);
        while (!isLater)
            await ws.sendText('a').catch(() => {});
        got.push('the loop has turned');
    });
    await client.close(4000);
    await until(() => got.length === 4);
    assertEqual(got, [true, 4000, false, 'the loop has turned']);
});

test('what fails because the peer has gone may be ignored, or awaited', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        await ws.receiveText().catch(() => {});
        // Twice ignored, once not; the loop has its turns.
        ws.sendText('too late');
        ws.sendJson({too: 'late'});
        const error = await assertFails(ws.sendText('too late'), 'ended with code 4002: away');
        got.push(error instanceof Nx.WebSocketDisconnect, error.code, error.reason);
        ws.close();
        await ws.close();
    });
    await client.close(4002, 'away');
    await until(() => got.length > 0);
    assertEqual(got, [true, 4002, 'away']);
    await turn();
});

test('a send that is awaited waits for the low-water mark, and so does a loop over texts', async () => {
    const app = new Nx.App({high_water_mark: 65536, low_water_mark: 1024});
    const log = [];
    app.websocketRoute('/awaits', async ws => {
        await ws.accept();
        await ws.receiveText();
        for (let i = 0; i < 4; i++) {
            await ws.sendText('x'.repeat(40000));
            log.push(ws.get_buffered_amount() <= 1024);
        }
        await ws.close();
    });
    app.websocketRoute('/loop', async ws => {
        await ws.accept();
        for await (const _ of ws.texts()) {
            ws.sendText('x'.repeat(40000));
            log.push('sent');
        }
    });
    for (const path of ['/awaits', '/loop']) {
        log.length = 0;
        const client = app.testClient();
        await client.open(path);
        client.stopReading(4096);
        for (let i = 0; i < 4; i++)
            client.sendText('more');
        for (let i = 0; i < 20; i++)
            await turn();
        if (log.length > 1)
            throw new Error(`${path}: it went on to ${log}`);
        client.startReading();
        for (let i = 0; i < 4; i++)
            assertEqual((await client.receiveText()).length, 40000);
        assertEqual(log, path === '/loop' ? Array(4).fill('sent') : Array(4).fill(true));
        await client.close();
    }
});

test('one who waits for room hears of the end', async () => {
    const app = new Nx.App({low_water_mark: 0});
    const got = [];
    app.websocketRoute('/', async ws => {
        await ws.accept();
        await ws.receiveText();
        const error = await assertFails(ws.sendText('x'.repeat(100000)), 'ended');
        got.push(error instanceof Nx.WebSocketDisconnect);
    });
    const client = app.testClient();
    await client.open('/');
    client.stopReading(1024);
    client.sendText('go');
    for (let i = 0; i < 20; i++)
        await turn();
    assertEqual(got, []);
    client.cut();
    await until(() => got.length > 0);
    assertEqual(got, [true]);
});

test('close resolves at the end, and may be ignored', async () => {
    const got = [];
    const client = await serve(async ws => {
        await ws.accept();
        await ws.close(4003, 'enough');
        got.push(ws.state === Nx.State.CLOSED, ws.closeCode);
    });
    await client.expectClose(4003, 'enough');
    await until(() => got.length > 0);
    assertEqual(got, [true, 4003]);
});

test('refusing', async () => {
    const app = new Nx.App();
    app.websocketRoute('/reject', ws => ws.reject(418, 'teapot'));
    app.websocketRoute('/default', async ws => {
        await ws.reject();
    });
    app.websocketRoute('/polite', ws => ws.acceptAndClose(4004, 'no'));
    app.websocketRoute('/close', ws => ws.close());
    const client = app.testClient();
    await client.expectRefusal('/reject', 418);
    await client.expectRefusal('/default', 403);
    await client.expectRefusal('/close', 403);
    await client.open('/polite');
    await client.expectClose(4004, 'no');
});

test('objects and actions', async () => {
    const Point = GObject.registerClass({
        Properties: {x: GObject.ParamSpec.int('x', 'x', 'x', GObject.ParamFlags.READWRITE, 0, 9, 0)},
    }, class Point extends GObject.Object {});
    const client = await serve(ws => {
        ws.accept();
        ws.sendObject(new Point({x: 3}));
        ws.sendAction('moved', new Point({x: 4}));
    });
    assertEqual(await client.receiveJson(), {x: 3});
    assertEqual(await client.receiveJson(), {type: 'moved', x: 4});
    await client.close();
});

await run();
