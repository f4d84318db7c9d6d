// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests in JavaScript: each is an asynchronous function, run one after the other; what is printed is TAP.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';
import System from 'system';

const TIMEOUT_S = 60;
const LOG = GLib.getenv('TEST_LOG');
const tests = [];
let nRead = 0;
let heedsSlowness = false;

/** What was logged since: a test that brings it about takes it. A function of ours that GLib calls to log would be called by the collector. */
export function takeLog() {
    const [, octets] = GLib.file_get_contents(LOG);
    const text = new TextDecoder().decode(octets.subarray(nRead));
    nRead = octets.length;
    // A machine that has much else to do holds any handler up.
    return (heedsSlowness ? text : text.replace(/^.* stopped the main loop for .*$/gm, '')).trim();
}

/** Runs this program once more, with its standard error in a file. */
function runLogged() {
    const [file] = Gio.File.new_tmp('nexws-XXXXXX.log');
    const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.NONE});
    launcher.set_stderr_file_path(file.get_path());
    launcher.setenv('TEST_LOG', file.get_path(), true);
    const child = launcher.spawnv([GLib.file_read_link('/proc/self/exe'), '-m', System.programPath]);
    child.wait(null);
    const status = child.get_if_exited() ? child.get_exit_status() : 1;
    if (status !== 0)
        printerr(new TextDecoder().decode(GLib.file_get_contents(file.get_path())[1]));
    file.delete(null);
    System.exit(status);
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

export async function run(options = {}) {
    ({heedsSlowness = false} = options);
    if (LOG === null)
        runLogged();
    let nFailed = 0;
    GLib.timeout_add_seconds(GLib.PRIORITY_HIGH, TIMEOUT_S, () => {
        print(`Bail out! not done after ${TIMEOUT_S} s`);
        System.exit(1);
    });
    print(`1..${tests.length}`);
    for (const [i, [name, func]] of tests.entries()) {
        try {
            takeLog();
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
