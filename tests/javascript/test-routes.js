// SPDX-License-Identifier: LGPL-2.1-or-later
// Routes to functions, middleware as functions, actions by name.
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, serve, takeLog, test, turn, until} from './harness.js';

test('a function, at once and later', async () => {
    const app = new Nx.App();
    app.websocketRoute('/sync', ws => {
        ws.connect('message', (_, message) => ws.send_message(message));
        ws.accept();
    });
    app.wsRoute('/async', async ws => {
        await turn();
        await ws.accept();
        ws.sendText('hello');
    });
    const client = app.testClient();
    await client.open('/sync');
    client.sendText('a');
    await client.expectText('a');
    await client.close();
    await client.open('/async');
    await client.expectText('hello');
    await client.close();
});

test('routers in routers', async () => {
    const [app, outer, inner] = [new Nx.App(), new Nx.Router(), new Nx.Router()];
    inner.websocketRoute('/{room}', ws => {
        ws.accept();
        ws.sendText(ws.pathParams.room);
    });
    outer.mount('/chat', inner);
    app.mountRouter(outer, '/ws');
    const client = app.testClient();
    await client.open('/ws/chat/kitchen');
    await client.expectText('kitchen');
    await client.close();
    await client.expectRefusal('/chat/kitchen', 404);
});

test('what a route throws is logged with its stack, refuses with 500 and closes with 1011', async () => {
    function failing() {
        throw new RangeError('a secret');
    }
    for (const handler of [() => failing(), async () => failing()]) {
        const app = new Nx.App();
        app.websocketRoute('/', handler);
        await app.testClient().expectRefusal('/', 500);
        const log = takeLog();
        assertIncludes(log, 'RangeError: a secret');
        assertIncludes(log, 'failing@');
    }
    const client = await serve(async ws => {
        await ws.accept();
        await turn();
        failing();
    });
    await client.expectClose(1011, '');
    assertIncludes(takeLog(), 'failing@');
});

test('a route has a signal for it, which gets the error', async () => {
    const app = new Nx.App();
    const got = [];
    const route = app.websocketRoute('/', () => {
        throw new RangeError('told');
    });
    route.connect('error', (_, ws, error) => got.push(ws.path, error.message.split('\n')[0]));
    await app.testClient().expectRefusal('/', 500);
    assertEqual(got, ['/', 'told']);
});

test('a handler that forgets to accept is told of', async () => {
    const app = new Nx.App();
    app.websocketRoute('/', async () => {});
    await app.testClient().expectRefusal('/', 403);
    assertIncludes(takeLog(), 'the handler of route / ended without having accepted');
});

test('what is no handler is told when it is added', async () => {
    const app = new Nx.App();
    const cases = [
        [() => app.websocketRoute('/a'), "websocketRoute('/a', …): a function async ws => … is wanted, not undefined"],
        [() => app.websocketRoute('/a', (ws, message) => message), 'takes 2 parameters, a function async ws => … is wanted'],
        [() => app.websocketRoute('/a', class Chat {}), 'Chat is a class'],
        [() => app.websocketRoute(() => {}), "pattern must be a string such as '/ws', not a function"],
        [() => app.websocketRoute('no slash', ws => ws.accept()), 'no slash'],
        [() => app.addMiddleware('text'), 'a function async (ws, next) => … is wanted, not a string'],
        [() => app.addMiddleware((ws, next, more) => more), 'takes 3 parameters'],
    ];
    for (const [action, words] of cases)
        await assertFails(action, words);
});

