// SPDX-License-Identifier: LGPL-2.1-or-later
// Controllers: what a class with methods has to say, and what becomes of what it throws.
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';
import System from 'system';

import {assertEqual, assertFails, assertIncludes, run, takeLog, test, turn, until} from './harness.js';

const log = [];

class Noting extends Nx.Controller {
    n = 0;

    constructor(name = 'default') {
        super();
        this.name = name;
    }

    async onConnect(ws) {
        await turn();
        await super.onConnect(ws);
        log.push(`connect ${this.name}`);
    }

    async onReceive(ws, message) {
        const n = ++this.n;
        await turn();
        // One at a time, whatever is awaited.
        log.push(`${n} of ${this.n}: ${message.text}`);
        if (message.text === 'throw')
            throw new TypeError('a secret');
        await ws.sendText(`${message.text}!`);
    }

    async onDisconnect(ws, code, reason) {
        await turn();
        log.push(`disconnect ${code} ${reason}`);
    }
}

async function open(...args) {
    const app = new Nx.App();
    log.length = 0;
    app.addController('/', ...args);
    const client = app.testClient();
    await client.open('/');
    return client;
}

test('one each, made with arguments, every method asynchronous', async () => {
    const client = await open(Noting, 'ada');
    client.sendText('a');
    client.sendText('b');
    await client.expectText('a!');
    await client.expectText('b!');
    await client.close(4000, 'bye');
    await until(() => log.length === 4);
    assertEqual(log, ['connect ada', '1 of 1: a', '2 of 2: b', 'disconnect 4000 bye']);
});

test('one for all, and one by a function', async () => {
    const shared = new Noting('shared');
    let client = await open(shared);
    client.sendText('a');
    await client.expectText('a!');
    await client.close();
    assertEqual(shared.n, 1);
    assertEqual(shared.app, client.app);
    await until(() => log.length === 3);
    client = await open(ws => new Noting(ws.path));
    await client.close();
    await until(() => log.length === 2);
    assertEqual(log[0], 'connect /');
});

test('a class that was registered by hand, and one derived from it', async () => {
    const Base = GObject.registerClass({GTypeName: 'NotingBase'}, class Base extends Nx.Controller {
        onReceive(ws, message) {
            ws.sendText(`base: ${message.text}`);
        }
    });
    class Derived extends Base {
        onReceive(ws, message) {
            ws.sendText('derived');
            super.onReceive(ws, message);
        }
    }
    assertEqual(GObject.type_name(Base.$gtype), 'NotingBase');
    const client = await open(Derived);
    client.sendText('a');
    await client.expectText('derived');
    await client.expectText('base: a');
    await client.close();
});

test('a function that makes no controller, or throws', async () => {
    for (const [make, words] of [[function make() {}, 'make() of / must return a controller, not undefined'], [function find() {
        throw new Error('no database');
    }, 'find@']]) {
        const app = new Nx.App();
        app.addController('/', make);
        await app.testClient().expectRefusal('/', 500);
        assertIncludes(takeLog(), words);
    }
});

test('two classes of one name', async () => {
    const make = word => class Same extends Nx.Controller {
        onReceive(ws) {
            return ws.receiveText().then(() => ws.sendText(word));
        }
    };
    for (const word of ['first', 'second']) {
        const client = await open(make(word));
        client.sendText('');
        await client.expectText(word);
        await client.close();
    }
});

test('an onReceive without a message receives by itself', async () => {
    class Pull extends Nx.Controller {
        async onReceive(ws) {
            for await (const text of ws.texts())
                ws.sendText(`pulled ${text}`);
            log.push('over');
        }
    }
    const client = await open(Pull);
    client.sendText('a');
    client.sendText('b');
    await client.expectText('pulled a');
    await client.expectText('pulled b');
    await client.close();
    await until(() => log.length > 0);
});

test('kinds of messages, U+0000 among them', async () => {
    class Kinds extends Nx.Controller {
        onReceive(ws, message) {
            log.push([message.isText, message.text, [...message.data], message instanceof Nx.Message]);
            ws.sendMessage(message);
        }
    }
    const client = await open(Kinds);
    client.sendText('a');
    client.sendText('\0');
    client.sendBytes(new Uint8Array([9]));
    await client.expectText('a');
    await client.expectText('\0');
    assertEqual([...await client.receiveBytes()], [9]);
    assertEqual(log, [[true, 'a', [97], true], [true, '\0', [0], true], [false, null, [9], true]]);
    await client.close();
});

