// SPDX-License-Identifier: LGPL-2.1-or-later
// Groups from JavaScript, without overrides.
import GLib from 'gi://GLib';
import Json from 'gi://Json?version=1.0';
import Nx from 'gi://Nx?version=1';

function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

const app = new Nx.App();
const websockets = [];
app.add_route('/', ws => {
    ws.accept();
    websockets.push(ws);
});
const clients = [0, 1].map(() => new Nx.TestClient({app}));
clients.forEach(client => client.open('/'));
const group = app.dup_group('lobby');

const joined = [];
group.connect('joined', (_group, ws) => joined.push(ws.get_id()));
websockets.forEach(ws => group.add(ws));
assertEqual(joined, websockets.map(ws => ws.get_id()));
assertEqual(group.members.get_n_items(), 2);

group.send_text('all', null);
assertEqual(clients.map(client => client.receive_text()), ['all', 'all']);
const message = Nx.Message.new_text_from_bytes(new GLib.Bytes(new TextEncoder().encode('some')));
group.send_filtered(message, (_group, ws) => ws === websockets[1]);
app.send_to_groups(['lobby'], message, websockets[1]);
assertEqual(clients.map(client => client.receive_text()), ['some', 'some']);

group.history_size = 5;
group.send_json(Json.from_string('{"n": 1}'), null);
assertEqual(JSON.parse(clients[0].receive_text()), {n: 1, nx: {group: 'lobby', id: group.dup_last_id()}});

group.set_presence(websockets[0], 'ada', Json.from_string('[1]'));
assertEqual(Json.to_string(group.dup_presence(), false), '{"ada":[1]}');

const loop = new GLib.MainLoop(null, false);
let answer = null;
websockets[0].ask_async(message, 10000, null, (ws, result) => {
    answer = ws.ask_finish(result).get_text();
    loop.quit();
});
const {nx} = JSON.parse(clients[0].receive_text());
clients[0].send_text(JSON.stringify({nx: {answer: nx.ask}, yes: 1}));
GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, 40, () => loop.quit());
loop.run();
assertEqual(JSON.parse(answer).yes, 1);
print('ok');
