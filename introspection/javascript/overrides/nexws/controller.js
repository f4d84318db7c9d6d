/* exported addControllers, bindController */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Controllers: classes with onConnect(), onReceive(), onDisconnect(), onError(), and a method for each action by name, any of which
// may be asynchronous. C calls the dispatchers below, and these call the user's methods.
const {TextMessage, fromText, keep} = imports.overrides.nexws.message;
const {kindOf} = imports.overrides.nexws.words;
const {addActions, bindTypedActions, findAction, hasActions, listActions} = imports.overrides.nexws.actions;
const {now, tell, track} = imports.overrides.nexws.blocking;
const {InvalidData, isOfEnd, toGError, toGErrorFor} = imports.overrides.nexws.errors;
const {NAME, checkFunction, finish, nameFunction, report, run} = imports.overrides.nexws.handlers;
const {registerOnUse} = imports.overrides.nexws.registered;
const {keepWhileOpen} = imports.overrides.nexws.running;

const CODE = Symbol('the close code for what the peer did wrong');
const PULLS = Symbol('onReceive takes no message: it receives by itself');
const CHECKED = Symbol('the fields of one of its instances have been looked at');
const METHODS = ['onConnect', 'onReceive', 'onDisconnect', 'onError'];
const NAMES = {
    on_connect: 'onConnect', on_receive: 'onReceive', on_disconnect: 'onDisconnect', on_error: 'onError',
    onMessage: 'onReceive', onClose: 'onDisconnect', onOpen: 'onConnect',
};

let Nx;
let register;

function nameOf(controller, method) {
    return `${controller.constructor.name}.${method}()`;
}

// -- Errors --

/** What C does with an error: logs it and closes with 1011, without a word of it to the peer, but of what that did wrong itself. */
function failAsC(controller, ws, error) {
    if (error?.[CODE] !== undefined)
        Nx.Controller.prototype.vfunc_on_fault.call(controller, ws, error[CODE], error.message);
    else
        Nx.Controller.prototype.vfunc_on_error.call(controller, ws, toGErrorFor(ws, error));
}

/** To a connection that has ended, that it has is no error. */
function isToldByEnd(ws, error) {
    return ws.get_state() >= Nx.State.CLOSING && isOfEnd(error);
}

/** An error in onError() itself has nowhere else to go. */
function failAgain(controller, ws, error) {
    const where = `${nameOf(controller, 'onError')} failed: `;
    if (error instanceof Error) {
        try {
            error.message = `${where}${error.message}`;
        } catch {
            // What it is says more than where it was.
        }
        failAsC(controller, ws, error);
    } else {
        failAsC(controller, ws, new Error(`${where}${toGError(error).message}`));
    }
}

function tellError(controller, ws, error) {
    if (isToldByEnd(ws, error))
        return;
    try {
        const result = controller.onError(ws, error);
        if (typeof result?.then === 'function') {
            ws.begin_handler();
            track(nameOf(controller, 'onError'), result);
            result.then(() => ws.end_handler(null), again => {
                failAgain(controller, ws, again);
                ws.end_handler(null);
            });
        }
    } catch (again) {
        failAgain(controller, ws, again);
    }
}

/** The peer did wrong with an action. */
function onFault(ws, code, text) {
    tellError(this, ws, Object.assign(new InvalidData(text), {[CODE]: code}));
}

/** Where the errors of a controller's methods go: to its onError(), or to C's. */
function failureOf(controller) {
    return controller.onError === onErrorOfC ? report : (ws, error) => tellError(controller, ws, error);
}

function onErrorOfC(ws, error) {
    failAsC(this, ws, error);
}

// -- Dispatchers: in them `this` is the controller --

function onConnect(ws) {
    ws[NAME] = nameOf(this, 'onReceive');
    keepWhileOpen(ws);
    run(ws, nameOf(this, 'onConnect'), () => {
        const result = this.onConnect(ws);
        if (!this[PULLS])
            return result;
        return typeof result?.then === 'function' ? result.then(() => pull(this, ws)) : pull(this, ws);
    }, failureOf(this));
}

/** The loop of a controller that receives by itself; a handler that goes on. */
function pull(controller, ws) {
    if (ws.get_state() !== Nx.State.OPEN)
        return undefined;
    return controller.onReceive(ws);
}

/** What nearly every message goes through: written out, so that it costs as little as can be. */
function makeReceivers(klass) {
    const name = `${klass.name}.onReceive()`;
    // NAMES OF A FILE (handlers.js).
    const [Text, clock, failure, end] = [TextMessage, now, failureOf, finish];

    function receive(controller, ws, message) {
        const began = clock();
        let result;
        try {
            result = controller.onReceive(ws, message);
        } catch (error) {
            failure(controller)(ws, error);
        }
        // Nearly always there is nothing more to it.
        if (result !== undefined || clock() - began > 50)
            end(ws, name, began, result, failure(controller));
    }

    return {
        onText(ws, text) {
            receive(this, ws, new Text(text));
        },
        onReceive(ws, message) {
            receive(this, ws, keep(message));
        },
    };
}