test('a message that is kept stays, from a virtual function as well', async () => {
    const kept = [];
    class Keeping extends Nx.Controller {
        async onReceive(ws, message) {
            await turn();
            kept.push(message);
            ws.sendText('kept');
        }
    }
    class Bare extends Nx.Controller {
        vfunc_on_receive(ws, message) {
            kept.push(message);
            ws.send_text('kept');
        }
    }
    class Tap extends Nx.Middleware {
        vfunc_received(ws, message) {
            kept.push(message);
            return Nx.Verdict.PASS;
        }
    }
    class Answering extends Nx.Controller {
        onReceive(ws, _message) {
            ws.sendText('kept');
        }
    }
    for (const klass of [Keeping, Bare, Answering]) {
        const client = await open(klass);
        if (klass === Answering) {
            await client.close();
            client.app.addMiddleware(Tap);
            await client.open('/');
        }
        client.sendText('text');
        client.sendText('te\0xt');
        client.sendBytes(new Uint8Array([1, 2]));
        for (let i = 0; i < 3; i++)
            await client.expectText('kept');
        await client.close();
        System.gc();
        await turn();
        assertEqual(kept.splice(0).map(message => [message.text, [...message.data].length]), [['text', 4], ['te\0xt', 5], [null, 2]]);
    }
});

test('what is thrown goes to the log with its stack, and closes with 1011', async () => {
    for (const how of ['at once', 'later']) {
        class Throwing extends Nx.Controller {
            onReceive() {
                return how === 'later' ? turn().then(() => this.fail()) : this.fail();
            }

            fail() {
                throw new TypeError('a secret');
            }
        }
        const client = await open(Throwing);
        client.sendText('a');
        await client.expectClose(1011, '');
        const logged = takeLog();
        assertIncludes(logged, 'failed: TypeError: a secret');
        assertIncludes(logged, 'fail@');
        assertIncludes(logged, 'test-controller.js');
    }
    const client = await open(Noting);
    client.sendText('throw');
    await client.expectClose(1011);
    assertIncludes(takeLog(), 'onReceive@');
    await until(() => log.at(-1) === 'disconnect 1011 ');
});

test('onError gets the very error, and decides', async () => {
    class Mild extends Nx.Controller {
        onReceive(ws, {text}) {
            if (text === 'mild')
                throw new RangeError(text);
            throw new Error(text);
        }

        async onError(ws, error) {
            await turn();
            log.push(`${error.constructor.name} ${error.message}`);
            if (error instanceof RangeError)
                ws.sendText('please not');
            else
                await super.onError(ws, error);
        }
    }
    const client = await open(Mild);
    client.sendText('mild');
    await client.expectText('please not');
    client.sendText('hard');
    await client.expectClose(1011);
    assertEqual(log, ['RangeError mild', 'Error hard']);
    assertIncludes(takeLog(), 'failed: Error: hard');
});

test('an error in onConnect is 500, one in onDisconnect and in onError are in the log', async () => {
    class Unlucky extends Nx.Controller {
        onConnect(ws) {
            if (ws.queryParams.has('fail'))
                throw new Error('no way in');
            return super.onConnect(ws);
        }

        onReceive() {
            throw new Error('the first');
        }

        onError(ws, error) {
            throw new Error(`after ${error.message}`);
        }

        onDisconnect() {
            throw new Error('at the end');
        }
    }
    const app = new Nx.App();
    app.addController('/', Unlucky);
    const client = app.testClient();
    await client.expectRefusal('/?fail', 500);
    assertIncludes(takeLog(), 'onError() failed: after no way in');
    await client.open('/');
    client.sendText('a');
    await client.expectClose(1011);
    await turn();
    const logged = takeLog();
    assertIncludes(logged, 'onError() failed: after the first');
    assertIncludes(logged, 'at the end');
});

test('what is no error at all, and one of GLib\'s', async () => {
    const domain = GLib.quark_from_string('test');
    for (const [thrown, words] of [['just text', 'just text was thrown, which is no Error'], [undefined, 'undefined was thrown'],
        [new GLib.Error(Nx.Error, Nx.Error.INVALID_STATE, 'not now'), 'not now'], [{a: 1}, '{"a":1} was thrown'], [domain, 'was thrown']]) {
        class Odd extends Nx.Controller {
            async onReceive(_ws, _message) {
                await turn();
                throw thrown;
            }
        }
        const client = await open(Odd);
        client.sendText('a');
        await client.expectClose(1011);
        assertIncludes(takeLog(), words);
    }
});

test('the disconnect that ends a coroutine is no error', async () => {
    class Waiting extends Nx.Controller {
        async onReceive(ws, _message) {
            log.push('in');
            try {
                await ws.receiveText();
            } finally {
                log.push('out');
            }
        }
    }
    const client = await open(Waiting);
    client.sendText('a');
    await until(() => log.length === 1);
    await client.close();
    await until(() => log.length === 2);
    await turn();
});

