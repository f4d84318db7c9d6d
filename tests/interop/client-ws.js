// SPDX-License-Identifier: LGPL-2.1-or-later
// The ws package of Node.js.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const WebSocket = require('ws');

const {PLAIN, BARE, TLS, UNIX, MORE, CERTIFICATE} = process.env;
const SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
const NO_TAKEOVER = {serverNoContextTakeover: true, clientNoContextTakeover: true};
const tests = [];

// Not all of it can be compressed.
function payload(size) {
    const data = Buffer.alloc(size, 'zip');
    crypto.randomFillSync(data, 0, size >> 1);
    return data;
}

function text(size) {
    return Buffer.alloc(size, 'Hello, ').toString();
}

function open(url, options = {}, protocols = []) {
    if (url.startsWith('wss:'))
        options.ca = fs.readFileSync(CERTIFICATE);
    const ws = new WebSocket(url, protocols, {maxPayload: 32 << 20, ...options});
    ws.messages = [];
    ws.waiting = [];
    ws.on('message', (data, isBinary) => {
        const message = isBinary ? data : data.toString();
        ws.waiting.length ? ws.waiting.shift()(message) : ws.messages.push(message);
    });
    ws.receive = () => new Promise(resolve => {
        ws.messages.length ? resolve(ws.messages.shift()) : ws.waiting.push(resolve);
    });
    ws.closed = new Promise(resolve => {
        ws.on('close', (code, reason) => resolve(`${code}:${reason}`));
    });
    return new Promise((resolve, reject) => {
        ws.on('open', () => resolve(ws));
        ws.on('error', reject);
        ws.on('unexpected-response', (request, response) => {
            request.destroy();
            reject(new Error(`status ${response.statusCode}`));
        });
    });
}

function sendFragments(ws, data, binary) {
    const size = Math.max(1, Math.ceil(data.length / 7));
    const n = Math.max(1, Math.ceil(data.length / size));
    for (let i = 0; i < n; i++)
        ws.send(data.slice(i * size, (i + 1) * size), {fin: i === n - 1, binary});
}

async function echo(url, perMessageDeflate) {
    const ws = await open(url, {perMessageDeflate});
    assert.strictEqual(ws.extensions.includes('permessage-deflate'), perMessageDeflate !== false);
    for (const size of SIZES) {
        for (const message of [payload(size), text(size)]) {
            ws.send(message);
            assert.deepStrictEqual(await ws.receive(), message);
            sendFragments(ws, message, typeof message !== 'string');
            assert.deepStrictEqual(await ws.receive(), message);
        }
    }
    ws.close(1000);
    assert.strictEqual(await ws.closed, '1000:');
}

tests.push(['echo-tcp', () => echo(`${PLAIN}/ws`, false)]);
tests.push(['echo-tcp-deflate', () => echo(`${PLAIN}/ws`, {threshold: 0})]);
tests.push(['echo-tcp-deflate-without-takeover-asked', () => echo(`${PLAIN}/ws`, {threshold: 0, ...NO_TAKEOVER})]);
tests.push(['echo-tcp-deflate-without-takeover-imposed', () => echo(`${BARE}/ws`, {threshold: 0})]);
tests.push(['echo-tls', () => echo(`${TLS}/ws`, false)]);
tests.push(['echo-tls-deflate', () => echo(`${TLS}/ws`, {threshold: 0})]);
tests.push(['echo-unix', () => echo(`ws+unix:${UNIX}:/ws`, false)]);
tests.push(['echo-unix-deflate', () => echo(`ws+unix:${UNIX}:/ws`, {threshold: 0})]);

tests.push(['subprotocol', async () => {
    const ws = await open(`${MORE}/subprotocol`, {}, ['v3.chat', 'v2.chat']);
    assert.strictEqual(ws.protocol, 'v2.chat');
    ws.close();
    await ws.closed;
    // This client takes a server that chooses none for one that it cannot talk to.
    await assert.rejects(open(`${MORE}/subprotocol`, {}, ['v3.chat']), /Server sent no subprotocol/);
}]);

tests.push(['pings', async () => {
    const ws = await open(`${MORE}/ping`);
    for (const data of [Buffer.alloc(0), Buffer.alloc(125, 'x')]) {
        const pong = new Promise(resolve => ws.once('pong', resolve));
        ws.ping(data);
        assert.deepStrictEqual(await pong, data);
    }
    ws.send('now you');
    assert.strictEqual(await ws.receive(), 'pong');
    ws.close();
    await ws.closed;
}]);

tests.push(['server-closes', async () => {
    const ws = await open(`${MORE}/close`);
    ws.send('end');
    assert.strictEqual(await ws.closed, '4321:that is all');
}]);

tests.push(['client-closes', async () => {
    const ws = await open(`${MORE}/listen`);
    ws.close(4123, 'Grüße');
    assert.strictEqual(await ws.closed, '4123:');
    const reader = await open(`${MORE}/noted`);
    assert.strictEqual(await reader.receive(), '4123:Grüße');
    reader.close();
    await reader.closed;
}]);

tests.push(['refusals', async () => {
    await assert.rejects(open(`${MORE}/nowhere`), /status 404/);
    await assert.rejects(open(`${MORE}/forbidden`), /status 403/);
}]);

async function main() {
    let failed = 0;
    console.log(`1..${tests.length}`);
    for (const [i, [name, func]] of tests.entries()) {
        let timer;
        try {
            await Promise.race([func(), new Promise((_, reject) => {
                timer = setTimeout(() => reject(new Error('nothing happens')), 240000);
            })]);
            console.log(`ok ${i + 1} ${name}`);
        } catch (error) {
            failed++;
            console.error(error);
            console.log(`not ok ${i + 1} ${name}`);
        }
        clearTimeout(timer);
    }
    process.exit(failed ? 1 : 0);
}

main();
