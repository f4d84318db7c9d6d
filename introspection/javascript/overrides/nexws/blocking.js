/* exported addBlocking, now, serve, tell, tellIfBlocked, track */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Who stops the loop: while a function of the program runs, nobody else is served. What takes long in one go is named in the log.
const {GLib} = imports.gi;

// So long may a handler stop the loop without a word.
const WATCH_MS = 100;
// At most one warning in so many.
const QUIET_MS = 10000;
// GJS 1.74 serves promises from a source of this priority.
const PROMISES_PRIORITY = 10 * GLib.PRIORITY_HIGH;
// More names than these say nothing.
const MAX_NAMES = 5;

// Milliseconds.
var {now} = Date;
let Nx;
let toldAt = -Infinity;
let nUntold = 0;
// Not public in GJS, so it may be missing one day; then the source of its own is all there is.
const drain = imports._promiseNative?.drainMicrotaskQueue ?? null;

/** In the log of the library. */
function tell(text) {
    GLib.log_structured('nexws', GLib.LogLevelFlags.LEVEL_WARNING, {MESSAGE: text});
}

function tellBlocked(who, ms) {
    const moment = Date.now();
    if (moment >= toldAt && moment - toldAt < QUIET_MS) {
        nUntold++;
        return;
    }
    const more = nUntold > 0 ? ` (and ${nUntold} times more since the last warning)` : '';
    [toldAt, nUntold] = [moment, 0];
    tell(`${who} stopped the main loop for ${ms} ms${more}: meanwhile nobody else is served. Await something in between, or do the work in a subprocess or with an asynchronous function of Gio.`);
}

/** After a function of the program that began at @began. */
function tellIfBlocked(name, began) {
    const ms = now() - began;
    if (ms > WATCH_MS)
        tellBlocked(name, ms);
}

function makeServe() {
    if (drain === null)
        return () => {};
    // NAMES OF A FILE (handlers.js).
    const [clock, run, limit, late] = [now, drain, WATCH_MS, tellBlocked];
    return name => {
        const began = clock();
        run();
        const ms = clock() - began;
        if (ms > limit)
            late(name, ms);
    };
}

/**
 * Serves the promises that have been kept, at once: what a coroutine sends then leaves with this turn of the loop, and its time can
 * be taken. GJS would do so from a source of its own, once for all.
 *
 * @param {string} name - who goes on
 */
var serve = makeServe();

// -- Those that go on after an await of something else, which GJS serves --

const going = new Map(); // how many there are, by their names
let ended = []; // [name, when] of those that ended last, each name once
let isWatching = false;

function end(name) {
    const n = going.get(name) - 1;
    if (n > 0)
        going.set(name, n);
    else
        going.delete(name);
    if (ended.length > 0 && ended[0][0] === name)
        ended[0][1] = now();
    else
        ended = [[name, now()], ...ended.filter(([other]) => other !== name)].slice(0, MAX_NAMES);
}

/** Nobody says whose continuation it was: it is one of those that were going on then. */
function nameThose(ms) {
    const since = now() - ms;
    const names = new Set([...ended.filter(([, when]) => when > since).map(([name]) => name), ...going.keys()]);
    if (names.size === 0)
        return null;
    if (names.size === 1)
        return [...names][0];
    const some = [...names].slice(0, MAX_NAMES);
    return `One of ${some.join(', ')}${names.size > some.length ? ' and others' : ''}`;
}

/** The first handler that awaits something has the turns watched in which promises are served. */
function watch() {
    isWatching = true;
    Nx.watch_turns(PROMISES_PRIORITY, WATCH_MS, ms => {
        const who = nameThose(ms);
        if (who !== null)
            tellBlocked(`${who}, after an await,`, ms);
    });
}

/**
 * Says that a function of the program goes on until @promise is settled.
 *
 * @param {string} name - how a message calls it
 * @param {Promise} promise - what it returned
 */
function track(name, promise) {
    if (!isWatching)
        watch();
    going.set(name, (going.get(name) ?? 0) + 1);
    promise.then(() => end(name), () => end(name));
}

function addBlocking(namespace) {
    Nx = namespace;
}
