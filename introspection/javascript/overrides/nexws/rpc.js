/* exported addRpc */
// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC with plain methods: of a class that extends Nx.RpcController, those that `static methods` names can be called by the peer, with
// (params, call), both plain values; what they return, or their promise is kept with, is the answer.
const {GObject, Json} = imports.gi;
const {toGError} = imports.overrides.nexws.errors;
const {bindController} = imports.overrides.nexws.controller;
const {toJson} = imports.overrides.nexws.message;
const {promisify} = imports.overrides.nexws.names;

/** An answer that is an error, with a code of one's own and data for the peer. */
var RpcFailure = class RpcFailure extends Error {
    constructor(code, message, data = undefined) {
        super(message);
        this.name = 'RpcFailure';
        this.code = code;
        this.data = data;
    }
};

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
    if (error instanceof RpcFailure)
        call.return_error(error.code, error.message, toNode(error.data, 'RpcFailure'));
    else
        call.return_gerror(toGError(error));
}

function run(controller, name, call) {
    try {
        const result = controller[name](fromNode(call.get_params()), call);
        if (typeof result?.then === 'function')
            result.then(value => answer(call, value)).catch(error => fail(call, error));
        else
            answer(call, result);
    } catch (error) {
        fail(call, error);
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
    prototype.call = async function (ws, method, params = undefined, {timeout = 0, cancellable = null} = {}) {
        return fromNode(await call.call(this, ws, method, toNode(params, 'call'), timeout, cancellable));
    };
    prototype.notify = function (ws, method, params = undefined) {
        return this.send_notification(ws, method, toNode(params, 'notify'));
    };
}
