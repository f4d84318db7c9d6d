/* exported addGroups */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Groups: `app.group('lobby').sendJson({…})`. A message is framed once, whoever receives it.
const {Json} = imports.gi;
const {toJson} = imports.overrides.nexws.json;
const {TextMessage, fromText, toBytes, toNative} = imports.overrides.nexws.message;
const {kindOf} = imports.overrides.nexws.words;
const {DONE, checkOptions} = imports.overrides.nexws.handlers;
const {promisify} = imports.overrides.nexws.names;
const {toJsError} = imports.overrides.nexws.errors;

const ASK_MS = 5000;

const NO_OPTIONS = {};

let Nx;
let record;

function ignore() {
}

/** A string as text, octets as a binary message, a message as it is, anything else as JSON. */
function toMessage(value, where) {
    if (typeof value === 'string')
        return fromText(value);
    if (value instanceof Uint8Array || value instanceof ArrayBuffer)
        return Nx.Message.new_bytes(toBytes(value, where));
    if (value instanceof TextMessage || value instanceof Nx.Message)
        return toNative(value, where);
    return fromText(toJson(value, where));
}

function checkSocket(ws, where) {
    if (!(ws instanceof Nx.WebSocket))
        throw new TypeError(`${where}: a websocket is wanted, not ${kindOf(ws)}`);
}

// -- Sending --

/** What a filter throws is thrown behind the sending: all are asked, and whom it cannot decide on gets nothing. */
function sendFiltered(group, message, excluding, filter) {
    const thrown = [];
    group.send_filtered(message, (_, ws) => {
        if (ws === excluding)
            return false;
        try {
            return Boolean(filter(ws));
        } catch (error) {
            thrown.push(error);
            return false;
        }
    });
    if (thrown.length > 0)
        throw thrown[0];
    return DONE;
}

function send(group, message, where, options = NO_OPTIONS) {
    const {excluding = null, filter = null} = checkOptions(options, ['excluding', 'filter'], where);
    if (excluding !== null)
        checkSocket(excluding, `${where}: excluding`);
    if (filter !== null)
        return sendFiltered(group, message, excluding, filter);
    if (group.history_size === 0) {
        group.send_message(message, excluding);
        return DONE;
    }
    const recorded = record.call(group, message, excluding);
    recorded.catch(ignore);
    return recorded;
}

function addSends(prototype) {
    prototype.send = function (value, options) {
        return send(this, toMessage(value, 'group.send'), 'group.send()', options);
    };
    prototype.sendText = function (text, options) {
        if (typeof text !== 'string')
            throw new TypeError(`group.sendText(text): text must be a string, not ${kindOf(text)}`);
        return send(this, fromText(text), 'group.sendText()', options);
    };
    prototype.sendBytes = function (data, options) {
        return send(this, Nx.Message.new_bytes(toBytes(data, 'group.sendBytes')), 'group.sendBytes()', options);
    };
    prototype.sendJson = function (value, options) {
        return send(this, fromText(toJson(value, 'group.sendJson')), 'group.sendJson()', options);
    };
    prototype.sendMessage = function (message, options) {
        return send(this, toNative(message, 'group.sendMessage'), 'group.sendMessage()', options);
    };
    prototype.sendVolatile = function (value, options = NO_OPTIONS) {
        const {excluding = null} = checkOptions(options, ['excluding'], 'group.sendVolatile()');
        this.send_volatile(toMessage(value, 'group.sendVolatile'), excluding);
        return DONE;
    };
}

// -- Members --

function addMembers(prototype) {
    const {add} = prototype;

    prototype.add = function (ws) {
        checkSocket(ws, 'group.add(ws)');
        const isNew = !this.contains(ws);
        try {
            add.call(this, ws);
        } catch (error) {
            throw toJsError(error, ws);
        }
        return isNew;
    };
    prototype.addAfter = function (ws, afterId = null) {
        checkSocket(ws, 'group.addAfter(ws)');
        try {
            this.add_after(ws, afterId);
        } catch (error) {
            throw toJsError(error, ws);
        }
    };
    prototype.has = function (ws) {
        return ws instanceof Nx.WebSocket && this.contains(ws);
    };
    // Those who are in it now: anybody may come and go while they are looped over.
    prototype[Symbol.iterator] = function () {
        const members = this.get_members();
        return Array.from({length: members.get_n_items()}, (_, i) => members.get_item(i)).values();
    };
    Object.defineProperties(prototype, {
        size: {
            get() {
                return this.get_n_members();
            },
        },
        lastId: {
            get() {
                return this.dup_last_id();
            },
        },
    });
}

// -- Questions --

function checkTimeout(timeout) {
    if (!(timeout >= 1))
        throw new RangeError('an answer takes time: timeout is in milliseconds, and at least 1');
    return Math.min(Math.round(timeout), 0x7fffffff);
}

function addQuestions(prototype) {
    prototype.ask = function (value, options = NO_OPTIONS) {
        const {timeout = ASK_MS, excluding = null, cancellable = null} = checkOptions(options, ['timeout', 'excluding', 'cancellable'], 'group.ask()');
        const message = toMessage(value, 'group.ask');
        const ms = checkTimeout(timeout);
        return new Promise((resolve, reject) => {
            this.ask_async(message, ms, excluding, cancellable, (group, result) => {
                try {
                    const [messages, ids, missing] = this.ask_finish_lists(result);
                    const complete = this.ask_is_complete(result);
                    resolve({answers: new Map(messages.map((one, i) => [ids[i], one])), missing, complete});
                } catch (error) {
                    reject(toJsError(error));
                }
            });
        });
    };
    const ask = promisify(Nx.WebSocket.prototype, 'ask');
    Nx.WebSocket.prototype.ask = function (value, options = NO_OPTIONS) {
        const {timeout = ASK_MS, cancellable = null} = checkOptions(options, ['timeout', 'cancellable'], 'ws.ask()');
        return ask.call(this, toMessage(value, 'ws.ask'), checkTimeout(timeout), cancellable);
    };
}

// -- Presence --

function addPresence(prototype) {
    prototype.setPresence = function (ws, key, meta = null) {
        try {
            this.set_presence(ws, key, meta === null ? null : Json.from_string(toJson(meta, 'group.setPresence')));
        } catch (error) {
            throw toJsError(error, ws);
        }
    };
    Object.defineProperty(prototype, 'presence', {
        get() {
            return JSON.parse(Json.to_string(this.dup_presence(), false));
        },
    });
}

function addToApp(prototype) {
    prototype.group = function (name, properties = {}) {
        const group = this.dup_group(name);
        for (const property of Object.keys(properties)) {
            if (!(property in group))
                throw new TypeError(`app.group('${name}', …): a group has no property ${property}`);
        }
        return Object.assign(group, properties);
    };
    prototype.sendTo = function (id, value) {
        return this.send_to(id, toMessage(value, 'app.sendTo'));
    };
    prototype.sendToGroups = function (names, value, options = NO_OPTIONS) {
        const {excluding = null} = checkOptions(options, ['excluding'], 'app.sendToGroups()');
        if (!Array.isArray(names))
            throw new TypeError(`app.sendToGroups(names, value): names must be an array, not ${kindOf(names)}`);
        this.send_to_groups(names, toMessage(value, 'app.sendToGroups'), excluding);
        return DONE;
    };
}

function addGroups(namespace) {
    Nx = namespace;
    const {prototype} = Nx.Group;
    record = promisify(prototype, 'send_message');
    addSends(prototype);
    addMembers(prototype);
    addQuestions(prototype);
    addPresence(prototype);
    addToApp(Nx.App.prototype);
}
