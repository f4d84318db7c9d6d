// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC with plain methods, both ways.
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, takeLog, test, turn, until} from './harness.js';

class Desk extends Nx.RpcController {
    static methods = ['add', 'slow', 'fail', 'refuse', 'nothing', 'ask'];

    add({a, b}) {
        return a + b;
    }

    async slow([text], call) {
        await turn();
        return {method: call.getMethod(), text};
    }

    async fail() {
        await turn();
        throw new RangeError('a secret');
    }

    refuse() {
        throw new Nx.RpcFailure(7, 'not today', {until: 'tomorrow'});
    }

    nothing() {}

    // The other way round, from within a call.
    async ask(params, call) {
        return `you said ${await this.call(call.getWebSocket(), 'who', {greeting: 'hello'})}`;
    }

    hidden() {
        return 'secret';
    }
}

async function open() {
    const app = new Nx.App();
    app.addController('/', Desk);
    const client = app.testClient();
    await client.open('/');
    return client;
}

async function ask(client, method, params, id = 1) {
    client.sendJson({jsonrpc: '2.0', id, method, params});
    return await client.receiveJson();
}

test('results, at once and later', async () => {
    const client = await open();
    assertEqual((await ask(client, 'add', {a: 1, b: 2})).result, 3);
    assertEqual((await ask(client, 'slow', ['x'])).result, {method: 'slow', text: 'x'});
    assertEqual((await ask(client, 'nothing')).result, null);
    await client.close();
});

test('a client calls', async () => {
    const client = await open();
    assertEqual(await client.call('add', {a: 1, b: 2}), 3);
    assertEqual(await client.call('nothing'), null);
    const failure = await assertFails(() => client.call('refuse'), 'not today');
    assertEqual([failure instanceof Nx.RpcFailure, failure.code, failure.data], [true, 7, {until: 'tomorrow'}]);
    client.sendJson({jsonrpc: '2.0', id: 'x', method: 'add', params: {a: 1, b: 2}});
    await client.expectJson({result: 3, jsonrpc: '2.0', id: 'x'});
    client.sendAction('fly', {far: true});
    await assertFails(() => client.expectJson({type: 'fly'}), 'came where');
    await client.close();
});

test('errors', async () => {
    const client = await open();
    assertEqual((await ask(client, 'refuse')).error, {code: 7, message: 'not today', data: {until: 'tomorrow'}});
    const {error} = await ask(client, 'fail');
    assertEqual([error.code, error.message.includes('secret')], [-32603, false]);
    assertIncludes(takeLog(), 'a secret');
    for (const name of ['hidden', 'constructor', 'onConnect'])
        assertEqual((await ask(client, name)).error.code, -32601);
    await client.close();
});

test('calling the peer', async () => {
    const client = await open();
    client.sendJson({jsonrpc: '2.0', id: 1, method: 'ask'});
    const call = await client.receiveJson();
    assertEqual([call.method, call.params], ['who', {greeting: 'hello'}]);
    client.sendJson({jsonrpc: '2.0', id: call.id, result: 'ada'});
    assertEqual((await client.receiveJson()).result, 'you said ada');
    await client.close();
});

/** A peer of a Caller, whose batch() is called with what it gets. */
async function openCaller(act) {
    const done = [];
    class Caller extends Nx.RpcController {
        static methods = ['go'];

        async go(params, call) {
            try {
                done.push(await act(this, call.getWebSocket()));
            } catch (error) {
                done.push(`${error.name}: ${error.message}`);
            }
        }
    }
    const app = new Nx.App();
    app.addController('/', Caller);
    const client = app.testClient();
    await client.open('/');
    client.sendJson({jsonrpc: '2.0', method: 'go'});
    return [client, done];
}

test('a batch goes out as one, when its function has returned', async () => {
    const [client, done] = await openCaller((desk, ws) => desk.batch(ws, batch => {
        batch.call('add', [1, 2]);
        batch.notify('seen', {n: 1});
        batch.call('who');
    }));
    const sent = await client.receiveJson();
    assertEqual(sent.map(({id: _, ...rest}) => rest), [{jsonrpc: '2.0', method: 'add', params: [1, 2]},
        {jsonrpc: '2.0', method: 'seen', params: {n: 1}}, {jsonrpc: '2.0', method: 'who'}]);
    client.sendJson([{jsonrpc: '2.0', id: sent[2].id, result: 'ada'}, {jsonrpc: '2.0', id: sent[0].id, result: 3}]);
    await until(() => done.length > 0);
    assertEqual(done, [[3, 'ada']]);
    await client.close();
});

test('each call of a batch fails by itself, and the whole with the first', async () => {
    const [client, done] = await openCaller(async (desk, ws) => {
        const calls = {};
        const all = await desk.batch(ws, batch => {
            calls.bad = batch.call('bad');
            calls.good = batch.call('good');
        }).catch(error => error.message);
        return [all, await calls.bad.catch(error => error.message), await calls.good];
    });
    const [bad, good] = await client.receiveJson();
    client.sendJson([{jsonrpc: '2.0', id: bad.id, error: {code: 5, message: 'not today'}}, {jsonrpc: '2.0', id: good.id, result: 1}]);
    await until(() => done.length > 0);
    assertEqual(done, [['not today', 'not today', 1]]);
    await client.close();
});

test('a batch that is filled with what cannot be called holds nothing up', async () => {
    const [client, done] = await openCaller(async (desk, ws) => {
        for (const name of ['call', 'notify']) {
            await assertFails(() => desk.batch(ws, batch => {
                batch.notify('fine');
                batch[name](null);
            }), `batch.${name}(method): method must be a string, not null`);
        }
        desk.notify(ws, 'over');
    });
    assertEqual((await client.receiveJson()).method, 'over');
    await until(() => done.length > 0);
    await client.close();
});

