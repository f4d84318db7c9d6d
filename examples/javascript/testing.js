// SPDX-License-Identifier: LGPL-2.1-or-later
// A controller and its unit tests: no port, no waiting. Run it, or have Meson's test() do that.
import Nx from 'gi://Nx?version=1';

class Shout extends Nx.Controller {
    constructor() {
        super({encoding: Nx.Encoding.TEXT});
    }

    onConnect(ws) {
        if (ws.queryParams.has('name'))
            ws.accept();
        else
            ws.reject(400, 'Who are you?');
    }

    onReceive(ws, message) {
        ws.sendText(message.text.toUpperCase());
    }
}

const app = new Nx.App();
app.addController('/shout', Shout);

const client = app.testClient();
await client.expectRefusal('/shout', 400);
await client.open('/shout?name=ada');
client.sendText('grüße');
await client.expectText('GRÜSSE');
client.sendBytes(new Uint8Array([1, 2]));
await client.expectClose(1003, 'text expected');
print('1..1\nok 1 shouting');
