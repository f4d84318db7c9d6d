/* exported addMiddleware */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Middleware as a function: `async (ws, next) => {…}`, where `await next()` goes on to the one behind it, and returns when the
// connection is over. Those of a router run in the order in which they were added, one inside the other.
const {toGError} = imports.overrides.nexws.errors;
const {now, tell, tellIfBlocked, track} = imports.overrides.nexws.blocking;
const {checkFunction, nameFunction} = imports.overrides.nexws.handlers;
const {kindOf} = imports.overrides.nexws.words;
const {keep} = imports.overrides.nexws.message;
const {untilClosed} = imports.overrides.nexws.send;
const {registerOnUse} = imports.overrides.nexws.registered;

const CHAIN = Symbol('the functions that are middleware of a router');

let Nx;

/** One that fails refuses, or ends what it has let in. */
function fail(ws, link, error) {
    tell(`Connection ${ws.get_id()} to ${ws.get_path()}: middleware ${link.name} failed: ${toGError(error).message}`);
    if (ws.get_state() === Nx.State.CONNECTING)
        ws.reject(500);
    else if (ws.get_state() === Nx.State.OPEN)
        ws.close(1011);
}

/** It has ended: without next() and without a refusal it has forgotten something. Any peer can have it said again, so it is said once. */
function end(ws, link) {
    if (link.hasGoneOn.has(ws) || ws.get_state() !== Nx.State.CONNECTING)
        return;
    if (!link.hasTold)
        tell(`Connection ${ws.get_id()} to ${ws.get_path()}: middleware ${link.name} neither called next() nor refused; answered 403`);
    link.hasTold = true;
    ws.reject(403);
}

/** Runs what is left of the chain, from @index on. */
function goOn(ws, chain, index) {
    if (index === chain.length) {
        ws.proceed();
        return;
    }
    const link = chain[index];
    let over = null;
    const next = error => {
        // As others have it. Here that would let in whom it is to refuse.
        if (error !== undefined)
            throw new TypeError(`next() lets in and takes nothing, not ${kindOf(error)}: ws.reject(401) refuses, and so does an exception`);
        if (over === null) {
            over = untilClosed(ws);
            link.hasGoneOn.add(ws);
            if (ws.get_state() === Nx.State.CONNECTING)
                goOn(ws, chain, index + 1);
        }
        return over;
    };
    const began = now();
    try {
        const result = link.func(ws, next);
        if (typeof result?.then === 'function') {
            track(link.name, result);
            result.then(() => end(ws, link), error => fail(ws, link, error));
        } else {
            end(ws, link);
        }
    } catch (error) {
        fail(ws, link, error);
    }
    tellIfBlocked(link.name, began);
}

/** Of a class of C's: a message that it keeps is to stay. */
function keepMessages(klass) {
    for (const name of ['vfunc_received', 'vfunc_sent']) {
        if (!Object.hasOwn(klass.prototype, name))
            continue;
        const func = klass.prototype[name];
        klass.prototype[name] = function (ws, message) {
            return func.call(this, ws, keep(message));
        };
    }
}

function addFunction(router, func, where) {
    checkFunction(func, 2, where, 'async (ws, next) => …');
    if (router[CHAIN] === undefined) {
        const chain = [];
        router[CHAIN] = chain;
        router.connect('middleware', (_, ws) => {
            ws.defer();
            goOn(ws, chain, 0);
            return Nx.Verdict.PASS;
        });
    }
    router[CHAIN].push({func, name: nameFunction(func), hasGoneOn: new WeakSet(), hasTold: false});
}

function addMiddleware(namespace) {
    Nx = namespace;
    const register = registerOnUse(Nx, 'Middleware', keepMessages, () => {});
    const {prototype} = Nx.Router;

    /** A function, an instance of Nx.Middleware, or a class of those. */
    prototype.addMiddleware = function (middleware, ...args) {
        if (middleware instanceof Nx.Middleware) {
            this.add_middleware(middleware);
        } else if (typeof middleware === 'function' && Nx.Middleware.prototype.isPrototypeOf(middleware.prototype)) {
            register(middleware);
            this.add_middleware(new middleware(...args));
        } else {
            addFunction(this, middleware, 'addMiddleware(…)');
        }
    };
    prototype.removeMiddleware = function (middleware) {
        if (typeof middleware !== 'function') {
            this.remove_middleware(middleware);
            return;
        }
        const index = this[CHAIN]?.findIndex(link => link.func === middleware) ?? -1;
        if (index >= 0)
            this[CHAIN].splice(index, 1);
    };
}
