// SPDX-License-Identifier: LGPL-2.1-or-later
// What a connection asked with.
import Nx from 'gi://Nx?version=1';

import {assertEqual, run, test} from './harness.js';

async function ask(pattern, path, look, prepare = () => {}) {
    const app = new Nx.App();
    let got = null;
    app.websocketRoute(pattern, ws => {
        got = look(ws);
        ws.accept();
    });
    const client = app.testClient();
    prepare(client);
    await client.open(path);
    await client.close();
    return got;
}

test('path parameters are an object', async () => {
    const look = ws => {
        const {room, id} = ws.pathParams;
        return [room, id, ws.pathParams.none ?? 'none', 'room' in ws.pathParams, ws.getPathParam('room')];
    };
    assertEqual(await ask('/{room}/{id:int}', '/caf%C3%A9/7', look), ['café', '7', 'none', true, 'café']);
});

test('query parameters are a map', async () => {
    const look = ({queryParams}) => [[...queryParams], queryParams.get('a'), queryParams.getAll('a'), queryParams.has('b'), queryParams.has('c')];
    assertEqual(await ask('/', '/?a=1&b&a=x%20y+z&__proto__=p&%FF=q', look),
        [[['a', 'x y z'], ['b', ''], ['__proto__', 'p'], ['%FF', 'q']], 'x y z', ['1', 'x y z'], true, false]);
    assertEqual(await ask('/', '/', ({queryParams}) => queryParams.size), 0);
});

test('headers are a map, in whatever case they are asked for', async () => {
    const look = ({headers}) => [headers.get('X-Who'), headers.get('x-who'), headers.has('X-WHO'), headers.has('x-nobody'), headers.get('host')];
    assertEqual(await ask('/', '/', look, client => client.setHeader('X-Who', 'ada')), ['ada', 'ada', true, false, 'localhost']);
});

test('what is called as in a browser', async () => {
    assertEqual(await ask('/', '/', ({origin, bufferedAmount}) => [origin, bufferedAmount]), [null, 0]);
    const look = ({origin, bufferedAmount}) => [origin, bufferedAmount];
    assertEqual(await ask('/', '/', look, client => client.setHeader('Origin', 'http://localhost')), ['http://localhost', 0]);
    const app = new Nx.App();
    app.listen('127.0.0.1', 0, 0);
    assertEqual(app.uris.map(uri => uri.get_host()), ['127.0.0.1']);
});

test('cookies are a map', async () => {
    const look = ({cookies}) => [[...cookies], cookies.get('b')];
    assertEqual(await ask('/', '/', look, client => {
        client.setCookie('a', '1');
        client.setCookie('b', 'x');
    }), [[['a', '1'], ['b', 'x']], 'x']);
});

test('every name in the way of the language', async () => {
    const look = ws => [ws.id === ws.getId(), ws.path, ws.getHeader('host'), ws.getQueryParamAll('a'), typeof ws.get_header, ws.user];
    assertEqual(await ask('/x', '/x?a=1', look), [true, '/x', 'localhost', ['1'], 'function', null]);
    assertEqual([Nx.closeCodeIsSendable(1005), Nx.closeCodeIsSendable(3000)], [false, true]);
    const app = new Nx.App({maxMessageSize: 5});
    assertEqual([app.max_message_size, app.maxMessageSize, app.nConnections], [5, 5, 0]);
});

await run();
