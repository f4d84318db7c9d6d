// SPDX-License-Identifier: LGPL-2.1-or-later
// Each line that says so is a mistake that the declarations find.
import Nx from 'gi://Nx?version=1';

class Chat extends Nx.Controller {
    constructor(/** @type {string} */ room) {
        super({encoding: Nx.Encoding.JSON});
        this.room = room;
    }
}

class Odd extends Nx.Controller {
    onConnect(/** @type {string} */ ws) {} // wrong
}

const app = new Nx.App({maxMessageSize: 'large'}); // wrong

app.websocketRoute('/ws', async ws => {
    await ws.accept();
    await ws.sendText(5); // wrong
    await ws.sendBytes('text'); // wrong
    const text = await ws.receiveText();
    text.toFixed(); // wrong
    for await (const octets of ws.bytes())
        octets.toUpperCase(); // wrong
    ws.queryParams.get('a').length;
    ws.pathParams.room = 'x'; // wrong
    ws.accpet(); // wrong
    ws.state === Nx.State.DONE; // wrong
});
app.websocketRoute('/ws', 'handler'); // wrong
app.addController('/chat', Chat); // wrong
app.addController('/chat', Chat, 'kitchen');
app.testClient().expectClose('1000'); // wrong
app.connect('error', async () => true); // wrong
app.connect('error', (_router, ws) => ws.isSecure); // wrong
app.connect('started', async () => {});
app.listen('localhost', 0);
app.listen(8000); // wrong
