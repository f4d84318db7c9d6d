// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint: what comes to /ws goes back.
import Nx from 'gi://Nx?version=1';

class Echo extends Nx.Controller {
    onReceive(ws, message) {
        ws.sendMessage(message);
    }
}

const app = new Nx.App();

app.addController('/ws', Echo);
app.run();
