// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC both ways with what editors speak it with (vscode-jsonrpc), and with json-rpc-2.0, which has batches.
import assert from 'node:assert';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {createJSONRPCErrorResponse, createJSONRPCRequest, JSONRPCClient, JSONRPCServer, JSONRPCServerAndClient} from 'json-rpc-2.0';
import {createWebSocketConnection} from 'vscode-ws-jsonrpc';
import WebSocket from 'ws';

const service = spawn(process.argv[2], ['--address', '127.0.0.1', '--port', '0'], {stdio: ['ignore', 'pipe', 'pipe']});
let complaints = '';
service.stderr.on('data', data => {
    complaints += data;
});

async function readUrl() {
    for await (const line of createInterface({input: service.stdout}))
        return line.split(' ').pop();
    throw new Error(complaints);
}

async function open(url) {
    const socket = new WebSocket(`${url}/rpc`);
    await once(socket, 'open');
    return socket;
}

async function checkVscode(url) {
    const socket = await open(url);
    const connection = createWebSocketConnection({
        send: text => socket.send(text),
        onMessage: func => socket.on('message', data => func(data.toString())),
        onError: func => socket.on('error', func),
        onClose: func => socket.on('close', (code, reason) => func(code, reason.toString())),
        dispose: () => socket.close(),
    }, console);

    connection.onRequest('name', () => 'Ada');
    connection.listen();
    assert.strictEqual(await connection.sendRequest('add', 1, 2, 3.5), 6.5);
    // Several at once; each gets its own.
    const many = Array.from({length: 200}, (_, i) => connection.sendRequest('add', i, i));
    assert.deepStrictEqual(await Promise.all(many), Array.from({length: 200}, (_, i) => 2 * i));
    const late = connection.sendRequest('wake');
    assert.strictEqual(await connection.sendRequest('add'), 0);
    assert.strictEqual(await late, 'good morning');
    assert.strictEqual(await connection.sendRequest('greet'), 'Hello, Ada');
    await assert.rejects(connection.sendRequest('fly'), {code: -32601, message: 'Method not found'});
    await assert.rejects(connection.sendRequest('add', 'a', 'b'),
        {code: -32602, message: 'Invalid params', data: '[0]: "a" came, a number is wanted'});
    await connection.sendNotification('add', 1);
    await connection.sendNotification('$/cancelRequest', {id: 7});
    assert.strictEqual(await connection.sendRequest('add', 1), 1);
    socket.close();
    await once(socket, 'close');
    console.log('ok vscode-jsonrpc');
}

async function checkJsonRpc2(url) {
    const socket = await open(url);
    const peer = new JSONRPCServerAndClient(new JSONRPCServer(), new JSONRPCClient(request => socket.send(JSON.stringify(request))));
    let answers = 0;

    socket.on('message', data => {
        answers++;
        peer.receiveAndSend(JSON.parse(data.toString()));
    });
    peer.addMethod('name', () => {
        throw new Error('I have none');
    });
    peer.server.mapErrorToJSONRPCErrorResponse = (id, error) => createJSONRPCErrorResponse(id, 17, error.message, {why: 1});
    assert.strictEqual(await peer.request('add', [1, 2]), 3);
    // The error of our own method comes back through the service.
    await assert.rejects(peer.request('greet'), error => error.code === 17 && error.message === 'I have none' && error.data.why === 1);
    answers = 0;
    const batch = await peer.client.requestAdvanced([
        createJSONRPCRequest(1, 'add', [1]), createJSONRPCRequest('two', 'wake'), createJSONRPCRequest(3, 'fly'),
    ]);
    assert.deepStrictEqual(batch.map(({id, result, error}) => [id, result ?? error.code]).sort(),
        [[1, 1], [3, -32601], ['two', 'good morning']]);
    assert.strictEqual(answers, 1);
    peer.notify('add', [1]);
    assert.strictEqual(await peer.request('add', []), 0);
    socket.close();
    await once(socket, 'close');
    console.log('ok json-rpc-2.0');
}

let status = 1;
try {
    const url = await readUrl();
    await checkVscode(url);
    await checkJsonRpc2(url);
    status = 0;
} catch (error) {
    console.error(error);
}
service.kill('SIGTERM');
await once(service, 'exit');
if (complaints !== '') {
    console.error(complaints);
    status = 1;
}
process.exit(status);
