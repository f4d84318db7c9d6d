/* exported addReceiving */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Receiving, as promises and as asynchronous iterations.
const {GLib} = imports.gi;
const {InvalidData} = imports.overrides.nexws.errors;
const {toJsError, isDisconnect} = imports.overrides.nexws.errors;
const {parseJson, toData} = imports.overrides.nexws.message;

let Nx;

const asText = message => {
    const text = message.text;
    if (text === null)
        throw new InvalidData('A binary message came where text was expected', 1003);
    return text;
};
const asData = message => {
    if (message.isText)
        throw new InvalidData('A text message came where a binary one was expected', 1003);
    return toData(message.get_bytes());
};

function receive(ws, convert) {
    return new Promise((resolve, reject) => {
        ws.receive_async(null, (_, result) => {
            try {
                resolve(convert(ws.receive_finish(result)));
            } catch (error) {
                reject(toJsError(error, ws));
            }
        });
    });
}

class Iteration {
    constructor(ws, convert) {
        this._ws = ws;
        this._convert = convert;
    }

    [Symbol.asyncIterator]() {
        return this;
    }

    async next() {
        try {
            return {value: await receive(this._ws, this._convert), done: false};
        } catch (error) {
            if (isDisconnect(error))
                return {value: undefined, done: true};
            throw error;
        }
    }
}

function addReceiving(namespace) {
    Nx = namespace;
    const kinds = {'': [message => message, 'messages'], Text: [asText, 'texts'], Bytes: [asData, 'bytes'], Json: [m => parseJson(asText(m)), 'jsons']};
    for (const [suffix, [convert, plural]] of Object.entries(kinds)) {
        Nx.WebSocket.prototype[`receive${suffix}`] = function () {
            return receive(this, convert);
        };
        Nx.WebSocket.prototype[plural] = function () {
            return new Iteration(this, convert);
        };
    }
}
