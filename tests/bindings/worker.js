// SPDX-License-Identifier: LGPL-2.1-or-later
// A service that tells each client which process it has come to.
import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';
import System from 'system';

const app = new Nx.App();
const pid = GLib.file_read_link('/proc/self');
app.add_route('/', ws => {
    ws.accept();
    ws.send_text(`${pid} ${app.worker_number}`);
});
System.exit(app.run([System.programInvocationName, ...System.programArgs]));
