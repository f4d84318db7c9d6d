// SPDX-License-Identifier: LGPL-2.1-or-later
// A service and its client (libsoup's) in one GJS process: does the typelib say what the library does?
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';
import Soup from 'gi://Soup?version=3.0';
import System from 'system';

const TIMEOUT_S = 20;

Gio._promisify(Soup.Session.prototype, 'websocket_connect_async', 'websocket_connect_finish');
Gio._promisify(Nx.App.prototype, 'stop_async', 'stop_finish');

const Echo = GObject.registerClass(class Echo extends Nx.Controller {
    gone = [];

    vfunc_on_receive(ws, message) {
        assertEqual(message.get_kind(), Nx.MessageKind.TEXT);
        ws.send_text(message.get_text());
    }

    vfunc_on_disconnect(ws, code, reason) {
        this.gone.push([ws.get_state(), code, reason]);
    }
});

// What a message for the action `move` holds.
const Move = GObject.registerClass({
    Properties: {x: GObject.ParamSpec.int('x', null, null, GObject.ParamFlags.READWRITE, 0, 9, 0)},
}, class Move extends GObject.Object {});

// Has an action of its class, and one of its own.
const Board = GObject.registerClass(class Board extends Nx.Controller {
    place = 0;

    constructor() {
        super();
        this.add_action('where', GObject.TYPE_NONE, (board, ws) => board.onWhere(ws));
    }

    onMove(ws, move) {
        this.place += move.x;
    }

    onWhere(ws) {
        ws.send_action('here', new Move({x: this.place}));
    }
});
Board.bind_action('move', Move, (board, ws, move) => board.onMove(ws, move));
Board.declare_sent('here', Move);

function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

function echoRoute(ws) {
    assertEqual(ws.get_path_param('who'), 'ada');
    assertEqual(ws.get_query_param('q'), '1 2');
    // Kept beyond the handler: it must still be there.
    ws.connect('message', (_, message) => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        System.gc();
        ws.send_message(message);
        return GLib.SOURCE_REMOVE;
    }));
    ws.accept();
}

function throwingRoute() {
    throw new Error('not for the peer');
}

function refuse(router, ws) {
    ws.reject(401, 'no');
    return Nx.Verdict.REFUSE;
}

const session = new Soup.Session();
// Nobody else holds them: one that only waits for its own handler is a circle, which GJS 1.82 finds.
const connections = [];

async function connect(uri) {
    const message = Soup.Message.new('GET', uri);
    const connection = await session.websocket_connect_async(message, null, null, GLib.PRIORITY_DEFAULT, null);
    connections.push(connection);
    return connection;
}

function exchange(connection, kind, octets) {
    return new Promise(resolve => {
        const handler = connection.connect('message', (_, gotKind, bytes) => {
            connection.disconnect(handler);
            resolve([gotKind, [...bytes.get_data()]]);
        });
        connection.send_message(kind, new GLib.Bytes(octets));
    });
}

function close(connection, code, reason) {
    return new Promise(resolve => {
        connection.connect('closed', () => resolve(connection.get_close_code()));
        connection.close(code, reason);
    });
}

async function checkFunction(base) {
    const connection = await connect(`${base}/hello/ada?q=1%202`);
    const text = new TextEncoder().encode('grüße 🙂');
    const octets = Uint8Array.from({length: 256}, (_, i) => i);
    for (const [kind, data] of [[Soup.WebsocketDataType.TEXT, text], [Soup.WebsocketDataType.BINARY, octets]])
        assertEqual(await exchange(connection, kind, data), [kind, [...data]]);
    assertEqual(await close(connection, 1000, null), 1000);
}

async function checkController(base, controller) {
    const connection = await connect(`${base}/echo`);
    const text = new TextEncoder().encode('to the controller');
    assertEqual(await exchange(connection, Soup.WebsocketDataType.TEXT, text),
        [Soup.WebsocketDataType.TEXT, [...text]]);
    assertEqual(await close(connection, 4321, 'enough'), 4321);
    while (controller.gone.length === 0)
        await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => { resolve(); return false; }));
    assertEqual(controller.gone, [[Nx.State.CLOSED, 4321, 'enough']]);
}

