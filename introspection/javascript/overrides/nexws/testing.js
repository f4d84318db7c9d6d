/* exported addTesting */
// SPDX-License-Identifier: LGPL-2.1-or-later
// The test client with promises: what waits is awaited, since a function of C that waits by itself would keep the service's own
// promises from being kept. Those are there as openSync() and so on, for services without.
const {Gio, Json} = imports.gi;
const {parseJson, toJson} = imports.overrides.nexws.json;
const {fromText, toBytes, toNative} = imports.overrides.nexws.message;
const {kindOf} = imports.overrides.nexws.words;
const {promisify} = imports.overrides.nexws.names;

const WAITING = ['open', 'close', 'expect_close', 'expect_refusal', 'ping', 'receive', 'request', 'advance_time'];

function toCamel(name) {
    return name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
}

function show(message) {
    return message.isText ? `"${message.text}"` : `${message.size} octets`;
}

/** As JSON has it: the order of an object's members makes no difference. */
function isSame(one, other) {
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
        return one === other;
    const names = Object.keys(one);
    return Array.isArray(one) === Array.isArray(other) && names.length === Object.keys(other).length &&
        names.every(name => Object.hasOwn(other, name) && isSame(one[name], other[name]));
}

function addWaiting(prototype) {
    for (const name of WAITING) {
        const sync = prototype[name];
        prototype[`${toCamel(name)}Sync`] = sync;
        prototype[toCamel(name)] = promisify(prototype, name);
    }
    // What may be left out stands before the cancellable.
    const {close, expectClose, request} = prototype;
    prototype.close = function (code = 1000, reason = null) {
        return close.call(this, code, reason);
    };
    prototype.expectClose = function (code, reason = null) {
        return expectClose.call(this, code, reason);
    };
    prototype.request = function (method, path, body = null) {
        const octets = typeof body === 'string' ? fromText(body).get_bytes() : body;
        return request.call(this, method, path, octets === null ? null : toBytes(octets, 'client.request'));
    };
}

function addReceiving(prototype) {
    prototype.receiveText = async function () {
        const message = await this.receive();
        if (!message.isText)
            throw new Error(`${show(message)} came where text was expected`);
        return message.text;
    };
    prototype.receiveBytes = async function () {
        const message = await this.receive();
        if (message.isText)
            throw new Error(`${show(message)} came where octets were expected`);
        return message.data;
    };
    prototype.receiveJson = async function () {
        return parseJson(await this.receiveText());
    };
    prototype.expectText = async function (text) {
        const message = await this.receive();
        if (message.text !== text)
            throw new Error(`${show(message)} came where "${text}" was expected`);
    };
    prototype.expectJson = async function (value) {
        const message = await this.receive();
        if (!message.isText || !isSame(parseJson(message.text), value))
            throw new Error(`${show(message)} came where ${JSON.stringify(value)} was expected`);
    };
    // What the app sent before it answers a ping has come by then.
    prototype.expectNothing = async function () {
        const cancellable = new Gio.Cancellable();
        const came = this.receive(cancellable).then(message => message, () => null);
        await this.ping();
        cancellable.cancel();
        const message = await came;
        if (message !== null)
            throw new Error(`${show(message)} came where nothing was expected`);
    };
}

function addCalling(prototype) {
    const call = promisify(prototype, 'call');
    prototype.call = async function (method, params = undefined) {
        const node = params === undefined ? null : Json.from_string(toJson(params, 'client.call'));
        return JSON.parse(Json.to_string(await call.call(this, method, node), false));
    };
}

function addSending(prototype) {
    prototype.sendText = function (text) {
        if (typeof text !== 'string')
            throw new TypeError(`client.sendText(text): text must be a string, not ${kindOf(text)}`);
        this.send_message(fromText(text));
    };
    prototype.sendBytes = function (data) {
        this.send_bytes(toBytes(data, 'client.sendBytes'));
    };
    prototype.sendJson = function (value) {
        this.send_message(fromText(toJson(value, 'client.sendJson')));
    };
    prototype.sendAction = function (type, members = {}) {
        this.sendJson({type, ...members});
    };
    prototype.sendMessage = function (message) {
        this.send_message(toNative(message, 'client.sendMessage'));
    };
}

/** What came of it, under the names that a websocket has. */
function addResults(prototype) {
    for (const name of ['status', 'state', 'subprotocol', 'close_code', 'close_reason']) {
        const get = prototype[`get_${name}`];
        Object.defineProperty(prototype, toCamel(name), {get, configurable: true});
    }
}

function addTesting(Nx) {
    const {prototype} = Nx.TestClient;

    addWaiting(prototype);
    addReceiving(prototype);
    addSending(prototype);
    addCalling(prototype);
    addResults(prototype);
    Nx.App.prototype.testClient = function (properties = {}) {
        return new Nx.TestClient({app: this, ...properties});
    };
}
