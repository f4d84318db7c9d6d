// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC from JavaScript: methods, answers at once and late, errors, and calls to the peer as promises.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Json from 'gi://Json?version=1.0';
import Nx from 'gi://Nx?version=1';
import System from 'system';

const TIMEOUT_S = 40;

for (const name of ['call', 'call_object', 'call_variant'])
    Gio._promisify(Nx.RpcController.prototype, `${name}_async`, `${name}_finish`);

const Move = GObject.registerClass({
    Properties: {
        x: GObject.ParamSpec.int('x', null, 'Which field', GObject.ParamFlags.READWRITE, 0, 9, 0),
    },
}, class Move extends GObject.Object {});

const toNode = value => Json.from_string(JSON.stringify(value));
const fromNode = node => JSON.parse(Json.to_string(node, false));

const Desk = GObject.registerClass(class Desk extends Nx.RpcController {
    kept = [];

    _init() {
        super._init();
        this.add_method('move', Move.$gtype, Move.$gtype,
            (self, call, move) => call.return_object(new Move({x: move.x + 1})));
        this.add_method('add', Json.Node.$gtype, GObject.TYPE_INT64, (self, call) =>
            call.return_json(toNode(fromNode(call.get_params()).reduce((sum, x) => sum + x, 0))));
        this.add_method('later', GObject.TYPE_NONE, GObject.TYPE_STRING, (self, call) => {
            this.kept.push(call);
        });
        this.add_method('refuse', GObject.TYPE_NONE, GObject.TYPE_NONE,
            (self, call) => call.return_error(42, 'not you', toNode({why: 1})));
        this.add_method('throw', GObject.TYPE_NONE, GObject.TYPE_NONE, () => {
            throw new GLib.Error(Nx.rpc_error_quark(), 43, 'not now');
        });
    }
});

const Open = GObject.registerClass(class Open extends Nx.RpcController {
    vfunc_on_call(call) {
        if (call.get_method() === 'any')
            call.return_json(toNode([1]));
        else
            super.vfunc_on_call(call);
    }
});

function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

function make(desk) {
    const app = new Nx.App();
    app.add_controller('/rpc', desk);
    const client = new Nx.TestClient({app});
    client.open('/rpc');
    return [app, client];
}

const ask = (client, method, params, id = 1) => client.send_text(JSON.stringify({jsonrpc: '2.0', id, method, params}));

function answerOf(client) {
    const {jsonrpc, ...answer} = JSON.parse(client.receive_text());
    assertEqual(jsonrpc, '2.0');
    return answer;
}

function checkMethods() {
    const [, client] = make(new Desk());

    ask(client, 'move', {x: 3});
    assertEqual(answerOf(client), {id: 1, result: {x: 4}});
    ask(client, 'move', {x: 10});
    assertEqual(answerOf(client).error.code, Nx.RpcError.INVALID_PARAMS);
    ask(client, 'add', [1, 2, 3], 'a');
    assertEqual(answerOf(client), {id: 'a', result: 6});
    ask(client, 'refuse');
    assertEqual(answerOf(client).error, {code: 42, message: 'not you', data: {why: 1}});
    ask(client, 'throw');
    assertEqual(answerOf(client).error, {code: 43, message: 'not now'});
    ask(client, 'fly');
    assertEqual(answerOf(client).error.code, -32601);
}

function checkLate() {
    const desk = new Desk();
    const [, client] = make(desk);

    ask(client, 'later', undefined, 1);
    ask(client, 'later', undefined, 2.5);
    ask(client, 'add', [], 3);
    assertEqual(answerOf(client), {id: 3, result: 0});
    assertEqual(desk.kept.map(call => [call.get_id(), call.is_notification()]), [['1', false], ['2.5', false]]);
    desk.kept[1].return_json(toNode('two'));
    assertEqual(answerOf(client), {id: 2.5, result: 'two'});
    const cancellable = desk.kept[0].get_cancellable();
    client.close(1000, null);
    assertEqual(cancellable.is_cancelled(), true);
    desk.kept[0].return_json(null);
}

// What nobody keeps is answered when the garbage collector finds it.
function checkForgotten() {
    const desk = new Desk();
    const [, client] = make(desk);

    ask(client, 'later');
    ask(client, 'add', [], 2);
    assertEqual(answerOf(client), {id: 2, result: 0});
    desk.kept = [];
    while (GLib.MainContext.default().iteration(false))
        ;
    System.gc();
    assertEqual(answerOf(client).error, {code: -32603, message: 'Internal error'});
}

function checkOwnDispatch() {
    const [, client] = make(new Open());

    ask(client, 'any');
    assertEqual(answerOf(client), {id: 1, result: [1]});
    ask(client, 'fly');
    assertEqual(answerOf(client).error.code, -32601);
}

async function checkCalling() {
    const desk = new Desk();
    const [app, client] = make(desk);
    const ws = app.get_connections().get_item(0);

    const one = desk.call_async(ws, 'ask', toNode([1]), 0, null);
    const two = desk.call_async(ws, 'ask', null, 0, null);
    assertEqual(JSON.parse(client.receive_text()), {jsonrpc: '2.0', id: 1, method: 'ask', params: [1]});
    assertEqual(JSON.parse(client.receive_text()), {jsonrpc: '2.0', id: 2, method: 'ask'});
    client.send_text('{"jsonrpc": "2.0", "id": 2, "error": {"code": 7, "message": "no", "data": [1]}}');
    client.send_text('{"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}');
    assertEqual(fromNode(await one), {a: 1});
    const error = await two.catch(caught => caught);
    assertEqual([error.matches(Nx.rpc_error_quark(), 7), error.message], [true, 'no']);
    assertEqual(fromNode(Nx.RpcError.get_data(error)), [1]);
    assertEqual(desk.send_notification(ws, 'tell', null), true);
    assertEqual(JSON.parse(client.receive_text()), {jsonrpc: '2.0', method: 'tell'});
    const object = desk.call_object_async(ws, 'ask', new Move({x: 1}), Move.$gtype, 0, null);
    assertEqual(JSON.parse(client.receive_text()), {jsonrpc: '2.0', id: 3, method: 'ask', params: {x: 1}});
    client.send_text('{"jsonrpc": "2.0", "id": 3, "result": {"x": 2}}');
    assertEqual((await object).x, 2);
    const variant = desk.call_variant_async(ws, 'ask', new GLib.Variant('(ii)', [1, 2]), 'i', 0, null);
    client.receive_text();
    client.send_text('{"jsonrpc": "2.0", "id": 4, "result": 3}');
    assertEqual((await variant).unpack(), 3);
    const three = desk.call_async(ws, 'ask', null, 0, null);
    client.cut();
    const gone = await three.catch(caught => caught);
    assertEqual(gone.matches(Nx.error_quark(), Nx.Error.DISCONNECTED), true);
}

GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, TIMEOUT_S, () => System.exit(1));
const loop = new GLib.MainLoop(null, false);
let status = 1;
checkMethods();
checkLate();
checkForgotten();
checkOwnDispatch();
checkCalling().then(() => {
    status = 0;
}, error => console.error(error)).finally(() => loop.quit());
loop.run();
System.exit(status);