async function checkActions(base) {
    const connection = await connect(`${base}/board`);
    const encoder = new TextEncoder();
    connection.send_text('{"type": "move", "x": 3}');
    connection.send_text('{"type": "move", "x": 4}');
    assertEqual(await exchange(connection, Soup.WebsocketDataType.TEXT, encoder.encode('{"type": "where"}')),
        [Soup.WebsocketDataType.TEXT, [...encoder.encode('{"type":"here","x":7}')]]);
    await new Promise(resolve => {
        connection.connect('closed', resolve);
        connection.send_text('{"type": "move", "x": 10}');
    });
    assertEqual([connection.get_close_code(), connection.get_close_data()],
        [Nx.CloseCode.INVALID_DATA, 'move: x: 10 came, an integer from 0 to 9 is wanted']);
}

function checkTyped() {
    const message = Nx.Message.new_object(new Move({x: 5}));
    assertEqual(message.get_text(), '{"x":5}');
    assertEqual(message.get_object(Move).x, 5);
    assertEqual(message.get_variant('a{si}').deepUnpack(), {x: 5});
    assertEqual(Nx.Message.new_variant(new GLib.Variant('(sb)', ['a', true])).get_text(), '["a",true]');
    try {
        Nx.Message.new_action('move', null).get_object(Move);
    } catch (error) {
        assertEqual(error.matches(Nx.error_quark(), Nx.Error.INVALID_DATA), true);
        return;
    }
    throw new Error('an unknown member was taken');
}

async function checkRefusals(base) {
    for (const [path, status] of [['/none', 404], ['/throws', 500], ['/guarded/door', 401]]) {
        const message = Soup.Message.new('GET', base + path);
        let connected = true;
        try {
            await session.websocket_connect_async(message, null, null, GLib.PRIORITY_DEFAULT, null);
        } catch (error) {
            connected = false;
        }
        assertEqual([path, connected, message.get_status()], [path, false, status]);
    }
}

function checkErrors(app) {
    try {
        app.add_route('/{broken', echoRoute);
    } catch (error) {
        assertEqual(error.matches(Nx.error_quark(), Nx.Error.PATTERN), true);
        return;
    }
    throw new Error('a malformed pattern was taken');
}

async function check() {
    const app = new Nx.App();
    const controller = new Echo();
    const inner = new Nx.Router();
    const errors = [];

    app.add_route('/hello/{who}', echoRoute);
    app.add_controller('/echo', controller);
    app.add_controller('/board', new Board());
    app.add_route('/throws', throwingRoute).connect('error', (route, ws, error) => errors.push(error.message));
    inner.add_route('/door', echoRoute);
    inner.connect('middleware', refuse);
    app.mount('/guarded', inner);
    app.listen('127.0.0.1', 0, Nx.ListenFlags.DEFAULT);
    const base = app.get_uris()[0].to_string().replace(/\/$/, '');

    assertEqual(app.describe_as(Nx.DescriptionFormat.TYPESCRIPT).includes('({ type: "move" } & Move)'), true);
    checkErrors(app);
    await checkFunction(base);
    await checkController(base, controller);
    await checkActions(base);
    checkTyped();
    await checkRefusals(base);
    assertEqual(errors, ['not for the peer']);
    assertEqual(app.get_connections() instanceof Gio.ListModel, true);
    assertEqual(await app.stop_async(null), true);
}

const loop = new GLib.MainLoop(null, false);
let status = 1;

GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, TIMEOUT_S, () => {
    printerr(`not done after ${TIMEOUT_S} s`);
    System.exit(1);
});
check().then(() => { status = 0; }, error => printerr(`${error}\n${error.stack}`)).finally(() => loop.quit());
loop.run();
System.exit(status);
