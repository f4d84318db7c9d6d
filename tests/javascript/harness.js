// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests in JavaScript: each is an asynchronous function, run one after the other; what is printed is TAP.
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';
import System from 'system';

const TIMEOUT_S = 60;
const tests = [];
const lines = [];

/** What the library logs while a test runs; a test that wants some takes it with takeLog(). */
GLib.log_set_writer_func((level, fields) => {
    const {MESSAGE, GLIB_DOMAIN} = fields;
    const text = value => value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value ?? '');
    if (level <= GLib.LogLevelFlags.LEVEL_WARNING)
        lines.push(`${text(GLIB_DOMAIN)}: ${text(MESSAGE)}`);
    return GLib.LogWriterOutput.HANDLED;
});

export function takeLog() {
    return lines.splice(0).join('\n');
}

export function test(name, func) {
    tests.push([name, func]);
}

export function assertEqual(actual, expected) {
    const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (left !== right)
        throw new Error(`${left} is not ${right}`);
}

export function assertIncludes(text, part) {
    if (!text.includes(part))
        throw new Error(`"${part}" is not in: ${text}`);
}

/** @returns {Error} what it fails with */
export async function assertFails(action, words) {
    let error = null;
    try {
        await (typeof action === 'function' ? action() : action);
    } catch (thrown) {
        error = thrown;
    }
    if (error === null)
        throw new Error(`it did not fail with "${words}"`);
    assertIncludes(error.message, words);
    return error;
}

/** Lets the loop turn once. */
export function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

export async function until(condition) {
    while (!condition())
        await turn();
}

export async function run() {
    let nFailed = 0;
    GLib.timeout_add_seconds(GLib.PRIORITY_HIGH, TIMEOUT_S, () => {
        print(`Bail out! not done after ${TIMEOUT_S} s`);
        System.exit(1);
    });
    print(`1..${tests.length}`);
    for (const [i, [name, func]] of tests.entries()) {
        try {
            lines.length = 0;
            await func();
            const log = takeLog();
            if (log !== '')
                throw new Error(`it logged: ${log}`);
            print(`ok ${i + 1} ${name}`);
        } catch (error) {
            nFailed++;
            print(`not ok ${i + 1} ${name}`);
            print(`# ${error}\n${error.stack ?? ''}`.replace(/\n/g, '\n# '));
        }
    }
    if (nFailed > 0)
        System.exit(1);
}

/** A client of an app with one route to @handler. */
export async function serve(handler, path = '/ws') {
    const app = new Nx.App();
    app.websocketRoute('/ws', handler);
    const client = app.testClient();
    await client.open(path);
    return client;
}
