// SPDX-License-Identifier: LGPL-2.1-or-later
// A class whose onReceive() takes no message: it receives by itself. One controller serves all connections: `this` is not one of them.
import Nx from 'gi://Nx?version=1';

class ChatEndpoint extends Nx.Controller {
    async onConnect(ws) {
        await ws.accept();
        print('Client connected');
    }

    async onReceive(ws) {
        while (true) {
            const data = await ws.receiveText();
            await ws.sendText(`You said: ${data}`);
        }
    }

    onDisconnect(ws, code) {
        print(`Client disconnected with code ${code}`);
    }
}

const app = new Nx.App();

app.addController(new ChatEndpoint());
app.run();