test('middleware: in order, around, and each may end it', async () => {
    const app = new Nx.App();
    const log = [];
    app.addMiddleware(async (ws, next) => {
        log.push('first in');
        await turn();
        await next();
        log.push(`first out ${ws.closeCode}`);
    });
    app.addMiddleware((ws, next) => {
        log.push('second');
        ws.setResponseHeader('X-Second', 'seen');
        next();
    });
    app.addMiddleware(async function third(ws, next) {
        switch (ws.queryParams.get('do')) {
        case 'reject':
            return ws.reject(401);
        case 'polite':
            return ws.acceptAndClose(4001, 'no');
        case 'forget':
            return undefined;
        case 'throw':
            throw new Error('a secret');
        default:
            return next();
        }
    });
    app.websocketRoute('/', ws => {
        log.push('route');
        ws.accept();
    });
    const client = app.testClient();
    await client.open('/');
    assertEqual(client.getResponseHeader('X-Second'), 'seen');
    await client.close(4000, 'bye');
    await until(() => log.length === 4);
    assertEqual(log, ['first in', 'second', 'route', 'first out 4000']);
    await client.expectRefusal('/?do=reject', 401);
    await client.open('/?do=polite');
    await client.expectClose(4001, 'no');
    await client.expectRefusal('/?do=forget', 403);
    assertIncludes(takeLog(), 'middleware third() neither called next() nor refused; answered 403');
    await client.expectRefusal('/?do=forget', 403);
    await client.expectRefusal('/?do=throw', 500);
    const logged = takeLog();
    assertIncludes(logged, 'middleware third() failed: Error: a secret');
    assertIncludes(logged, 'third@');
    assertEqual(logged.includes('neither'), false);
});

test('middleware of C, by instance and by class, and taken away again', async () => {
    const app = new Nx.App();
    const log = [];
    class Seen extends Nx.Middleware {
        vfunc_handshake(ws) {
            log.push(ws.path);
            return Nx.Verdict.PASS;
        }
    }
    const func = async (ws, next) => {
        log.push('func');
        await next();
    };
    const instance = new Seen();
    app.addMiddleware(Seen);
    app.addMiddleware(instance);
    app.addMiddleware(func);
    app.websocketRoute('/', ws => ws.accept());
    const client = app.testClient();
    await client.open('/');
    await client.close();
    assertEqual(log, ['/', '/', 'func']);
    app.removeMiddleware(instance);
    app.removeMiddleware(func);
    await client.open('/');
    await client.close();
    assertEqual(log, ['/', '/', 'func', '/']);
});

class Board extends Nx.Controller {
    async onMoveTo(ws, {x, ...rest}) {
        await turn();
        if (x > 9)
            throw new RangeError('off the board');
        ws.sendJson({moved: x, rest});
    }

    onStop(ws) {
        ws.sendText('stopped');
    }
}

async function openBoard(klass) {
    const app = new Nx.App();
    app.addController('/', klass);
    const client = app.testClient();
    await client.open('/');
    return client;
}

test('actions by name', async () => {
    const client = await openBoard(Board);
    for (const type of ['move-to', 'move_to', 'moveTo']) {
        client.sendJson({type, x: 3, y: 4});
        assertEqual(await client.receiveJson(), {moved: 3, rest: {y: 4}});
    }
    client.sendJson({type: 'stop'});
    await client.expectText('stopped');
    client.sendJson({type: 'move-to', x: 10});
    await client.expectClose(1011);
    assertIncludes(takeLog(), 'off the board');
});

test('what names no action closes, or is for onReceive', async () => {
    for (const text of ['{"type": "fly"}', '{"type": "constructor"}', '{"type": 5}', '{}', 'null', '[', '5']) {
        const client = await openBoard(Board);
        client.sendText(text);
        await client.expectClose(1007, 'type: one of "move-to", "stop" is wanted');
    }
    const client = await openBoard(class Open extends Board {
        onReceive(ws, message) {
            ws.sendText(`What is ${message.text}?`);
        }
    });
    client.sendText('{"type": "fly"}');
    await client.expectText('What is {"type": "fly"}?');
    client.sendJson({type: 'stop'});
    await client.expectText('stopped');
    await client.close();
});

