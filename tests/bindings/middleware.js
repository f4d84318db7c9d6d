// SPDX-License-Identifier: LGPL-2.1-or-later
// Middleware from JavaScript: the ready-made classes, each added with one call, and a class of one's own.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';
import Soup from 'gi://Soup?version=3.0';
import System from 'system';

const TIMEOUT_S = 20;

Gio._promisify(Soup.Session.prototype, 'websocket_connect_async', 'websocket_connect_finish');
Gio._promisify(Soup.Session.prototype, 'send_and_read_async', 'send_and_read_finish');

// Sees all of a connection; drops what says so.
const Wrap = GObject.registerClass(class Wrap extends Nx.Middleware {
    log = [];

    vfunc_handshake(ws) {
        this.log.push(['begins', ws.get_path()]);
        return Nx.Verdict.PASS;
    }

    vfunc_received(ws, message) {
        this.log.push(['in', message.get_text()]);
        return message.get_text() === 'drop' ? Nx.Verdict.REFUSE : Nx.Verdict.PASS;
    }

    vfunc_sent(ws, message) {
        this.log.push(['out', message.get_text()]);
    }

    vfunc_closed(ws, code, reason) {
        this.log.push(['ends', code, reason]);
    }
});

function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

function echo(ws) {
    ws.connect('message', (_, message) => ws.send_message(message));
    ws.accept();
}

// The connection, or the status that refused it.
async function connect(uri, headers = {}) {
    const message = Soup.Message.new('GET', uri);
    for (const [name, value] of Object.entries(headers))
        message.get_request_headers().append(name, value);
    try {
        return await new Soup.Session().websocket_connect_async(message, headers.Origin ?? null, null, GLib.PRIORITY_DEFAULT, null);
    } catch (error) {
        return message.get_status();
    }
}

function say(connection, ...texts) {
    return new Promise(resolve => {
        const got = [];
        const handler = connection.connect('message', (_, kind, bytes) => {
            got.push(new TextDecoder().decode(bytes.get_data()));
            if (got.at(-1) !== texts.at(-1))
                return;
            connection.disconnect(handler);
            resolve(got);
        });
        texts.forEach(text => connection.send_text(text));
    });
}

function close(connection) {
    return new Promise(resolve => {
        connection.connect('closed', resolve);
        connection.close(1000, 'bye');
    });
}

async function until(condition) {
    while (!condition())
        await new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => { resolve(); return false; }));
}

// An app with one route, whose router has this middleware; its address.
function serve(path, middleware) {
    const app = new Nx.App({allowed_origins: ['*']});
    app.add_route(path, echo);
    app.add_middleware(middleware);
    app.listen('127.0.0.1', 0, Nx.ListenFlags.DEFAULT);
    return [app, app.get_uris()[0].to_string().replace(/\/$/, '') + path];
}

async function checkOwnClass() {
    const wrap = new Wrap();
    const [app, uri] = serve('/wrap', wrap);
    const connection = await connect(uri);
    assertEqual(await say(connection, 'drop', 'x'), ['x']);
    await close(connection);
    await until(() => wrap.log.length === 5);
    assertEqual(wrap.log, [['begins', '/wrap'], ['in', 'drop'], ['in', 'x'], ['out', 'x'], ['ends', 1000, 'bye']]);
    app.remove_middleware(wrap);
}

async function checkOriginFilter() {
    const [app, uri] = serve('/', new Nx.OriginFilter({allowed_origins: ['https://example.org']}));
    assertEqual(await connect(uri, {Origin: 'https://evil.example'}), 403);
    await close(await connect(uri, {Origin: 'https://example.org'}));
    assertEqual(app.n_undecided, 0);
}

