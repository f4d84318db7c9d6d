/* exported DONE, NAME, checkFunction, finish, nameFunction, report, run */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Running the user's functions: what they throw, or reject with, goes to on_error with its stack, and a promise keeps the connection's
// next handler waiting.
const {toGError} = imports.overrides.nexws.errors;
const {kindOf} = imports.overrides.nexws.words;
const {tellIfBlocked, track} = imports.overrides.nexws.blocking;

/** What a call returns that has nothing to wait for. */
var DONE = Promise.resolve();

/** Of a websocket: who handles it, for messages about that. */
var NAME = Symbol('the name of its handler');

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

/** Says that @promise is a handler of @ws, called @name, until it is settled. */
function follow(ws, name, promise, fail) {
    ws.begin_handler();
    track(name, promise);
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
    tellIfBlocked(name, began);
    // What it returned may be what ws.sendText() did.
    if (result !== undefined && result !== DONE && typeof result?.then === 'function')
        follow(ws, name, result, fail);
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
