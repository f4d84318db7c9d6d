// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC with plain methods, both ways.
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, takeLog, test, turn} from './harness.js';

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
    await assertFails(() => client.call('refuse'), 'not today');
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

test('a method that is not there is told at once', async () => {
    await assertFails(() => new Nx.App().addController('/', class Bad extends Nx.RpcController {
        static methods = ['fly'];
    }), 'Bad.methods: there is no method fly(params, call)');
});

await run();
