/* exported addReceiving */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Receiving, as promises and as asynchronous iterations. C is asked for a message where one may be there, and says by its signal
// `readable` when it is worth asking again: so a message costs no callback, and mostly no object of C's.

// All of it in one function: see NAMES OF A FILE in handlers.js.
function addReceiving(Nx) {
    const {Promise} = globalThis;
    const {Gio, GLib} = imports.gi;
    const {InvalidData, TimeoutError, isDisconnect, toJsError} = imports.overrides.nexws.errors;
    const {serve} = imports.overrides.nexws.blocking;
    const {NAME} = imports.overrides.nexws.handlers;
    const {parseJson} = imports.overrides.nexws.json;
    const {TextMessage, fromText} = imports.overrides.nexws.message;
    const {failed, untilRoom} = imports.overrides.nexws.send;

    const RECEIVER = Symbol('who waits for the messages of a websocket');
    const WAITER = Symbol('what a promise waits for');

    // C's functions. To look one up on a websocket costs a good part of what it costs to call it.
    const {try_receive: tryReceive, try_receive_text: tryReceiveText} = Nx.WebSocket.prototype;

    // -- What is received: a string, or where a string of C cannot be it, an Nx.Message --

    function asMessage(item) {
        return typeof item === 'string' ? new TextMessage(item) : item;
    }

    function asText(item) {
        if (typeof item === 'string')
            return item;
        if (!item.isText)
            throw new InvalidData('A binary message came where text was expected');
        return item.text;
    }

    function asData(item) {
        if (typeof item === 'string' || item.isText)
            throw new InvalidData('A text message came where a binary one was expected');
        return item.data;
    }

    function asJson(item) {
        return parseJson(asText(item));
    }

    // -- Who waits --

    class Waiter {
        constructor(receiver, convert, isIteration) {
            this.receiver = receiver;
            this.convert = convert;
            this.isIteration = isIteration;
            this.item = null;
            this.promise = new Promise((resolve, reject) => {
                this._resolve = resolve;
                this._reject = reject;
            });
            this.promise[WAITER] = this;
        }

        /** Gives it what has come; it is kept for as long as somebody may want to have it back. */
        take(item) {
            this.item = item;
            try {
                const value = this.convert(item);
                this._resolve(this.isIteration ? {value, done: false} : value);
            } catch (error) {
                this._reject(error);
            }
        }

        fail(error) {
            if (this.isIteration && isDisconnect(error))
                this._resolve({value: undefined, done: true});
            else
                this._reject(error);
        }
    }

    /** Of one websocket. */
    class Receiver {
        constructor(ws) {
            this._ws = ws;
            this._waiters = [];
            this._wasText = true; // what came last is likely to come next
            ws.connect('readable', () => this._onReadable());
        }

        /** @returns {string | Nx.Message | null} the first message, if it is there for who asks now */
        _take(wantsText) {
            return (wantsText ? tryReceiveText : tryReceive).call(this._ws);
        }

        /** @returns {any} the first message, converted, if nobody waits before and it is there; else undefined */
        _takeConverted(convert) {
            if (this._waiters.length > 0)
                return undefined;
            const item = this._take(convert === asMessage ? this._wasText : convert !== asData);
            return item === null ? undefined : convert(item);
        }

        _wait(convert, isIteration) {
            const waiter = new Waiter(this, convert, isIteration);
            this._waiters.push(waiter);
            return waiter.promise;
        }

        receive(convert) {
            try {
                const value = this._takeConverted(convert);
                return value === undefined ? this._wait(convert, false) : Promise.resolve(value);
            } catch (error) {
                return failed(this._ws, toJsError(error, this._ws));
            }
        }

        /**
         * @param {Function} convert - from what is received
         * @param {Function} there - makes a promise of a result, of a value
         */
        iterate(convert, there) {
            try {
                const value = this._takeConverted(convert);
                return value === undefined ? this._wait(convert, true) : there(value);
            } catch (error) {
                if (isDisconnect(error))
                    return Promise.resolve({value: undefined, done: true});
                return failed(this._ws, toJsError(error, this._ws));
            }
        }

        _onReadable() {
            while (this._waiters.length > 0) {
                let item;
                try {
                    // What is no text for a string of C is there as well.
                    item = this._take(true) ?? this._take(false);
                } catch (error) {
                    this._waiters.splice(0).forEach(waiter => waiter.fail(toJsError(error, this._ws)));
                    break;
                }
                if (item === null)
                    break;
                this._wasText = typeof item === 'string';
                this._waiters.shift().take(item);
            }
            serve(this._ws[NAME] ?? 'a coroutine');
        }

        /** Nobody wants it any more: what has come for it is the next one's. */
        giveUp(waiter) {
            const index = this._waiters.indexOf(waiter);
            if (index >= 0) {
                this._waiters.splice(index, 1);
                if (this._waiters.length === 0)
                    this._ws.cancel_receive();
            } else if (waiter.item !== null) {
                this._ws.put_back(typeof waiter.item === 'string' ? fromText(waiter.item) : waiter.item);
                waiter.item = null;
            }
            return index >= 0;
        }
    }

    // -- Giving up --

    function limit(promise, {timeout = 0, cancellable = null}) {
        const waiter = promise[WAITER];
        if (waiter === undefined)
            return promise;
        const giveUp = error => {
            if (waiter.receiver.giveUp(waiter))
                waiter.fail(error);
        };
        const id = timeout > 0
            ? GLib.timeout_add(GLib.PRIORITY_DEFAULT, timeout, () => {
                giveUp(new TimeoutError(`Nothing came within ${timeout} ms`));
                return GLib.SOURCE_REMOVE;
            })
            : 0;
        const handler = cancellable?.connect(() => giveUp(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED, 'Operation was cancelled'))) ?? 0;
        const end = () => {
            if (id !== 0 && GLib.MainContext.default().find_source_by_id(id) !== null)
                GLib.source_remove(id);
            // Not from within its handler, where GLib would wait for that.
            if (handler !== 0)
                cancellable.disconnect(handler);
        };
        promise.then(end, end);
        return promise;
    }

    /**
     * A receive that lost a race against, say, a timer would take the next message, and nobody would ever see it: so a race gives back
     * what those that lost it wait for, or have got. Races without a receive of ours are as they were.
     */
    function teachRaces() {
        for (const name of ['race', 'any']) {
            const original = Promise[name];
            Promise[name] = function (promises) {
                const list = [...promises];
                const waiters = list.map(one => one?.[WAITER]).filter(waiter => waiter !== undefined);
                if (waiters.length === 0)
                    return original.call(this, list);
                let winner = null;
                const told = list.map(one => Promise.resolve(one).then(value => {
                    winner ??= one?.[WAITER] ?? value;
                    return value;
                }, error => {
                    if (name === 'race')
                        winner ??= one?.[WAITER] ?? error;
                    throw error;
                }));
                const end = () => waiters.filter(waiter => waiter !== winner).forEach(waiter => waiter.receiver.giveUp(waiter));
                const result = original.call(this, told);
                result.then(end, end);
                return result;
            };
        }
    }

    // -- Public --

    /**
     * What `for await` walks over. A promise is dear in GJS (2 us to make one, 2 us to wait for it), so where a message is there already the
     * same one is returned again, with the same object: the loop looks at that before it asks for the next.
     */
    class Iterator {
        constructor(ws, convert) {
            this._ws = ws;
            this._receiver = receiverOf(ws);
            this._convert = convert;
            const result = {value: undefined, done: false};
            const promise = Promise.resolve(result);
            this._there = value => {
                result.value = value;
                return promise;
            };
            this._goOn = () => this._receiver.iterate(this._convert, this._there);
        }

        /** While the peer takes no more, nothing more is asked of it. */
        next() {
            return untilRoom(this._ws)?.then(this._goOn, this._goOn) ?? this._receiver.iterate(this._convert, this._there);
        }

        return(value) {
            return Promise.resolve({value, done: true});
        }
    }

    /** What texts() and the others return: each walk over it goes on where the one before ended. */
    class Iteration {
        constructor(ws, convert) {
            this._ws = ws;
            this._convert = convert;
        }

        [Symbol.asyncIterator]() {
            return new Iterator(this._ws, this._convert);
        }

        /** For who calls it by hand, a result of its own. */
        next() {
            return receiverOf(this._ws).iterate(this._convert, value => Promise.resolve({value, done: false}));
        }
    }

    function receiverOf(ws) {
        ws[RECEIVER] ??= new Receiver(ws);
        return ws[RECEIVER];
    }

    const {prototype} = Nx.WebSocket;
    prototype[RECEIVER] = null;
    const kinds = [['receive', 'messages', asMessage], ['receiveText', 'texts', asText], ['receiveBytes', 'bytes', asData], ['receiveJson', 'jsons', asJson]];

    for (const [once, plural, convert] of kinds) {
        prototype[once] = function (options) {
            const promise = receiverOf(this).receive(convert);
            return options === undefined ? promise : limit(promise, options);
        };
        prototype[plural] = function () {
            return new Iteration(this, convert);
        };
    }
    teachRaces();
}
