/* exported addSending, failed, ignore, untilClosed, untilRoom */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Sending, accepting and closing act when they are called. What they return may be awaited (until the peer has taken most of what
// waits, until the end) or ignored: a connection that has gone makes no "Unhandled promise rejection".
const {GLib} = imports.gi;
const {toJson} = imports.overrides.nexws.json;
const {TextMessage, fromText, toBytes, toNative} = imports.overrides.nexws.message;
const {kindOf} = imports.overrides.nexws.words;
const {isDisconnect, toJsError} = imports.overrides.nexws.errors;
const {DONE} = imports.overrides.nexws.handlers;

// So much may be unsent before it is worth asking C how much of it still is.
const UNASKED_OCTETS = 16384;

const UNSENT = Symbol('octets that may be unsent');
const DRAINED = Symbol('kept when most of it has left');
const HAS_FAILED = Symbol('whether a call has failed before');

let Nx;

function ignore() {
}

function inNextTurn(error) {
    return new Promise((_, reject) => {
        GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
            reject(error);
            return GLib.SOURCE_REMOVE;
        });
    });
}

/**
 * @param {Nx.WebSocket} ws - whose it was
 * @param {Error} error - what a call has failed with at once
 * @returns {Promise} has failed with it; from the second one on it does in the loop's next turn, so that whoever tries again and again does
 *   not stop the loop
 */
function failed(ws, error) {
    const promise = ws[HAS_FAILED] ? inNextTurn(error) : Promise.reject(error);
    ws[HAS_FAILED] = true;
    promise.catch(ignore);
    return promise;
}

/** What the peer or the line did is for whoever awaits; a mistake in the program is thrown where it was made. */
function fail(ws, error) {
    const isPeers = isDisconnect(error) || (error instanceof GLib.Error && error.matches(Nx.Error, Nx.Error.SLOW_PEER));
    if (!isPeers)
        throw toJsError(error, ws);
    return failed(ws, toJsError(error, ws));
}

/** Resolves at the low-water mark; one for all who wait. */
function untilDrained(ws) {
    ws[DRAINED] ??= new Promise((resolve, reject) => {
        const ids = [];
        const end = action => () => {
            ids.forEach(id => ws.disconnect(id));
            ws[DRAINED] = null;
            action();
        };
        ids.push(ws.connect('drain', end(resolve)));
        ids.push(ws.connect('closed', end(() => reject(toJsError(new GLib.Error(Nx.Error, Nx.Error.DISCONNECTED, 'closed'), ws)))));
    });
    ws[DRAINED].catch(ignore);
    return ws[DRAINED];
}

/** @returns {Promise?} where so much waits to be sent that it is time to wait with it */
var untilRoom = (drained => ws => ws[drained] ?? null)(DRAINED);

function queued(ws, size) {
    const unsent = ws[UNSENT] + size;
    if (unsent < UNASKED_OCTETS) {
        ws[UNSENT] = unsent;
        return DONE;
    }
    return ask(ws);
}

function ask(ws) {
    ws[UNSENT] = 0;
    return ws.is_congested() ? untilDrained(ws) : DONE;
}

function addText(prototype) {
    const sendText = prototype.send_text;
    // NAMES OF A FILE (handlers.js).
    const [done, unsentKey, limit, Text] = [DONE, UNSENT, UNASKED_OCTETS, TextMessage];

    /** As every text goes, so it is written out. */
    function send(ws, text) {
        try {
            if (text.includes('\0'))
                ws.send_message(fromText(text));
            else
                sendText.call(ws, text);
        } catch (error) {
            return fail(ws, error);
        }
        // Of UTF-16 in UTF-8, at most.
        const unsent = ws[unsentKey] + text.length * 3;
        if (unsent >= limit)
            return ask(ws);
        ws[unsentKey] = unsent;
        return done;
    }

    prototype.sendText = function (text) {
        if (typeof text !== 'string')
            throw new TypeError(`ws.sendText(text): text must be a string, not ${kindOf(text)}; sendJson() takes plain objects and sendBytes() a Uint8Array`);
        return send(this, text);
    };
    prototype.sendJson = function (value) {
        return send(this, toJson(value, 'ws.sendJson'));
    };
    prototype.sendMessage = function (message) {
        if (message instanceof Text)
            return send(this, message.text);
        const native = toNative(message, 'ws.sendMessage');
        try {
            this.send_message(native);
        } catch (error) {
            return fail(this, error);
        }
        return queued(this, native.get_size());
    };
}

function addOthers(prototype) {
    prototype.sendBytes = function (data) {
        const bytes = toBytes(data, 'ws.sendBytes');
        try {
            this.send_bytes(bytes);
        } catch (error) {
            return fail(this, error);
        }
        return queued(this, bytes.get_size());
    };
    for (const [camel, name] of [['sendObject', 'send_object'], ['sendVariant', 'send_variant'], ['sendAction', 'send_action']]) {
        prototype[camel] = function (...args) {
            try {
                this[name](...args);
            } catch (error) {
                return fail(this, error);
            }
            return queued(this, UNASKED_OCTETS);
        };
    }
}

/** What C could not even be given: which codes there are, and how long a reason may be, it says itself. */
function checkClose(where, code, reason) {
    if (typeof code !== 'number')
        throw new TypeError(`${where}(code): code must be a number, not ${kindOf(code)}`);
    if (!Number.isInteger(code) || code < 0 || code > 0xffff)
        throw new RangeError(`${where}(${code}): a close code is a whole number of two octets`);
    if (reason === null)
        return;
    if (typeof reason !== 'string')
        throw new TypeError(`${where}(code, reason): reason must be a string or null, not ${kindOf(reason)}`);
    if (reason.includes('\0'))
        throw new RangeError(`${where}(code, reason): a reason has no U+0000, and ${kindOf(reason)} has`);
}

function untilClosed(ws) {
    if (ws.get_state() === Nx.State.CLOSED)
        return DONE;
    return new Promise(resolve => {
        const id = ws.connect('closed', () => {
            ws.disconnect(id);
            resolve();
        });
    });
}

function addDecisions(prototype) {
    const {accept, close, reject} = prototype;
    const acceptAndClose = prototype.accept_and_close;

    function act(ws, func, args, result) {
        try {
            func.apply(ws, args);
        } catch (error) {
            return fail(ws, error);
        }
        return result(ws);
    }

    prototype.accept = function () {
        return act(this, accept, [], () => DONE);
    };
    prototype.reject = function (status = 403, body = null) {
        return act(this, reject, [status, body], () => DONE);
    };
    prototype.close = function (code = 1000, reason = null) {
        checkClose('ws.close', code, reason);
        return act(this, close, [code, reason], untilClosed);
    };
    prototype.acceptAndClose = function (code, reason = null) {
        checkClose('ws.acceptAndClose', code, reason);
        return act(this, acceptAndClose, [code, reason], untilClosed);
    };
}

function addSending(namespace) {
    Nx = namespace;
    // So that nobody looks for them in vain: GJS then asks introspection each time.
    Nx.WebSocket.prototype[UNSENT] = 0;
    Nx.WebSocket.prototype[DRAINED] = null;
    Nx.WebSocket.prototype[HAS_FAILED] = false;
    addText(Nx.WebSocket.prototype);
    addOthers(Nx.WebSocket.prototype);
    addDecisions(Nx.WebSocket.prototype);
}