test('a batch for one that is closing fails with the disconnect', async () => {
    const [client, done] = await openCaller(async (desk, ws) => {
        desk.call(ws, 'first').catch(() => {});
        ws.close();
        let alone;
        const all = await desk.batch(ws, batch => {
            alone = batch.call('add');
        }).catch(error => error);
        return [all, await alone.catch(error => error)].map(error => error instanceof Nx.WebSocketDisconnect);
    });
    await client.expectClose(1000, null);
    await until(() => done.length > 0);
    assertEqual(done, [[true, true]]);
});

test('a failure that cannot be told is an answer all the same', async () => {
    const failures = [new Nx.RpcFailure(1, 'x', 10n), new Nx.RpcFailure(1, 'x', [NaN]), new Nx.RpcFailure(2 ** 40, 'x'), new Nx.RpcFailure('1', 'x')];
    const app = new Nx.App();
    app.addController('/', class Untold extends Nx.RpcController {
        static methods = ['plain', 'later'];

        plain([i]) {
            throw failures[i];
        }

        async later([i]) {
            await turn();
            throw failures[i];
        }
    });
    const client = app.testClient();
    await client.open('/');
    for (const method of ['plain', 'later']) {
        for (const i of failures.keys()) {
            client.sendJson({jsonrpc: '2.0', id: 1, method, params: [i]});
            assertEqual((await client.receiveJson()).error, {code: -32603, message: 'Internal error'});
            assertIncludes(takeLog(), 'RpcFailure');
        }
    }
    await client.close();
});

test('a batch of nothing sends nothing; one that throws neither, and what is called too late is told so', async () => {
    const [client, done] = await openCaller(async (desk, ws) => {
        const got = [await desk.batch(ws, () => {})];
        await assertFails(() => desk.batch(ws, batch => {
            batch.call('add', [1, 2]);
            throw new Error('changed my mind');
        }), 'changed my mind');
        await assertFails(() => desk.batch(ws, batch => {
            batch.call('add', [NaN]);
        }), 'batch.call(value): value[0] is a number: NaN');
        await assertFails(() => desk.batch(ws, 'text'), 'controller.batch(ws, …): a function batch => … is wanted, not a string');
        let kept;
        desk.batch(ws, batch => {
            kept = batch;
        });
        await assertFails(() => kept.notify('late'), 'The batch has left');
        desk.notify(ws, 'over');
        return got;
    });
    assertEqual((await client.receiveJson()).method, 'over');
    await until(() => done.length > 0);
    assertEqual(done, [[[]]]);
    await client.close();
});

test('a batch for who has gone fails with the disconnect', async () => {
    const [client, done] = await openCaller(async (desk, ws) => {
        await new Promise(resolve => ws.connect('closed', resolve));
        let alone;
        const all = await desk.batch(ws, batch => {
            alone = batch.call('add');
        }).catch(error => error);
        const notified = await desk.batch(ws, batch => batch.notify('seen')).catch(error => error);
        return [all, await alone.catch(error => error), notified].map(error => error instanceof Nx.WebSocketDisconnect);
    });
    await turn();
    await client.close();
    await until(() => done.length > 0);
    assertEqual(done, [[true, true, true]]);
});

test('a number beyond what a double holds is the peer\'s mistake', async () => {
    const client = await open();
    client.sendText('{"jsonrpc": "2.0", "id": 1, "method": "add", "params": {"a": 1e400, "b": 1}}');
    const {error} = await client.receiveJson();
    assertEqual([error.code === -32602 || error.code === -32700 || error.code === -32600, takeLog()], [true, '']);
    await client.close();
});

test('a method that is not there is told at once', async () => {
    await assertFails(() => new Nx.App().addController('/', class Bad extends Nx.RpcController {
        static methods = ['fly'];
    }), 'Bad.methods: there is no method fly(params, call)');
});

test('the peer\'s error is a failure with its data, and its end has its code', async () => {
    const failures = [];
    class Asking extends Nx.RpcController {
        static methods = ['start'];

        async start(_, call) {
            const ws = call.getWebSocket();
            await assertFails(() => this.call(ws, 'who', null, {timout: 5}), 'there is no option timout');
            for (let i = 0; i < 2; i++)
                failures.push(await this.call(ws, 'who').catch(error => error));
        }
    }
    const app = new Nx.App();
    app.addController('/', Asking);
    const client = app.testClient();
    await client.open('/');
    client.sendJson({jsonrpc: '2.0', method: 'start'});
    const {id} = await client.receiveJson();
    client.sendJson({jsonrpc: '2.0', id, error: {code: 7, message: 'no', data: [1]}});
    await client.receiveJson();
    await client.close(4001, 'enough');
    await until(() => failures.length === 2);
    assertEqual([failures[0] instanceof Nx.RpcFailure, failures[0].code, failures[0].message, failures[0].data], [true, 7, 'no', [1]]);
    assertEqual([failures[1] instanceof Nx.WebSocketDisconnect, failures[1].code, failures[1].reason], [true, 4001, 'enough']);
});

test('who asks the peer in onConnect() may await the answer', async () => {
    class Greeter extends Nx.RpcController {
        async onConnect(ws) {
            await ws.accept();
            await this.call(ws, 'hello', [await this.call(ws, 'name')]);
        }
    }
    const app = new Nx.App();
    app.addController('/', Greeter);
    const client = app.testClient();
    await client.open('/');
    client.sendJson({jsonrpc: '2.0', id: (await client.receiveJson()).id, result: 'ada'});
    const {id, params} = await client.receiveJson();
    assertEqual(params, ['ada']);
    client.sendJson({jsonrpc: '2.0', id, result: null});
    await client.close();
});

await run();