async function checkTokenFilter() {
    const filter = new Nx.TokenFilter({secret: 's3cret', sources: ['bearer', 'query:token']});
    filter.connect('verify', (_, ws, token) => {
        if (token !== 'late')
            return Nx.Verdict.REFUSE;
        ws.defer();
        GLib.idle_add(GLib.PRIORITY_DEFAULT, () => { ws.proceed(); return false; });
        return Nx.Verdict.PASS;
    });
    const [app, uri] = serve('/', filter);
    assertEqual(await connect(uri), 401);
    assertEqual(await connect(`${uri}?token=wrong`), 401);
    await close(await connect(`${uri}?token=s3cret`));
    await close(await connect(uri, {Authorization: 'Bearer late'}));
    assertEqual(app.n_undecided, 0);
}

async function checkCredentialsFilter() {
    const filter = new Nx.CredentialsFilter();
    filter.allow_user(1000);
    const [app, uri] = serve('/', filter);
    assertEqual(await connect(uri), 403);
    assertEqual(app.n_connections, 0);
}

async function checkRateLimiter() {
    const limiter = new Nx.RateLimiter({messages_per_second: 0.01, message_burst: 2, outcome: Nx.LimitOutcome.DROP});
    const [app, uri] = serve('/', limiter);
    const connection = await connect(uri);
    assertEqual(await say(connection, '1', '2'), ['1', '2']);
    connection.send_text('3');
    await until(() => limiter.n_limited === 1);
    await close(connection);
    assertEqual(app.n_undecided, 0);
}

async function checkRequestLog() {
    const [app, uri] = serve('/', new Nx.RequestLog());
    await close(await connect(uri));
    assertEqual(app.n_undecided, 0);
}

async function checkHttpAuth() {
    const users = [];
    const [app, uri] = serve('/', new Nx.RequestLog());
    app.connect('middleware', (_, ws) => {
        users.push([ws.get_user(), ws.user]);
        return Nx.Verdict.PASS;
    });
    const domain = new Soup.AuthDomainDigest({realm: 'nexws'});
    domain.add_path('/');
    domain.set_auth_callback((_, message, user) =>
        user === 'ada' ? Soup.AuthDomainDigest.encode_password(user, 'nexws', 'lovelace') : null);
    app.get_server().add_auth_domain(domain);
    assertEqual(await connect(uri), 401);
    assertEqual(await connect(uri, {Authorization: 'Digest username="ada"'}), 401);
    const md5 = text => GLib.compute_checksum_for_string(GLib.ChecksumType.MD5, text, -1);
    const response = md5(`${md5('ada:nexws:lovelace')}:n:00000001:c:auth:${md5('GET:/')}`);
    await close(await connect(uri, {
        Authorization: 'Digest username="ada", realm="nexws", nonce="n", uri="/", qop=auth, ' +
            `nc=00000001, cnonce="c", response="${response}"`,
    }));
    assertEqual(users, [['ada', 'ada']]);
}

async function get(uri) {
    const message = Soup.Message.new('GET', uri);
    const bytes = await new Soup.Session().send_and_read_async(message, GLib.PRIORITY_DEFAULT, null);
    return [message.get_status(), new TextDecoder().decode(bytes.get_data() ?? new Uint8Array())];
}

async function checkHttpBeside() {
    const [app, uri] = serve('/ws', new Nx.RequestLog());
    const base = uri.replace('ws:', 'http:').replace(/\/ws$/, '');
    const [here] = GLib.filename_from_uri(import.meta.url);
    const [, source] = GLib.file_get_contents(here);
    app.serve_directory('/tests', GLib.path_get_dirname(here)).cache_control = 'max-age=60';
    app.serve_health('/healthz');
    app.serve_readiness('/readyz');
    assertEqual(await get(`${base}/tests/middleware.js`), [200, new TextDecoder().decode(source)]);
    assertEqual((await get(`${base}/tests/nothing`))[0], 404);
    assertEqual(await get(`${base}/healthz`), [200, 'ok\n']);
    assertEqual(await get(`${base}/readyz`), [200, 'ok\n']);
}

async function check() {
    await checkOwnClass();
    await checkOriginFilter();
    await checkTokenFilter();
    await checkCredentialsFilter();
    await checkRateLimiter();
    await checkRequestLog();
    await checkHttpAuth();
    await checkHttpBeside();
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
