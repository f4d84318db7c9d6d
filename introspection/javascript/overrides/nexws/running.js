/* exported addRunning, keepWhileOpen */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Running an app, and keeping it.
const {GLib} = imports.gi;
const System = imports.system;
const {tell} = imports.overrides.nexws.blocking;
const {DONE} = imports.overrides.nexws.handlers;
const {kindOf} = imports.overrides.nexws.words;
const {promisify} = imports.overrides.nexws.names;

// An app that JavaScript has forgotten still has its connections: if the collector took it, their handlers would be called from
// there, which GJS refuses.
const open = new Map();

/** Keeps the app of @ws for as long as that is open. */
function keepWhileOpen(ws) {
    const app = ws.get_app();
    open.set(app, (open.get(app) ?? 0) + 1);
    const id = ws.connect('closed', () => {
        ws.disconnect(id);
        const n = open.get(app) - 1;
        if (n === 0)
            open.delete(app);
        else
            open.set(app, n);
    });
}

function programLine() {
    return [System.programInvocationName, ...System.programArgs];
}

/** GJS serves promises from the loop that is outermost, and in a promise's own continuation from none. Asked from within the loop. */
function warnIfNotServed() {
    let isServed = false;
    DONE.then(() => {
        isServed = true;
    });
    GLib.timeout_add(GLib.PRIORITY_DEFAULT, 100, () => {
        if (!isServed)
            tell('app.run() was called after an await, where GJS serves no promises, so asynchronous handlers stand still: use `await app.runAsync()` there');
        return GLib.SOURCE_REMOVE;
    });
}

function addRunning(Nx) {
    const {prototype} = Nx.App;
    const {run} = prototype;

    prototype.run = function (argv = null) {
        const started = this.connect('started', () => GLib.idle_add(GLib.PRIORITY_DEFAULT, () => {
            warnIfNotServed();
            return GLib.SOURCE_REMOVE;
        }));
        const status = run.call(this, argv ?? programLine());
        this.disconnect(started);
        // The program was asked to do something that it cannot do.
        if (argv === null && status !== 0)
            System.exit(status);
        return status;
    };
    const runAsync = promisify(prototype, 'run');
    prototype.runAsync = function (argv = null) {
        return runAsync.call(this, argv ?? programLine());
    };
    const {listen_socket: listenSocket, listen_unix: listenUnix, listen} = prototype;
    prototype.listen = function (host, port, flags = Nx.ListenFlags.DEFAULT) {
        if (typeof port !== 'number')
            throw new TypeError(`app.listen(host, port): host is such as 'localhost', or '*', and port a number, 0 for any; not ${kindOf(host)} and ${kindOf(port)}`);
        return listen.call(this, host, port, flags);
    };
    prototype.listenUnix = function (path, flags = Nx.ListenFlags.DEFAULT) {
        return listenUnix.call(this, path, flags);
    };
    prototype.listenSocket = function (socket, flags = Nx.ListenFlags.DEFAULT) {
        return listenSocket.call(this, socket, flags);
    };
    // Not a pair with one that acts at once.
    prototype.stop = promisify(prototype, 'stop');
}