function dispatch(controller, ws, message) {
    const action = findAction(controller, message);
    if (action !== null)
        run(ws, nameOf(controller, action.method), () => controller[action.method](ws, action.members), failureOf(controller));
    else if (controller.onReceive !== undefined)
        run(ws, nameOf(controller, 'onReceive'), () => controller.onReceive(ws, message), failureOf(controller));
    else if (message.isText)
        onFault.call(controller, ws, 1007, listActions(controller));
    else
        onFault.call(controller, ws, 1003, 'actions come as text, and this message is binary');
}

/** Of a class whose messages may name actions. */
const dispatchers = {
    onText(ws, text) {
        dispatch(this, ws, new TextMessage(text));
    },
    onReceive(ws, message) {
        dispatch(this, ws, keep(message));
    },
};

function onDisconnect(ws, code, reason) {
    run(ws, nameOf(this, 'onDisconnect'), () => this.onDisconnect(ws, code, reason ?? ''), failureOf(this));
}

// -- Classes --

function define(prototype, name, value) {
    Object.defineProperty(prototype, name, {value, writable: true, configurable: true});
}

/** Virtual functions as GJS has them work as ever; but their message stays, and what they throw keeps its stack. */
function wrapVirtual(klass) {
    const prototype = klass.prototype;
    const own = name => Object.hasOwn(prototype, name) ? prototype[name] : null;
    const [connect, receive_, disconnect, text] = ['on_connect', 'on_receive', 'on_disconnect', 'on_text'].map(name => own(`vfunc_${name}`));

    if (connect) {
        define(prototype, 'vfunc_on_connect', function (ws) {
            run(ws, nameOf(this, 'vfunc_on_connect'), () => connect.call(this, ws), failureOf(this));
        });
    }
    if (receive_) {
        define(prototype, 'vfunc_on_receive', function (ws, message) {
            const kept = message instanceof TextMessage ? message.native : keep(message);
            run(ws, nameOf(this, 'vfunc_on_receive'), () => receive_.call(this, ws, kept), failureOf(this));
        });
        // Or a class above this one would still get the text.
        if (!text) {
            define(prototype, 'vfunc_on_text', function (ws, string) {
                this.vfunc_on_receive(ws, fromText(string));
            });
        }
    }
    if (text) {
        define(prototype, 'vfunc_on_text', function (ws, string) {
            run(ws, nameOf(this, 'vfunc_on_text'), () => text.call(this, ws, string), failureOf(this));
        });
    }
    if (disconnect) {
        define(prototype, 'vfunc_on_disconnect', function (ws, code, reason) {
            run(ws, nameOf(this, 'vfunc_on_disconnect'), () => disconnect.call(this, ws, code, reason), failureOf(this));
        });
    }
}

/** @returns {boolean} whether one letter is missing, too many or another, or two have changed places */
function isNearly(one, other) {
    const [short, long] = one.length < other.length ? [one, other] : [other, one];
    let i = 0;
    while (i < short.length && short[i] === long[i])
        i++;
    const rest = (text, n) => text.slice(i + n);
    if (short.length < long.length)
        return rest(short, 0) === rest(long, 1);
    return rest(short, 1) === rest(long, 1) || (rest(short, 2) === rest(long, 2) && short[i] === long[i + 1] && short[i + 1] === long[i]);
}

/** A method that is almost one of the four. It may be for an action of that name. */
function checkSpelling(klass) {
    const has = name => klass.prototype[name] !== undefined && klass.prototype[name] !== Nx.Controller.prototype[name];
    for (const name of Object.getOwnPropertyNames(klass.prototype)) {
        for (const right of METHODS.filter(method => method !== name)) {
            if (name.toLowerCase() === right.toLowerCase())
                throw new TypeError(`${klass.name}.${name}() is never called: it is ${right}() that is`);
            if (!has(right) && isNearly(name, right))
                tell(`${klass.name}.${name}() is for an action of that name; if ${right}() was meant, there is none`);
        }
    }
}

/** What a class says in a field of each instance, where it is not looked for. */
function checkFields(controller) {
    const {constructor: klass} = controller;
    if (Object.hasOwn(klass, CHECKED))
        return;
    for (const name of METHODS) {
        if (Object.hasOwn(controller, name))
            throw new TypeError(`${klass.name}.${name} is a field, and never called: write a method, ${name}(ws) {…}`);
    }
    for (const name of ['actions', 'methods']) {
        if (Object.hasOwn(controller, name) && Object.values(Object(controller[name])).some(value => value?.$gtype || typeof klass.prototype[value] === 'function'))
            throw new TypeError(`${klass.name}.${name} is a field, and not looked at: write static ${name} = …`);
    }
    klass[CHECKED] = true;
}

