// SPDX-License-Identifier: LGPL-2.1-or-later
// The test client from JavaScript: synchronously, and with promises in a loop.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Json from 'gi://Json?version=1.0';
import Nx from 'gi://Nx?version=1';
import System from 'system';

const TIMEOUT_S = 40;

for (const name of ['open', 'receive_text', 'close', 'expect_close', 'expect_refusal', 'request', 'request_raw', 'ping', 'settle', 'advance_time'])
    Gio._promisify(Nx.TestClient.prototype, `${name}_async`, `${name}_finish`);

const Echo = GObject.registerClass(class Echo extends Nx.Controller {
    gone = [];

    vfunc_on_receive(ws, message) {
        ws.send_message(message);
    }

    vfunc_on_disconnect(ws, code, reason) {
        this.gone.push([code, reason]);
    }
});

function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

function assertFails(code, words, func) {
    try {
        func();
    } catch (error) {
        assertEqual([error.matches(Nx.error_quark(), code), error.message.includes(words)], [true, true]);
        return;
    }
    throw new Error(`it did not fail with "${words}"`);
}

function makeApp() {
    const app = new Nx.App();
    const echo = new Echo();

    app.add_controller('/echo', echo);
    app.add_route('/refuse', ws => ws.reject(401, 'Who are you?'));
    return [app, echo, new Nx.TestClient({app})];
}

function checkSync() {
    const [, echo, client] = makeApp();

    assertEqual(client.open('/echo'), true);
    client.send_text('grüße');
    assertEqual(client.receive_text(), 'grüße');
    client.send_bytes(new GLib.Bytes([0, 1]));
    assertEqual([...client.receive_bytes().get_data()], [0, 1]);
    client.send_json(Json.from_string('{"a": 1}'));
    assertEqual(client.receive_json().get_object().get_int_member('a'), 1);
    client.ping();
    client.expect_nothing();
    client.close(4000, 'done');
    client.advance_time(0);
    assertEqual(echo.gone, [[4000, 'done']]);

    client.expect_refusal('/refuse', 401);
    assertEqual(client.dup_response_text(), 'Who are you?');
    assertEqual(client.request('GET', '/none', null), 404);
    client.timeout = 20;
    assertFails(Nx.Error.DISCONNECTED, '401 Unauthorized (Who are you?)', () => client.open('/refuse'));
    client.open('/echo');
    assertFails(Nx.Error.TIMEOUT, 'did not come within 20 ms: the connection is open', () => client.receive_text());
    client.cut();
    client.advance_time(0);
}

const Point = GObject.registerClass({
    Properties: {x: GObject.ParamSpec.int('x', null, null, GObject.ParamFlags.READWRITE, 0, 9, 0)},
}, class Point extends GObject.Object {});

function checkErrorsAndObjects() {
    const [app, , client] = makeApp();

    app.add_route('/fail', () => {
        throw new GLib.Error(Nx.error_quark(), Nx.Error.TIMEOUT, 'busy');
    });
    app.connect('error', (_, ws, error) => error.matches(Nx.error_quark(), Nx.Error.TIMEOUT) && ws.reject(418, error.message));
    client.expect_refusal('/fail', 418);
    assertEqual(client.dup_response_text(), 'busy');
    client.open('/echo');
    client.send_object(new Point({x: 7}));
    assertEqual(client.receive_object(Point.$gtype).x, 7);
    client.send_action('move', new Point({x: 1}));
    client.expect_json('{"x": 1, "type": "move"}');
    client.cut();
}

function checkUrls() {
    const [app, , client] = makeApp();
    const inner = new Nx.Router();

    app.mount('/rooms', inner);
    inner.add_route('/{who}/{id:int}', ws => {
        ws.accept();
        ws.send_text(JSON.stringify([ws.get_path_param_int('id'), ws.get_path_param_double('who')]));
    }).set_name('seat');
    assertEqual(app.url_for('seat', {who: 'ada l', id: '7'}), '/rooms/ada%20l/7');
    client.open(app.url_for('seat', {who: '1.5', id: '7'}));
    client.expect_text('[[true,7],[true,1.5]]');
    assertFails(Nx.Error.INVALID_ARGUMENT, 'parameter "id" is missing', () => app.url_for('seat', {who: 'a'}));
    assertEqual(app.describe().includes('/rooms/{who}/{id:int}  seat  a function\n'), true);
    client.close(1000, null);
    client.advance_time(0);
}

async function checkAsync() {
    const [app, echo, client] = makeApp();

    // A route that takes its time: its promise goes on while the client waits.
    app.add_route('/slow', ws => {
        ws.defer();
        (async () => {
            await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_DEFAULT, () => { resolve(); return false; }));
            ws.accept();
            ws.send_text('at last');
        })();
    });
    await client.open_async('/slow', null);
    assertEqual(await client.receive_text_async(null), 'at last');
    await client.close_async(1000, null, null);

    await client.open_async('/echo', null);
    const pending = client.receive_text_async(null);
    client.send_text('soon');
    assertEqual(await pending, 'soon');
    await client.ping_async(null);
    await client.advance_time_async(60 * 1000, null);
    assertEqual(client.get_n_pings() >= 2, true);
    client.send_raw(new GLib.Bytes([0x81, 0x01, 0x61]));
    await client.expect_close_async(Nx.CloseCode.PROTOCOL_ERROR, null, null);
    assertEqual(echo.gone.map(([code]) => code), [1002]);
    await client.expect_refusal_async('/refuse', 401, null);
    assertEqual(await client.request_async('GET', '/none', null, null), 404);
    assertEqual(await client.request_raw_async(new TextEncoder().encode('nonsense\r\n\r\n'), null), 400);

    const somebody = new Gio.Credentials();
    somebody.set_unix_user(4711);
    Object.assign(client, {credentials: somebody, transport: Nx.TestTransport.UNIX});
    app.add_route('/who', ws => {
        ws.accept();
        ws.send_text(`${ws.get_credentials().get_unix_user()} ${ws.get_header('X-Any')}`);
    });
    client.add_header('X-Any', 'one');
    client.add_header('X-Any', 'two');
    await client.open_async('/who', null);
    client.expect_text('4711 one, two');
    client.cut();
    await client.settle_async(null);
    assertEqual(app.get_connections().get_n_items(), 0);
}

const loop = new GLib.MainLoop(null, false);
let status = 1;

GLib.timeout_add_seconds(GLib.PRIORITY_DEFAULT, TIMEOUT_S, () => {
    printerr(`not done after ${TIMEOUT_S} s`);
    System.exit(1);
});
checkSync();
checkErrorsAndObjects();
checkUrls();
checkAsync().then(() => { status = 0; }, error => printerr(`${error}\n${error.stack}`)).finally(() => loop.quit());
loop.run();
System.exit(status);
