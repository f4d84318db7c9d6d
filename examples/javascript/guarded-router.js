// SPDX-License-Identifier: LGPL-2.1-or-later
// Routers and middleware combined: everything is logged; what is below /admin wants a token, and its middleware tells the handler whose
// it is; /public wants nothing.
import Nx from 'gi://Nx?version=1';

async function log(ws, next) {
    print(ws.path);
    await next();
}

const users = new WeakMap();

async function guard(ws, next) {
    if (ws.queryParams.get('token') !== 'secret') {
        ws.reject(401, 'A token is wanted\n');
        return;
    }
    users.set(ws, 'admin');
    await next();
}

async function greet(ws) {
    await ws.accept();
    await ws.sendText(`Hello, ${users.get(ws) ?? 'stranger'}`);
    for await (const _ of ws.messages())
        continue;
}

const admin = new Nx.Router();
admin.addMiddleware(guard);
admin.websocketRoute('/status', greet);

const app = new Nx.App();
app.addMiddleware(log);
app.mount('/admin', admin);
app.websocketRoute('/public', greet);
app.run();