test('a kind that is not taken closes', async () => {
    class Json extends Nx.Controller {
        constructor() {
            super({encoding: Nx.Encoding.JSON});
        }

        onReceive(ws, message) {
            ws.sendJson({got: message.json()});
        }
    }
    let client = await open(Json);
    client.sendJson([1]);
    assertEqual(await client.receiveJson(), {got: [1]});
    client.sendText('{');
    await client.expectClose(1007);
    client = await open(Json);
    client.sendBytes(new Uint8Array([1]));
    await client.expectClose(1003);
});

test('a method of another name, signature or kind is told at once', async () => {
    const app = new Nx.App();
    const wrong = [
        [class Snake extends Nx.Controller { on_receive() {} }, 'Snake.on_receive() is never called: it is onReceive() that is'],
        [class Browser extends Nx.Controller { onMessage() {} }, 'Browser.onMessage() is never called: it is onReceive() that is'],
        [class Small extends Nx.Controller { onreceive() {} }, 'Small.onreceive() is never called: it is onReceive() that is'],
        [class Greedy extends Nx.Controller { onReceive(ws, message, more) { return more; } }, 'Greedy.onReceive: onReceive() takes 3 parameters'],
        [class NoController {}, "addController('/', …): a function that makes a controller, or a class that extends Nx.Controller, is wanted, NoController is a class"],
        ['text', 'is wanted, not a string'],
    ];
    for (const [one, words] of wrong)
        await assertFails(() => app.addController('/', one), words);
});

test('connections leave nothing behind', async () => {
    const app = new Nx.App();
    app.addController('/', Noting);
    app.websocketRoute('/route', async ws => {
        await ws.accept();
        for await (const text of ws.texts())
            await ws.sendText(text);
    });
    const resident = () => Number(new TextDecoder().decode(GLib.file_get_contents('/proc/self/statm')[1]).split(' ')[1]);
    const come = async n => {
        for (let i = 0; i < n; i++) {
            const client = app.testClient();
            await client.open(i % 2 ? '/' : '/route');
            client.sendText('a');
            await client.receiveText();
            await client.close();
            if (i % 50 === 0)
                System.gc();
        }
        System.gc();
        return resident();
    };
    const before = await come(300);
    const after = await come(600);
    log.length = 0;
    // In pages of 4 KiB: 600 connections that stay would be more than 4 MiB.
    if (after - before > 1024)
        throw new Error(`from ${before} to ${after} pages`);
});

test('what is thrown and cannot be shown still ends its connection', async () => {
    const mute = Object.defineProperty(new Error(), 'message', {
        get() {
            throw new Error('no words');
        },
    });
    const things = [Symbol('mute'), mute, {toString: null, toJSON() {
        throw new Error('no words');
    }}];
    for (const thing of things) {
        const app = new Nx.App();
        class Mute extends Nx.Controller {
            async onReceive() {
                await null;
                throw thing;
            }

            async onError(ws, error) {
                await null;
                throw error;
            }
        }
        app.addController('/', Mute);
        app.websocketRoute('/route', async ws => {
            await ws.accept();
            await ws.receive();
            throw thing;
        });
        const refusing = new Nx.App();
        refusing.addMiddleware(async () => {
            await null;
            throw thing;
        });
        refusing.websocketRoute('/', ws => ws.accept());

        for (const path of ['/', '/route']) {
            const client = app.testClient();
            await client.open(path);
            client.sendText('x');
            await client.expectClose(1011);
        }
        await refusing.testClient().expectRefusal('/', 500);
        assertIncludes(takeLog(), typeof thing === 'symbol' ? 'Symbol(mute)' : 'that cannot be shown');
    }
});

test('generators, of which nothing would run, are refused', async () => {
    const app = new Nx.App();
    const later = async function* (ws) {
        yield ws;
    };
    class Yielding extends Nx.Controller {
        * onReceive(ws, message) {
            yield message;
        }
    }
    await assertFails(async () => app.websocketRoute('/', later), 'has a * and would never run');
    await assertFails(async () => app.addController('/', Yielding), 'has a * and would never run');
});

