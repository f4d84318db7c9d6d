// SPDX-License-Identifier: LGPL-2.1-or-later
// Actions by name: {"type": "move", "x": 3} is for onMove(). What names no action is for onReceive().
import Nx from 'gi://Nx?version=1';

class Board extends Nx.Controller {
    x = 0;

    async onMove(ws, {x}) {
        this.x = x;
        await ws.sendJson({type: 'moved', x});
    }

    onWhereAmI(ws) {
        ws.sendJson({type: 'here', x: this.x});
    }

    onReceive(ws, message) {
        ws.sendText(`What is ${message.text}?`);
    }
}

const app = new Nx.App();

app.addController('/ws', Board);
app.run();
