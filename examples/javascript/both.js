// SPDX-License-Identifier: LGPL-2.1-or-later
// A router with middleware of its own: /ws/chat wants to know a token, /ws/notifications does not.
import Nx from 'gi://Nx?version=1';

async function log(ws, next) {
    print(`${ws.path} begins`);
    await next();
    print(`${ws.path} ends`);
}

async function auth(ws, next) {
    if (ws.queryParams.get('token') === 'secret')
        await next();
    else
        ws.acceptAndClose(1008, 'Unauthorized');
}

const chat = new Nx.Router();
chat.addMiddleware(auth);
chat.websocketRoute('/chat', async ws => {
    await ws.accept();
    for await (const text of ws.texts())
        ws.sendText(`You said: ${text}`);
});

const notifications = new Nx.Router();
notifications.websocketRoute('/notifications', async ws => {
    await ws.accept();
    await ws.sendText('You have no new notifications');
    await ws.close();
});

const router = new Nx.Router();
router.mount('/', chat);
router.mount('/public', notifications);

const app = new Nx.App();
app.addMiddleware(log);
app.mount('/ws', router);
app.run();
