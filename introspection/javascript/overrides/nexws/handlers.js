/* exported DONE, NAME, checkFunction, checkOptions, finish, nameFunction, report, run */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Running the user's functions: what they throw, or reject with, goes to on_error with its stack, and a promise keeps the connection's
// next handler waiting.
const {toGErrorFor} = imports.overrides.nexws.errors;
const {kindOf} = imports.overrides.nexws.words;
const {now, tellIfBlocked, track} = imports.overrides.nexws.blocking;

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
    ws.end_handler(toGErrorFor(ws, error));
}

// -- Running --

/**
 * NAMES OF A FILE, and of the language, are dear in a module of this kind: GJS looks them up in an object, each time they are used, for 50 to
 * 250 ns. So what runs for each message has them as variables of a function around it.
 */
function makeRunners() {
    const [clock, done, watched, goOn, told] = [now, DONE, tellIfBlocked, track, report];

    /** Says that @promise is a handler of @ws, called @name, until it is settled. */
    function follow(ws, name, promise, fail) {
        ws.begin_handler();
        goOn(name, promise);
        promise.then(() => ws.end_handler(null), error => {
            try {
                fail(ws, error);
            } finally {
                ws.end_handler(null);
            }
        });
    }

    function finishOne(ws, name, began, result, fail) {
        watched(name, began);
        // What it returned may be what ws.sendText() did.
        if (result !== undefined && result !== done && typeof result?.then === 'function')
            follow(ws, name, result, fail);
    }

    function runOne(ws, name, func, fail = told) {
        const began = clock();
        let result;
        try {
            result = func();
        } catch (error) {
            fail(ws, error);
        }
        finishOne(ws, name, began, result, fail);
    }

    return [finishOne, runOne];
}

/**
 * finish(ws, name, began, result, fail): after a handler that began at @began and returned @result.
 *
 * run(ws, name, func, fail): calls it.
 * ws - for whom
 * name - how a message about it calls it
 * func - which has no arguments
 * fail - gets the websocket, and what was thrown; report() by default
 */
var [finish, run] = makeRunners();

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

/** A name that is not known would be as if it had not been said: nobody is left out, and no time is up. */
function checkOptions(options, names, where) {
    const wrong = Object.keys(options).find(name => !names.includes(name));
    if (wrong !== undefined)
        throw new TypeError(`${where}: there is no option ${wrong}, but ${names.join(', ')}`);
    return options;
}
