// SPDX-License-Identifier: LGPL-2.1-or-later
// Groups: members, sending, questions and presence.
import Nx from 'gi://Nx?version=1';

import {assertEqual, assertFails, assertIncludes, run, test, until} from './harness.js';

/** An app, and the websockets that have come, each in the group that its path names. */
function make() {
    const app = new Nx.App();
    const sockets = [];
    app.websocketRoute('/{group}', async ws => {
        sockets.push(ws);
        await ws.accept();
        app.group(ws.pathParams.group).add(ws);
    });
    const open = async path => {
        const client = app.testClient();
        await client.open(path);
        return client;
    };
    return {app, sockets, open};
}

async function closeAll(...clients) {
    for (const client of clients)
        await client.close();
}

test('members come, go, and are looped over as they were', async () => {
    const {app, sockets, open} = make();
    const group = app.group('a');
    assertEqual([group.name, group.size, [...group].length], ['a', 0, 0]);
    const clients = [await open('/a'), await open('/a'), await open('/b')];
    assertEqual(group.size, 2);
    assertEqual([...group].map(ws => ws.id), sockets.slice(0, 2).map(ws => ws.id));
    assertEqual([group.has(sockets[0]), group.has(sockets[2]), group.has('x')], [true, false, false]);
    assertEqual([group.add(sockets[0]), group.add(sockets[2]), group.remove(sockets[2]), group.remove(sockets[2])], [false, true, true, false]);
    assertEqual(sockets[0].getGroups().map(one => one.name), ['a']);
    let n = 0;
    for (const _ of group) {
        n++;
        for (const ws of group)
            group.remove(ws);
    }
    assertEqual([n, group.size], [2, 0]);
    await closeAll(...clients);
    await assertFails(() => group.add(sockets[0]), 'ended with code 1000');
    await assertFails(() => group.add('x'), 'a websocket is wanted, not a string');
});

test('everybody gets what is sent, but those who are left out', async () => {
    const {app, sockets, open} = make();
    const [one, two] = [await open('/a'), await open('/a')];
    const group = app.group('a');
    group.sendText('te\0xt');
    group.sendBytes(new Uint8Array([0, 1]));
    group.sendJson({ü: [1, null]});
    group.send('s');
    group.send([1]);
    group.send(new Uint8Array([2]));
    group.sendVolatile({typing: true});
    group.sendText('not for the first', {excluding: sockets[0]});
    group.sendJson('only for the second', {filter: ws => ws === sockets[1]});
    group.send('for nobody', {excluding: sockets[1], filter: ws => ws === sockets[1]});
    assertEqual(await group.sendMessage(Nx.Message.fromText('end')) ?? null, null);
    for (const [client, more] of [[one, []], [two, ['not for the first', '"only for the second"']]]) {
        const got = [];
        while (got.at(-1) !== 'end') {
            const message = await client.receive();
            got.push(message.isText ? message.text : [...message.data]);
        }
        assertEqual(got, ['te\0xt', [0, 1], '{"ü":[1,null]}', 's', '[1]', [2], '{"typing":true}', ...more, 'end']);
    }
    await closeAll(one, two);
});

test('several groups, and one websocket', async () => {
    const {app, sockets, open} = make();
    const client = await open('/a');
    app.group('b').add(sockets[0]);
    await app.sendToGroups(['a', 'b', 'none'], 'once');
    assertEqual([app.sendTo(sockets[0].id, {for: 'you'}), app.sendTo('nobody', 'x')], [true, false]);
    await client.expectText('once');
    assertEqual(await client.receiveJson(), {for: 'you'});
    await assertFails(() => app.sendToGroups('a', 'x'), 'names must be an array');
    await closeAll(client);
});

