// SPDX-License-Identifier: LGPL-2.1-or-later
// A service as a program: what it says, when it ends, and what it says of its own mistakes.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';
import Soup from 'gi://Soup?version=3.0';

import {assertEqual, assertFails, assertIncludes, run, test} from './harness.js';

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');
Gio._promisify(Gio.Subprocess.prototype, 'wait_async', 'wait_finish');
Gio._promisify(Soup.Session.prototype, 'websocket_connect_async', 'websocket_connect_finish');

const SIGTERM = 15;
const HEAD = "import Nx from 'gi://Nx?version=1';\nimport GLib from 'gi://GLib';\n";
const ROUTE = "app.websocketRoute('/ws', async ws => { await ws.accept(); for await (const text of ws.texts()) ws.sendText(text); });\n";

// Nobody else holds them: one that only waits for its own handler is a circle, which GJS 1.82 finds.
const connections = [];

class Program {
    constructor(text, args = ['--port', '0']) {
        const [file, streams] = Gio.File.new_tmp('nexws-XXXXXX.js');
        streams.get_output_stream().write_all(new TextEncoder().encode(HEAD + text), null);
        streams.close(null);
        this._file = file;
        const launcher = new Gio.SubprocessLauncher({flags: Gio.SubprocessFlags.STDOUT_PIPE | Gio.SubprocessFlags.STDERR_PIPE});
        // What GJS says of an exception that nobody catches is a critical.
        launcher.unsetenv('G_DEBUG');
        this._process = launcher.spawnv([GLib.file_read_link('/proc/self/exe'), '-m', file.get_path(), ...args]);
        this._out = new Gio.DataInputStream({base_stream: this._process.get_stdout_pipe()});
        this._err = new Gio.DataInputStream({base_stream: this._process.get_stderr_pipe()});
    }

    async line() {
        return (await this._out.read_line_async(GLib.PRIORITY_DEFAULT, null))[0];
    }

    async url() {
        return (await this.line()).replace('nexws: listening on ', '');
    }

    async echo(url, text) {
        const connection = await new Soup.Session().websocket_connect_async(Soup.Message.new('GET', `${url}/ws`), null, null, GLib.PRIORITY_DEFAULT, null);
        connections.push(connection);
        const answer = new Promise(resolve => connection.connect('message', (_, kind, bytes) => resolve(new TextDecoder().decode(bytes.toArray()))));
        connection.send_text(text);
        assertEqual(await answer, text);
        return connection;
    }

    stop() {
        this._process.send_signal(SIGTERM);
    }

    /** Its exit status, and what it wrote to stderr. */
    async end() {
        const lines = [];
        for (let line; (line = (await this._err.read_line_async(GLib.PRIORITY_DEFAULT, null))[0]) !== null;)
            lines.push(line);
        await this._process.wait_async(null);
        this._file.delete(null);
        return [this._process.get_exit_status(), lines.join('\n')];
    }
}

for (const call of ['app.run();', 'await app.runAsync();', 'await new Promise(r => GLib.idle_add(0, () => { r(); return false; }));\nawait app.runAsync();']) {
    test(`it serves, drains and ends: ${call.split('\n').at(-1)}`, async () => {
        const program = new Program(`const app = new Nx.App();\n${ROUTE}${call}\nprint('ended');\n`);
        const connection = await program.echo(await program.url(), 'hello');
        const closed = new Promise(resolve => connection.connect('closed', resolve));
        program.stop();
        await closed;
        assertEqual(connection.get_close_code(), 1001);
        assertEqual(await program.line(), 'ended');
        assertEqual(await program.end(), [0, '']);
    });
}

test('a bad option ends the program with 1', async () => {
    for (const call of ['app.run();', 'await app.runAsync();']) {
        const program = new Program(`const app = new Nx.App();\n${call}\nprint('not reached');\n`, ['--nonsense']);
        assertEqual(await program.line(), null);
        const [status, text] = await program.end();
        assertEqual(status, 1);
        assertIncludes(text, '--nonsense');
    }
});

test('run() after an await, where GJS serves no promises, says so', async () => {
    const program = new Program(`const app = new Nx.App();\n${ROUTE}await new Promise(r => GLib.idle_add(0, () => { r(); return false; }));\napp.run();\n`);
    await program.url();
    const [line] = await program._err.read_line_async(GLib.PRIORITY_DEFAULT, null).then(async first => first[0] === '' ? program._err.read_line_async(GLib.PRIORITY_DEFAULT, null) : first);
    assertIncludes(line, 'await app.runAsync()');
    program.stop();
    await program.end();
});

test('an exception while the module is loaded names the place', async () => {
    const program = new Program("const app = new Nx.App();\nfunction prepare() { throw new TypeError('not there'); }\nprepare();\napp.run();\n");
    const [status, text] = await program.end();
    assertEqual(status, 1);
    assertIncludes(text, 'TypeError: not there');
    assertIncludes(text, 'prepare@');
});

test('an app can be stopped, and started where there is a loop', async () => {
    const app = new Nx.App();
    app.websocketRoute('/ws', async ws => {
        await ws.accept();
        for await (const text of ws.texts())
            ws.sendText(text);
    });
    app.start(['test', '--port', '0']);
    const url = app.getUris()[0].to_string().replace(/\/$/, '');
    const connection = await Program.prototype.echo(url, 'a');
    const closed = new Promise(resolve => connection.connect('closed', resolve));
    await app.stop();
    await closed;
    assertEqual(connection.get_close_code(), 1001);
});

test('an app listens without flags, and a port that is in use is named', async () => {
    const [one, other] = [new Nx.App(), new Nx.App()];
    one.listen('127.0.0.1', 0);
    const port = one.getUris()[0].get_port();
    await assertFails(() => other.listen('127.0.0.1', port), `Cannot listen on 127.0.0.1 port ${port}: Address already in use`);
    await assertFails(() => other.listen(8000), "host is such as 'localhost', or '*', and port a number, 0 for any; not a number: 8000 and undefined");
    const path = GLib.build_filenamev([GLib.dir_make_tmp('nexws-XXXXXX'), 'socket']);
    other.listenUnix(path);
    await other.stop();
    GLib.rmdir(GLib.path_get_dirname(path));
    await one.stop();
});

await run();
