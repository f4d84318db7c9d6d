// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC 2.0, both ways: {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1, 2]} is answered with 3, `wake` when the time has
// come, and `greet` asks the caller for its name first. Try --describe typescript.
import GLib from 'gi://GLib';
import Nx from 'gi://Nx?version=1';

const sleep = ms => new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
    resolve();
    return GLib.SOURCE_REMOVE;
}));

class Desk extends Nx.RpcController {
    static methods = ['add', 'wake', 'greet'];

    add(numbers) {
        if (!Array.isArray(numbers) || !numbers.every(Number.isFinite))
            throw new Nx.RpcFailure(Nx.RpcError.INVALID_PARAMS, 'numbers are wanted');
        return numbers.reduce((sum, number) => sum + number, 0);
    }

    // Answers late; others are served meanwhile.
    async wake() {
        await sleep(50);
        return 'good morning';
    }

    async greet(_params, call) {
        const name = await this.call(call.getWebSocket(), 'name', undefined, {timeout: 5000});
        if (typeof name !== 'string')
            throw new Nx.RpcFailure(1, 'That is no name');
        return `Hello, ${name}`;
    }
}

const app = new Nx.App();

app.addController('/rpc', Desk);
app.run();
