// SPDX-License-Identifier: LGPL-2.1-or-later
// Error handling: a handler throws, onError() decides what the peer is told, and onDisconnect() runs whatever happens. Send a number to
// have its root; text is a mistake, and a negative number one too many.
import Nx from 'gi://Nx?version=1';

class NotANumber extends Error {}

class Root extends Nx.Controller {
    constructor() {
        super({encoding: Nx.Encoding.TEXT});
    }

    async onReceive(ws, message) {
        const number = Number(message.text.trim() || 'nothing');
        if (Number.isNaN(number))
            throw new NotANumber(`"${message.text}" is no number`);
        if (number < 0)
            throw new RangeError(`${message.text} has no root`);
        await ws.sendText(String(Math.sqrt(number)));
    }

    onError(ws, error) {
        // A peer's mistake is told to the peer, who may try again. Anything else is logged and closes with 1011, without a word of
        // what it was.
        if (error instanceof NotANumber)
            ws.sendText(error.message);
        else
            super.onError(ws, error);
    }

    onDisconnect(ws, code) {
        print(`Disconnected with code ${code}`);
    }
}

const app = new Nx.App();

app.addController('/ws', Root);
app.run();