test('wrong arguments, and a filter that throws', async () => {
    const {app, sockets, open} = make();
    const [one, two] = [await open('/a'), await open('/a')];
    const group = app.group('a');
    await assertFails(() => group.sendText(5), 'text must be a string, not a number');
    await assertFails(() => group.sendBytes('x'), 'data must be a Uint8Array');
    await assertFails(() => group.sendJson(undefined), 'undefined has no JSON');
    await assertFails(() => group.sendMessage('x'), 'message must be an Nx.Message');
    await assertFails(() => group.send('x', {excluding: 'me'}), 'excluding: a websocket is wanted');
    await assertFails(() => app.group(''), 'has a name');
    await assertFails(() => app.group('a', {historysize: 5}), "app.group('a', …): a group has no property historysize");
    await assertFails(() => group.send('x', {except: sockets[0]}), 'group.send(): there is no option except, but excluding, filter');
    await assertFails(() => group.sendVolatile('x', {filter: () => false}), 'group.sendVolatile(): there is no option filter');
    await assertFails(() => group.ask({}, {timout: 5}), 'group.ask(): there is no option timout');
    await assertFails(() => sockets[0].ask({}, {excluding: null}), 'ws.ask(): there is no option excluding');
    await assertFails(() => app.sendToGroups(['a'], 'x', {except: null}), 'app.sendToGroups(): there is no option except');
    await assertFails(() => group.send('x', {filter: ws => {
        if (ws === sockets[0])
            throw new Error('lost');
        return true;
    }}), 'lost');
    group.send('end');
    await one.expectText('end');
    await two.expectText('x');
    await closeAll(one, two);
});

test('a group with history gives ids, and what was missed', async () => {
    const {app, sockets, open} = make();
    const group = app.group('a', {historySize: 2});
    assertEqual(group.historySize, 2);
    const client = await open('/a');
    group.send('ignored');
    const ids = [await group.send({n: 0}), await group.send({n: 1})];
    assertEqual(ids[1], group.lastId);
    assertEqual((await client.receiveJson()).text, 'ignored');
    for (const id of ids)
        assertEqual((await client.receiveJson()).nx.id, id);
    const late = await open('/b');
    group.addAfter(sockets[1], ids[0]);
    assertEqual((await late.receiveJson()).nx.id, ids[1]);
    await assertFails(() => group.addAfter(sockets[1]), 'is in the group a already');
    await closeAll(client, late);
});

test('questions say who has answered', async () => {
    const {app, sockets, open} = make();
    const clients = [await open('/a'), await open('/a'), await open('/a')];
    const asked = app.group('a').ask({vote: '?'}, {timeout: 200, excluding: sockets[2]});
    const question = await clients[0].receiveJson();
    clients[0].sendJson({nx: {answer: question.nx.ask}, vote: 'yes'});
    const {answers, missing, complete} = await asked;
    assertEqual([...answers].map(([id, message]) => [id, message.json().vote]), [[sockets[0].id, 'yes']]);
    assertEqual(missing, [sockets[1].id]);
    assertEqual(complete, true);

    const one = sockets[2].ask('ready?');
    const {nx} = await clients[2].receiveJson();
    clients[2].sendJson({nx: {answer: nx.ask}, ready: 1});
    assertEqual((await one).json().ready, 1);
    const error = await assertFails(sockets[2].ask('ready?', {timeout: 1}), '');
    assertEqual(error instanceof Nx.TimeoutError, true);
    await assertFails(() => sockets[2].ask('ready?', {timeout: 0}), 'at least 1');
    await closeAll(...clients);
});

test('presence is a plain object, and signals tell who comes', async () => {
    const {app, sockets, open} = make();
    const group = app.group('a');
    const seen = [];
    const ids = [group.connect('joined', () => seen.push('joined')), group.connect('left', () => seen.push('left'))];
    const client = await open('/a');
    group.setPresence(sockets[0], 'ada', {colour: 'rød'});
    assertEqual(group.presence, {ada: {colour: 'rød'}});
    group.setPresence(sockets[0], 'ada');
    assertEqual(group.presence, {});
    await client.close();
    await until(() => seen.length === 2);
    assertEqual(seen, ['joined', 'left']);
    ids.forEach(id => group.disconnect(id));
    const error = await assertFails(() => group.setPresence(sockets[0], 'ada', {}), '');
    assertIncludes(error.message, 'is not in the group a');
});

await run();