test('typed actions get objects that have been looked at', async () => {
    const Move = GObject.registerClass({
        GTypeName: 'TestMove',
        Properties: {x: GObject.ParamSpec.int('x', 'x', 'x', GObject.ParamFlags.READWRITE, 0, 9, 0)},
    }, class Move extends GObject.Object {});
    class Typed extends Nx.Controller {
        static actions = {move: Move, stop: null};
        static sent = {moved: Move};

        async onMove(ws, move) {
            await turn();
            ws.sendAction('moved', move);
        }

        onStop() {
            throw new Error('stopped');
        }
    }
    let client = await openBoard(Typed);
    client.sendJson({type: 'move', x: 3});
    assertEqual(await client.receiveJson(), {type: 'moved', x: 3});
    client.sendJson({type: 'move', x: 10});
    await client.expectClose(1007, 'move: x: 10 came, an integer from 0 to 9 is wanted');
    client = await openBoard(Typed);
    client.sendJson({type: 'stop'});
    await client.expectClose(1011);
    assertIncludes(takeLog(), 'Error: stopped');
    assertIncludes(client.app.describeAs(Nx.DescriptionFormat.TYPESCRIPT), '({ type: "moved" } & Required<TestMove>)');
    await assertFails(() => client.app.addController('/x', class Bad extends Nx.Controller {
        static actions = {fly: Move};
    }), 'Bad.actions: "fly" wants a method onFly(ws, fly)');
    await assertFails(() => client.app.addController('/x', class Worse extends Nx.Controller {
        static actions = {fly: {}};

        onFly() {}
    }), 'must be a class of GObject');
    await assertFails(() => client.app.addController('/x', class Unregistered extends Nx.Controller {
        static actions = {fly: class Fly extends GObject.Object {}};

        onFly() {}
    }), 'must be a class of GObject, registered');
    // Both kinds are what a peer may ask for.
    client = await openBoard(class Mixed extends Typed {
        onJump() {}
    });
    client.sendJson({type: 'fly'});
    await client.expectClose(1007, 'type: one of "move", "stop", "jump" is wanted');
});

class Mine extends Error {}

test('the signal of a router gets the very error, of a route, a controller and a method', async () => {
    class Failing extends Nx.Controller {
        onReceive() {
            throw new Mine('no');
        }
    }
    class Desk extends Nx.RpcController {
        static methods = ['fail'];

        async fail() {
            await turn();
            throw new Mine('no');
        }
    }
    const app = new Nx.App();
    app.addController('/controller', Failing);
    app.addController('/rpc', Desk);
    app.websocketRoute('/route', async ws => {
        await ws.accept();
        await ws.receiveText();
        throw new Mine('no');
    });
    app.websocketRoute('/json', async ws => {
        await ws.accept();
        await ws.receiveJson();
    });
    const got = [];
    app.connect('error', (_, ws, error) => {
        got.push([ws.path, error instanceof Mine, error instanceof Nx.InvalidData]);
        ws.close(4000);
        return true;
    });
    const client = app.testClient();
    for (const path of ['/controller', '/route', '/json']) {
        await client.open(path);
        client.sendText('{');
        await client.expectClose(4000);
    }
    await client.open('/rpc');
    await assertFails(() => client.call('fail'), 'Internal error');
    await client.expectClose(4000);
    assertEqual(got, [['/controller', true, false], ['/route', true, false], ['/json', false, true], ['/rpc', true, false]]);
});

test('a promise is no answer to the signal of a router; one of a route may fail', async () => {
    const app = new Nx.App();
    const route = app.websocketRoute('/', async ws => {
        await ws.accept();
        throw new Mine('told');
    });
    const id = app.connect('error', async function late() {
        await turn();
        return true;
    });
    const client = app.testClient();
    await client.open('/');
    await client.expectClose(1011);
    let log = takeLog();
    assertIncludes(log, 'late() for "error" returned a promise, which says too late whether it has handled it, and counts as false');
    assertIncludes(log, 'Error: told');
    app.disconnect(id);
    route.connect('error', async function failing() {
        await turn();
        throw new Mine('again');
    });
    await client.open('/');
    await client.expectClose(1011);
    await until(() => (log = takeLog()) !== '');
    assertIncludes(log, 'failing() for "error" failed: Error: again');
});

test('next(error), as others have it, lets nobody in', async () => {
    const app = new Nx.App();
    app.addMiddleware(function refusing(ws, next) {
        next(new Mine('not authorized'));
    });
    app.websocketRoute('/', ws => ws.accept());
    await app.testClient().expectRefusal('/', 500);
    assertIncludes(takeLog(), 'middleware refusing() failed: TypeError: next() lets in and takes nothing, not a Mine: ws.reject(401) refuses');
});


await run();
