// SPDX-License-Identifier: LGPL-2.1-or-later
// Routers in routers: /ws/chat/{room} and /ws/notifications, each from a router of its own.
import Nx from 'gi://Nx?version=1';

const chat = new Nx.Router();
chat.websocketRoute('/{room}', async ws => {
    const {room} = ws.pathParams;
    await ws.accept();
    for await (const text of ws.texts())
        ws.sendText(`[${room}] ${text}`);
});

const notifications = new Nx.Router();
notifications.websocketRoute('/notifications', async ws => {
    await ws.accept();
    await ws.sendText('You have no new notifications');
    // Here only the service speaks: what it does not want to hear it has to take all the same, or nothing more would be read.
    for await (const _ of ws.messages())
        continue;
});

const router = new Nx.Router();
router.mount('/chat', chat);
router.mount('/', notifications);

const app = new Nx.App();
app.mount('/ws', router);
app.run();