function checkNames(klass) {
    for (const [wrong, right] of Object.entries(NAMES)) {
        if (Object.hasOwn(klass.prototype, wrong))
            throw new TypeError(`${klass.name}.${wrong}() is never called: it is ${right}() that is`);
    }
    checkSpelling(klass);
    const wanted = {onConnect: [1, '(ws)'], onReceive: [2, '(ws, message), or (ws) to receive by itself'], onDisconnect: [3, '(ws, code, reason)'], onError: [2, '(ws, error)']};
    for (const [name, [n, signature]] of Object.entries(wanted)) {
        if (Object.hasOwn(klass.prototype, name))
            checkFunction(klass.prototype[name], n, `${klass.name}.${name}`, signature);
    }
}

function hasOwn(klass, name) {
    return Object.hasOwn(klass.prototype, name);
}

/** Gives @klass the dispatchers for what it has; those above it have had theirs. */
function prepare(klass) {
    const {prototype} = klass;

    checkNames(klass);
    wrapVirtual(klass);
    // Always, but where it is virtual: it is where a connection begins.
    if (!hasOwn(klass, 'vfunc_on_connect'))
        define(prototype, 'vfunc_on_connect', onConnect);
    // GJS 1.74 cannot take an error of C's where no JavaScript is running, but a code and a text.
    if (prototype.vfunc_on_fault === Nx.Controller.prototype.vfunc_on_fault)
        define(prototype, 'vfunc_on_fault', onFault);
    if (hasOwn(klass, 'onDisconnect'))
        define(prototype, 'vfunc_on_disconnect', onDisconnect);
    if (hasOwn(klass, 'onReceive')) {
        prototype[PULLS] = prototype.onReceive.length === 1;
    }
    const isNew = addActions(klass);
    if (isNew || (hasOwn(klass, 'onReceive') && !prototype[PULLS])) {
        const {onText, onReceive} = hasActions(prototype) ? dispatchers : makeReceivers(klass);
        define(prototype, 'vfunc_on_receive', onReceive);
        define(prototype, 'vfunc_on_text', onText);
    }
}

/** What super.onConnect(ws) and the others reach. */
function addDefaults(prototype) {
    define(prototype, 'onConnect', function (ws) {
        return ws.accept();
    });
    define(prototype, 'onDisconnect', () => {});
    define(prototype, 'onError', onErrorOfC);
}

// -- Adding them --

function isControllerClass(value) {
    return typeof value === 'function' && Nx.Controller.prototype.isPrototypeOf(value.prototype);
}

/** What a factory throws keeps its stack on the way through C. */
function addFactory(router, pattern, make, klass) {
    const route = router.add_controller_factory(pattern, ws => {
        let controller;
        try {
            controller = make(ws);
        } catch (error) {
            throw toGError(error);
        }
        if (!(controller instanceof Nx.Controller))
            throw toGError(new TypeError(`${nameFunction(make)} of ${pattern} must return a controller, not ${kindOf(controller)}`));
        try {
            checkFields(controller);
        } catch (error) {
            throw toGError(error);
        }
        return controller;
    });
    if (klass) {
        route.set_controller_type(klass.$gtype);
        route.set_gives_sample(true);
    }
    return route;
}

/**
 * Registers classes that derive from one of C's.
 *
 * @param {object} namespace - Nx
 * @param {string} name - of C's class
 * @param {Function} complete - what else is done to a class that has been registered
 * @returns {Function} registers one now
 */
function bindController(namespace, name, complete = () => {}) {
    return registerOnUse(namespace, name, prepare, klass => {
        bindTypedActions(klass, (controller, ws, method, object) =>
            run(ws, nameOf(controller, method), () => controller[method](ws, object), failureOf(controller)));
        complete(klass);
    });
}

function addControllers(namespace) {
    Nx = namespace;
    register = bindController(Nx, 'Controller');
    addDefaults(Nx.Controller.prototype);

    Nx.Router.prototype.addController = function (pattern, controller, ...args) {
        // The order that needs no path.
        if (typeof pattern !== 'string')
            [pattern, controller, args] = ['/', pattern, controller === undefined ? [] : [controller, ...args]];
        if (controller instanceof Nx.Controller) {
            checkFields(controller);
            return this.add_controller(pattern, controller);
        }
        if (isControllerClass(controller)) {
            register(controller);
            return addFactory(this, pattern, () => new controller(...args), controller);
        }
        checkFunction(controller, 1, `addController('${pattern}', …)`, 'that makes a controller, or a class that extends Nx.Controller,');
        return addFactory(this, pattern, controller, null);
    };
}
