/* exported InvalidData, RpcFailure, TimeoutError, WebSocketDisconnect, addErrors, isDisconnect, isOfEnd, thrownFor, toGError, toGErrorFor, toJsError */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Exceptions are classes, both ways: what C reports becomes one of these, and what JavaScript throws becomes a GError that keeps
// its stack.
const {Gio, GLib, Json} = imports.gi;

const THROWN = Symbol('what a handler has thrown last, and its text');

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

/** An answer that is an error, with a code of one's own and data for the peer. */
var RpcFailure = class RpcFailure extends Error {
    constructor(code, message, data = undefined) {
        super(message);
        this.name = 'RpcFailure';
        this.code = code;
        this.data = data;
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

/** How it ended is known by the connection; what a test client waited for meanwhile, and why it was refused, by C's words alone. */
function toDisconnect(error, ws) {
    const made = new WebSocketDisconnect(ws?.get_close_code() || 1006, ws?.get_close_reason() ?? '');
    if (ws instanceof Nx.TestClient)
        made.message = error.message;
    return made;
}

function toRpcFailure(error) {
    const data = Nx.RpcError.get_data(error);
    return new RpcFailure(error.code, error.message, data === null ? undefined : JSON.parse(Json.to_string(data, false)));
}

function make(error, ws) {
    if (error.matches(Nx.Error, Nx.Error.DISCONNECTED))
        return toDisconnect(error, ws);
    if (error instanceof Nx.RpcError)
        return toRpcFailure(error);
    const klass = classOf(error);
    return klass === null ? error : new klass(error.message);
}

/**
 * @param {Error} error - what a function of C threw
 * @param {Nx.WebSocket|Nx.TestClient|null} ws - whose it was
 * @returns {Error} the class for it, or itself
 */
function toJsError(error, ws = null) {
    if (!(error instanceof GLib.Error))
        return error;
    const made = make(error, ws);
    if (made !== error)
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

/** toGError() for a handler of @ws: who hears of it on the other side of C gets what was thrown. */
function toGErrorFor(ws, error) {
    const made = toGError(error);
    ws[THROWN] = {error, text: made.message};
    return made;
}

/** What a handler of @ws has thrown, of which C has made @error. */
function thrownFor(ws, error) {
    const thrown = ws[THROWN];
    // C may have written in front of it whose it was.
    return thrown !== undefined && error.message.endsWith(thrown.text) ? thrown.error : toJsError(error, ws);
}

function addErrors(namespace) {
    Nx = namespace;
    domain = GLib.quark_from_string('nexws-javascript');
    Nx.WebSocketDisconnect = WebSocketDisconnect;
    Nx.InvalidData = InvalidData;
    Nx.TimeoutError = TimeoutError;
}
