/* exported InvalidData, TimeoutError, WebSocketDisconnect, addErrors, isDisconnect, isOfEnd, toGError, toJsError */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Exceptions are classes, both ways: what C reports becomes one of these, and what JavaScript throws becomes a GError that keeps
// its stack.
const {Gio, GLib} = imports.gi;

let Nx;
let domain;

/** The connection has gone, or is about to. */
var WebSocketDisconnect = class WebSocketDisconnect extends Error {
    /**
     * @param {number} code - the close code; 1006 where none came
     * @param {string} reason - the words with it, which may be empty
     */
    constructor(code = 1006, reason = '') {
        super(`The connection has ended with code ${code}${reason ? `: ${reason}` : ''}`);
        this.name = 'WebSocketDisconnect';
        this.code = code;
        this.reason = reason;
    }
};

/** The peer sent what was not asked for: another kind of message, or text that is no JSON. In a handler that closes with 1007. */
var InvalidData = class InvalidData extends Error {
    constructor(message) {
        super(message);
        this.name = 'InvalidData';
    }
};

/** Nothing came in the time that was given for it. In a handler that closes with 1013. */
var TimeoutError = class TimeoutError extends Error {
    constructor(message) {
        super(message);
        this.name = 'TimeoutError';
    }
};

function isDisconnect(error) {
    return error instanceof WebSocketDisconnect ||
        (error instanceof GLib.Error && error.matches(Nx.Error, Nx.Error.DISCONNECTED));
}

/** As C has it: what the end of a connection has said already. */
function isOfEnd(error) {
    return isDisconnect(error) || (error instanceof GLib.Error &&
        (error.matches(Nx.Error, Nx.Error.SLOW_PEER) || error.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED)));
}

/** Which class stands for which of C's codes. */
function classOf(error) {
    if (error.matches(Nx.Error, Nx.Error.INVALID_DATA))
        return InvalidData;
    if (error.matches(Nx.Error, Nx.Error.INVALID_ARGUMENT))
        return RangeError;
    return error.matches(Nx.Error, Nx.Error.TIMEOUT) ? TimeoutError : null;
}

function toCode(error) {
    if (error instanceof WebSocketDisconnect)
        return Nx.Error.DISCONNECTED;
    if (error instanceof InvalidData)
        return Nx.Error.INVALID_DATA;
    return error instanceof TimeoutError ? Nx.Error.TIMEOUT : null;
}

/**
 * @param {Error} error - what a function of C threw
 * @param {Nx.WebSocket?} ws - whose it was
 * @returns {Error} the class for it, or itself
 */
function toJsError(error, ws = null) {
    if (!(error instanceof GLib.Error))
        return error;
    const klass = classOf(error);
    if (klass === null && !error.matches(Nx.Error, Nx.Error.DISCONNECTED))
        return error;
    const made = klass === null
        ? new WebSocketDisconnect(ws?.get_close_code() || 1006, ws?.get_close_reason() ?? '')
        : new klass(error.message);
    made.stack = error.stack;
    return made;
}

function describe(error) {
    if (!(error instanceof Error) && !(error instanceof GLib.Error))
        return `${typeof error === 'object' ? JSON.stringify(error) : String(error)} was thrown, which is no Error and has no stack`;
    const stack = (error.stack ?? '').trimEnd().split('\n').map(line => `    ${line}`).join('\n');
    return `${error.name ?? 'Error'}: ${error.message}\n${stack}`;
}

/**
 * @param {any} error - what was thrown
 * @returns {GLib.Error} the same for C: its message holds the stack, which goes to the log and never to the peer
 */
function toGError(error) {
    const code = toCode(error);
    if (code !== null)
        return new GLib.Error(Nx.Error, code, error.message);
    if (error instanceof GLib.Error)
        return new GLib.Error(error.domain, error.code, describe(error));
    // Whatever happens here, the error has to arrive, or its connection would wait for ever.
    let text;
    try {
        text = describe(error);
    } catch {
        text = `A thrown ${typeof error} that cannot be shown`;
    }
    return new GLib.Error(domain, 0, text);
}

function addErrors(namespace) {
    Nx = namespace;
    domain = GLib.quark_from_string('nexws-javascript');
    Nx.WebSocketDisconnect = WebSocketDisconnect;
    Nx.InvalidData = InvalidData;
    Nx.TimeoutError = TimeoutError;
}
