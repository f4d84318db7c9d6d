// SPDX-License-Identifier: LGPL-2.1-or-later
// Typed messages: {"type": "move", "x": 3} is answered with {"type": "moved", "x": 3}. Try --describe typescript.
import GObject from 'gi://GObject';
import Nx from 'gi://Nx?version=1';

const Move = GObject.registerClass({
    GTypeName: 'BoardMove',
    Properties: {
        x: GObject.ParamSpec.int('x', 'x', 'Which field', GObject.ParamFlags.READWRITE, 0, 9, 0),
    },
}, class Move extends GObject.Object {});

class Board extends Nx.Controller {
    static actions = {move: Move};
    static sent = {moved: Move};

    onMove(ws, move) {
        ws.sendAction('moved', move);
    }
}

const app = new Nx.App();

app.addController('/ws', Board);
app.run();
