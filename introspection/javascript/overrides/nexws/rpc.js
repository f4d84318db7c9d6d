/* exported addRpc */
// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC with plain methods: of a class that extends Nx.RpcController, those that `static methods` names can be called by the peer, with
// (params, call), both plain values; what they return, or their promise is kept with, is the answer.
const {GObject, Json} = imports.gi;
const {now, tellIfBlocked, track} = imports.overrides.nexws.blocking;
const {RpcFailure, toGErrorFor, toJsError} = imports.overrides.nexws.errors;
const {bindController} = imports.overrides.nexws.controller;
const {checkFunction, checkOptions} = imports.overrides.nexws.handlers;
const {toJson} = imports.overrides.nexws.json;
const {promisify} = imports.overrides.nexws.names;
const {kindOf} = imports.overrides.nexws.words;
const {failed, ignore} = imports.overrides.nexws.send;

function toNode(value, where) {
    return value === undefined ? null : Json.from_string(toJson(value, where));
}

function fromNode(node) {
    return node === null ? undefined : JSON.parse(Json.to_string(node, false));
}

function answer(call, value) {
    call.return_json(toNode(value ?? null, `the result of ${call.get_method()}()`));
}

function fail(call, error) {
    const ws = call.get_web_socket();

    if (!(error instanceof RpcFailure)) {
        call.return_gerror(toGErrorFor(ws, error));
        return;
    }
    try {
        // GJS would make 0 of it.
        if (!Number.isInteger(error.code) || error.code !== (error.code | 0))
            throw new TypeError(`RpcFailure(code): an integer of 32 bits is wanted, not ${kindOf(error.code)}`);
        call.return_error(error.code, error.message, toNode(error.data, 'RpcFailure'));
    } catch (mistake) {
        // The peer waits for an answer all the same.
        call.return_gerror(toGErrorFor(ws, mistake));
    }
}

function run(controller, name, call) {
    const who = `${controller.constructor.name}.${name}()`;
    const began = now();
    try {
        const result = controller[name](fromNode(call.get_params()), call);
        if (typeof result?.then === 'function') {
            track(who, result);
            result.then(value => answer(call, value)).catch(error => fail(call, error));
        } else {
            answer(call, result);
        }
    } catch (error) {
        fail(call, error);
    }
    tellIfBlocked(who, began);
}

/** GJS would make a name of anything, and stop half-way at what it cannot make one of. */
function checkName(method, where) {
    if (typeof method !== 'string')
        throw new TypeError(`${where}(method): method must be a string, not ${kindOf(method)}`);
}

// -- Batches --

/** What a function calls in a batch; all of it goes out when that has returned. */
class Batch {
    constructor() {
        this._entries = [];
        this._answers = [];
    }

    _add(entry) {
        if (this._entries === null)
            throw new Error('The batch has left: what its function calls before it returns, and before it awaits, is in it');
        this._entries.push(entry);
    }

    /** @returns {Promise} of the result, or the failure, of this call alone */
    call(method, params = undefined, options = undefined) {
        checkName(method, 'batch.call');
        const node = toNode(params, 'batch.call');
        const answered = new Promise((resolve, reject) => this._add(call => call(method, node, options).then(resolve, reject)));
        answered.catch(ignore);
        this._answers.push(answered);
        return answered;
    }

    notify(method, params = undefined) {
        checkName(method, 'batch.notify');
        const node = toNode(params, 'batch.notify');
        this._add((_, notify) => notify(method, node));
    }

    /** @returns {Promise} of all results */
    _send(call, notify) {
        for (const entry of this._entries)
            entry(call, notify);
        this._entries = null;
        const all = Promise.all(this._answers);
        all.catch(ignore);
        return all;
    }
}

/** Says of a class which of its methods a peer may call: by name, so that none is by accident. */
function bindMethods(klass) {
    if (!Object.hasOwn(klass, 'methods'))
        return;
    for (const name of klass.methods) {
        if (typeof klass.prototype[name] !== 'function')
            throw new TypeError(`${klass.name}.methods: there is no method ${name}(params, call)`);
        klass.bind_method(name, Json.Node.$gtype, Json.Node.$gtype, (controller, call) => run(controller, name, call));
    }
}

function addRpc(Nx) {
    if (!('RpcController' in Nx))
        return;
    Nx.RpcFailure = RpcFailure;
    bindController(Nx, 'RpcController', bindMethods);

    const {prototype} = Nx.RpcController;
    const call = promisify(prototype, 'call');
    const callWith = async (controller, ws, method, node, options = {}) => {
        const {timeout = 0, cancellable = null} = checkOptions(options, ['timeout', 'cancellable'], 'controller.call()');
        return fromNode(await call.call(controller, ws, method, node, timeout, cancellable));
    };
    prototype.call = async function (ws, method, params = undefined, options = undefined) {
        return await callWith(this, ws, method, toNode(params, 'call'), options);
    };
    prototype.notify = function (ws, method, params = undefined) {
        return this.send_notification(ws, method, toNode(params, 'notify'));
    };
    prototype.batch = function (ws, fill) {
        checkFunction(fill, 1, 'controller.batch(ws, …)', 'batch => …');
        const batch = new Batch();
        // Nothing has left if it throws.
        fill(batch);
        this.begin_batch(ws);
        try {
            try {
                return batch._send((...args) => callWith(this, ws, ...args), (...args) => this.send_notification(ws, ...args));
            } finally {
                // Always, or all that is called later would be gathered for ever.
                this.end_batch(ws);
            }
        } catch (error) {
            return failed(ws, toJsError(error, ws));
        }
    };
}
