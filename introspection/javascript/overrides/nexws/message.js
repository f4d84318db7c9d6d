/* exported TextMessage, addMessages, fromText, keep, toBytes, toNative */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Messages: strings, Uint8Arrays and plain objects on this side, a boxed NxMessage on C's. Both sides of that box cost more than
// all the rest of a short message's way, so text that is received mostly comes without one.
const {GLib} = imports.gi;
const {InvalidData} = imports.overrides.nexws.errors;
const {parseJson, toJson} = imports.overrides.nexws.json;
const {kindOf} = imports.overrides.nexws.words;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

let Nx;

// -- Values --

function toBytes(data, where) {
    if (data instanceof Uint8Array)
        return new GLib.Bytes(data);
    if (data instanceof GLib.Bytes)
        return data;
    if (data instanceof ArrayBuffer)
        return new GLib.Bytes(new Uint8Array(data));
    throw new TypeError(`${where}(data): data must be a Uint8Array, not ${kindOf(data)}`);
}

/** C's text ends at U+0000, so text that has one goes as octets. */
function fromText(text) {
    return Nx.Message.new_text_from_bytes(new GLib.Bytes(encoder.encode(text)));
}

// -- The two kinds of message --

/**
 * A text message that was received. It is an Nx.Message for whoever uses it, and becomes one in C where C wants to have it.
 */
var TextMessage = class TextMessage {
    constructor(text) {
        this.text = text;
        this._native = null;
    }

    get isText() {
        return true;
    }

    get data() {
        return encoder.encode(this.text);
    }

    get size() {
        return this.data.length;
    }

    get native() {
        this._native ??= fromText(this.text);
        return this._native;
    }

    json() {
        return parseJson(this.text);
    }

    ref() {
        return this;
    }
};

/** What the boxed one has, asked of it. */
function addNativeMethods() {
    for (const name of ['get_bytes', 'get_data', 'get_json', 'get_kind', 'get_object', 'get_size', 'get_text', 'get_variant']) {
        TextMessage.prototype[name] = function (...args) {
            return this.native[name](...args);
        };
    }
    TextMessage.prototype.getObject = TextMessage.prototype.get_object;
    TextMessage.prototype.getVariant = TextMessage.prototype.get_variant;
    Object.defineProperty(Nx.Message, Symbol.hasInstance, {
        value: one => one instanceof TextMessage || (typeof one === 'object' && one !== null && Nx.Message.prototype.isPrototypeOf(one)),
    });
}

function addProperties(prototype) {
    Object.defineProperties(prototype, {
        isText: {
            get() {
                return this.get_kind() === Nx.MessageKind.TEXT;
            },
        },
        text: {
            get() {
                return this.get_plain_text() ?? (this.isText ? decoder.decode(this.get_data()) : null);
            },
        },
        data: {
            get() {
                return this.get_data();
            },
        },
        size: {
            get() {
                return this.get_size();
            },
        },
        json: {
            value() {
                const text = this.text;
                if (text === null)
                    throw new InvalidData('A binary message came where JSON was expected');
                return parseJson(text);
            },
        },
    });
}

function addFactories() {
    Nx.Message.fromText = text => {
        if (typeof text !== 'string')
            throw new TypeError(`Nx.Message.fromText(text): text must be a string, not ${kindOf(text)}`);
        return fromText(text);
    };
    Nx.Message.fromBytes = data => Nx.Message.new_bytes(toBytes(data, 'Nx.Message.fromBytes'));
    Nx.Message.fromJson = value => fromText(toJson(value, 'Nx.Message.fromJson'));
}

function toNative(message, where) {
    if (message instanceof TextMessage)
        return message.native;
    if (message instanceof Nx.Message)
        return message;
    throw new TypeError(`${where}(message): message must be an Nx.Message, not ${kindOf(message)}`);
}

/**
 * GJS 1.74 wraps the message of a virtual function without a reference: without one of our own it is gone when the function is
 * back, and with it what a user kept.
 */
function keep(message) {
    return message.ref();
}

function addMessages(namespace) {
    Nx = namespace;
    addNativeMethods();
    addProperties(Nx.Message.prototype);
    addFactories();
}