test('what the peer did wrong with an action reaches onError(), and else the peer', async () => {
    const Point = GObject.registerClass({
        Properties: {x: GObject.ParamSpec.int('x', 'x', 'x', GObject.ParamFlags.READWRITE, 0, 9, 0)},
    }, class FaultyPoint extends GObject.Object {});
    const wrong = [['{"type": "move", "x": 10}', 1007, 'move: x: '], ['{"type": "move", "y": 1}', 1007, 'move: '], ['{"type": "fly"}', 1007, 'type: '],
        ['{', 1007, 'type: '], ['{"type": "stop", "x": 1e400}', 1007, 'type: '], [new Uint8Array([1]), 1003, 'actions come as text, and this message is binary']];
    class Typed extends Nx.Controller {
        static actions = {move: Point};

        onMove(ws, move) {
            ws.sendText(`at ${move.x}`);
        }
    }
    class Named extends Nx.Controller {
        onStop(ws) {
            ws.sendText('stopped');
        }
    }
    const send = (client, what) => typeof what === 'string' ? client.sendText(what) : client.sendBytes(what);

    for (const klass of [Typed, Named]) {
        for (const [what, code, words] of wrong) {
            // Which of the two tells apart what "move" takes.
            const text = klass === Named && words.startsWith('move') ? 'type: ' : words;
            const closing = await open(klass);
            const closed = new Promise(resolve => closing.app.connections.get_item(0).connect('closed', (_, ...args) => resolve(args)));
            send(closing, what);
            await closing.expectClose(code);
            const [closeCode, reason] = await closed;
            assertEqual([closeCode, reason.startsWith(text)], [code, true]);

            for (const isLater of [false, true]) {
                class Answering extends klass {
                    onError(ws, error) {
                        const answer = () => {
                            ws.sendText(`${error instanceof Nx.InvalidData} ${error.message}`);
                            return what === '{' ? super.onError(ws, error) : undefined;
                        };
                        return isLater ? turn().then(answer) : answer();
                    }
                }
                const client = await open(Answering);
                send(client, what);
                assertIncludes(await client.receiveText(), `true ${text}`);
                if (what === '{') {
                    await client.expectClose(1007);
                } else {
                    client.sendText(klass === Typed ? '{"type": "move", "x": 3}' : '{"type": "stop"}');
                    await client.expectText(klass === Typed ? 'at 3' : 'stopped');
                    await client.close();
                }
            }
        }
    }
});

test('actions by name, and what a constructor adds, are described', () => {
    class Described extends Nx.Controller {
        constructor(name) {
            super({encoding: Nx.Encoding.TEXT});
            this.add_action(name, GObject.TYPE_NONE, () => {});
        }

        onMoveTo() {
        }
    }
    const app = new Nx.App();
    app.addController('/ws', Described, 'poke');
    const text = app.describeAs(Nx.DescriptionFormat.TYPESCRIPT);
    assertIncludes(text, '({ type: "move-to" } & { [key: string]: unknown; })');
    assertIncludes(text, '({ type: "poke" })');
    const {channels} = JSON.parse(app.describeAs(Nx.DescriptionFormat.ASYNCAPI));
    assertEqual(Object.keys(Object.values(channels)[0].messages).sort(), ['receive.move_to', 'receive.poke']);
});

test('a method that is almost one of the four is told of, where that is not there', async () => {
    for (const name of ['onRecieve', 'onReceve', 'onReceived', 'onDiscconnect']) {
        const klass = class Misspelt extends Nx.Controller {};
        klass.prototype[name] = () => {};
        new Nx.App().addController('/', klass);
        const right = name.startsWith('onR') ? 'onReceive' : 'onDisconnect';
        assertIncludes(takeLog(), `Misspelt.${name}() is for an action of that name; if ${right}() was meant, there is none`);
    }
    new Nx.App().addController('/', class Both extends Nx.Controller {
        onReceive(_ws) {}

        onReceived(_ws) {}

        onReconnect(_ws) {}
    });
    assertEqual(takeLog(), '');
});

test('what is a field, and would not be looked at, is told each time', async () => {
    class Arrow extends Nx.Controller {
        onReceive = ws => ws.sendText('never');
    }
    const Move = GObject.registerClass(class FieldMove extends GObject.Object {});
    class Actions extends Nx.Controller {
        actions = {move: Move};

        onMove() {}
    }
    class Methods extends Nx.RpcController {
        methods = ['add'];

        add() {}
    }
    // What is the class' own business.
    class Own extends Nx.Controller {
        actions = ['undo'];
        onDone = () => {};
    }
    const app = new Nx.App();
    const client = app.testClient();
    const wrong = [
        [Arrow, 'Arrow.onReceive is a field, and never called: write a method, onReceive(ws) {…}'],
        [Actions, 'Actions.actions is a field, and not looked at: write static actions = …'],
        [Methods, 'Methods.methods is a field, and not looked at: write static methods = …'],
    ];
    for (const [klass, words] of wrong) {
        app.addController(`/${klass.name}`, klass);
        for (let i = 0; i < 2; i++) {
            await client.expectRefusal(`/${klass.name}`, 500);
            assertIncludes(takeLog(), words);
        }
        await assertFails(() => app.addController('/one', new klass()), words);
    }
    app.addController('/own', Own);
    await client.open('/own');
    await client.close();
});

await run();
