// SPDX-License-Identifier: LGPL-2.1-or-later
// What GJS itself takes: without what introspection/javascript adds, a virtual function that is handed a text and sends it back. One call
// from C and one to C a message is the least that a program in it can do.
import GObject from 'gi://GObject';
import System from 'system';
import Nx from 'gi://Nx?version=1';

const send = Nx.WebSocket.prototype.send_text;

const Echo = GObject.registerClass(class Echo extends Nx.Controller {
    vfunc_on_text(ws, text) {
        send.call(ws, text);
    }
});

const app = new Nx.App();

app.add_controller('/ws', new Echo());
app.run([System.programInvocationName, ...System.programArgs]);
