// SPDX-License-Identifier: LGPL-2.1-or-later
// A class-based controller: one instance a connection, which keeps the connection's state in its fields.
import Nx from 'gi://Nx?version=1';

class Counter extends Nx.Controller {
    nMessages = 0;

    constructor() {
        super({encoding: Nx.Encoding.TEXT});
    }

    async onConnect(ws) {
        await ws.accept();
        await ws.sendText('Welcome');
    }

    async onReceive(ws, message) {
        await ws.sendText(`Message ${++this.nMessages}: ${message.text}`);
    }

    onDisconnect(ws, code) {
        print(`${ws.id} left with code ${code} after ${this.nMessages} messages`);
    }
}

const app = new Nx.App();

app.addController('/ws', Counter);
app.run();
