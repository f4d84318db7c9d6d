/* exported DONE, NAME, checkFunction, finish, nameFunction, report, run, serve, tell */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Running the user's functions: what they throw, or reject with, goes to on_error with its stack, a promise keeps the connection's
// next handler waiting, and one that stops the loop is named.
const {GLib} = imports.gi;
const {toGError} = imports.overrides.nexws.errors;
const {kindOf} = imports.overrides.nexws.message;

// So long may a handler stop the loop without a word.
const WATCH_MS = 100;
// At most one warning in so many.
const QUIET_MS = 10000;

/** What a call returns that has nothing to wait for. */
var DONE = Promise.resolve();

/** Of a websocket: who handles it, for messages about that. */
var NAME = Symbol('the name of its handler');

// -- Who stops the loop --

let toldAt = -Infinity;
let nUntold = 0;
// Not public in GJS, so it may be missing one day; then the source of its own is all there is.
const drain = imports._promiseNative?.drainMicrotaskQueue ?? null;

function tellBlocked(who, ms) {
    const now = Date.now();
    if (now >= toldAt && now - toldAt < QUIET_MS) {
        nUntold++;
        return;
    }
    const more = nUntold > 0 ? ` (and ${nUntold} times more since the last warning)` : '';
    [toldAt, nUntold] = [now, 0];
    tell(`${who} stopped the main loop for ${ms} ms${more}: meanwhile nobody else is served. Await something in between, or do the work in a subprocess or with an asynchronous function of Gio.`);
}

/** In the log of the library. */
function tell(text) {
    GLib.log_structured('nexws', GLib.LogLevelFlags.LEVEL_WARNING, {MESSAGE: text});
}

/**
 * Serves the promises that have been kept, at once: what a coroutine sends then leaves with this turn of the loop, and its time can
 * be taken. GJS would do so from a source of its own, once for all.
 *
 * @param {string} name - who goes on
 */
function serve(name) {
    if (drain === null)
        return;
    const began = Date.now();
    drain();
    const ms = Date.now() - began;
    if (ms > WATCH_MS)
        tellBlocked(name, ms);
}

// -- What goes wrong --

/**
 * The way to C's on_error, or a route's signal. It is gone from here and not by throwing, since GJS 1.74 cannot make an error of C's
 * into one of JavaScript's where no JavaScript is running: a handler of that signal would not be called.
 */
function report(ws, error) {
    ws.begin_handler();
    ws.end_handler(toGError(error));
}

// -- Running --

/** Says that @promise is a handler of @ws until it is settled. */
function follow(ws, promise, fail) {
    ws.begin_handler();
    promise.then(() => ws.end_handler(null), error => {
        try {
            fail(ws, error);
        } finally {
            ws.end_handler(null);
        }
    });
}

/** After a handler that began at @began and returned @result. */
function finish(ws, name, began, result, fail) {
    if (Date.now() - began > WATCH_MS)
        tellBlocked(name, Date.now() - began);
    // What it returned may be what ws.sendText() did.
    if (result !== undefined && result !== DONE && typeof result?.then === 'function')
        follow(ws, result, fail);
}

/**
 * @param {Nx.WebSocket} ws - for whom
 * @param {string} name - how a message about it calls it
 * @param {Function} func - which has no arguments
 * @param {Function} fail - gets the websocket, and what was thrown
 */
function run(ws, name, func, fail = report) {
    const began = Date.now();
    let result;
    try {
        result = func();
    } catch (error) {
        fail(ws, error);
    }
    finish(ws, name, began, result, fail);
}

/** @returns {string} how a message calls a function of the user's */
function nameFunction(func) {
    return func.name ? `${func.name}()` : 'an anonymous function';
}

/**
 * @param {any} func - what should be a function
 * @param {number} nParameters - with so many parameters
 * @param {string} where - who wants it, such as "app.websocketRoute('/ws', …)"
 * @param {string} wanted - its signature
 */
function checkFunction(func, nParameters, where, wanted) {
    if (typeof func !== 'function')
        throw new TypeError(`${where}: a function ${wanted} is wanted, not ${kindOf(func)}`);
    if (/^class\b/.test(Function.prototype.toString.call(func)))
        throw new TypeError(`${where}: a function ${wanted} is wanted, ${func.name || 'this'} is a class`);
    if (/GeneratorFunction$/.test(func.constructor.name))
        throw new TypeError(`${where}: ${nameFunction(func)} has a * and would never run, a function ${wanted} is wanted`);
    if (func.length > nParameters)
        throw new TypeError(`${where}: ${nameFunction(func)} takes ${func.length} parameters, a function ${wanted} is wanted`);
}
