/* exported addActions, bindTypedActions, findAction, hasActions, listActions, toMethod */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Actions by name: {"type": "move", "x": 3} is for the method onMove(ws, {x: 3}). Where a class says `static actions = {move: Move}`,
// with Move a class of GObject, C checks the members against its properties first, and makes one.
const {GObject, Json} = imports.gi;
const {parseJson} = imports.overrides.nexws.json;

const NOT_ACTIONS = ['onConnect', 'onReceive', 'onDisconnect', 'onError'];
const ACTIONS = Symbol('the methods of actions, by the types that lead to them');

/** @returns {string} the method for an action: onMoveTo for move-to, move_to and moveTo */
function toMethod(type) {
    return `on${type.replace(/(?:^|[-_ ])([a-z0-9])/g, (_, letter) => letter.toUpperCase())}`;
}

function toType(method, separator) {
    return method[2].toLowerCase() + method.slice(3).replace(/[A-Z]/g, letter => separator + letter.toLowerCase());
}

function toTypes(method) {
    return [method[2].toLowerCase() + method.slice(3), toType(method, '-'), toType(method, '_')];
}

/**
 * Finds a class' own methods for actions.
 *
 * @param {Function} klass - a class of controllers
 * @returns {boolean} whether there are any
 */
function addActions(klass) {
    const typed = new Set(Object.keys(klass.actions ?? {}).map(toMethod));
    const methods = Object.getOwnPropertyNames(klass.prototype)
        .filter(name => /^on[A-Z]/.test(name) && !NOT_ACTIONS.includes(name) && !typed.has(name));
    if (methods.length === 0)
        return false;
    // Those of the class above are found as well.
    const actions = new Map(klass.prototype[ACTIONS] ?? []);
    for (const method of methods) {
        for (const type of toTypes(method))
            actions.set(type, method);
    }
    klass.prototype[ACTIONS] = actions;
    return true;
}

/** Of an action that is a method alone nobody knows the members. */
function describeUntyped(klass) {
    const methods = new Set(klass.prototype[ACTIONS]?.values());
    for (const method of methods)
        klass.describe_received(toType(method, '-'), Json.from_string('{"type": "object"}'));
    if (methods.size > 0 && klass.prototype.onReceive === undefined)
        klass.set_takes_other(false);
}

/**
 * What a class says of its messages, for C: those it sends are for who describes the service.
 *
 * @param {Function} klass - a class of controllers, registered
 * @param {Function} call - (controller, ws, method, members): calls a method
 */
function bindTypedActions(klass, call) {
    describeUntyped(klass);
    const own = name => Object.entries(Object.hasOwn(klass, name) ? klass[name] : {});

    for (const [type, members] of own('sent'))
        klass.declare_sent(type, members?.$gtype ?? GObject.TYPE_NONE);
    for (const [type, members] of own('actions')) {
        const method = toMethod(type);
        if (typeof klass.prototype[method] !== 'function')
            throw new TypeError(`${klass.name}.actions: "${type}" wants a method ${method}(ws, ${type})`);
        // One that is not registered has that of the class above it, and none of its own properties.
        if (members !== null && !Object.hasOwn(Object(members), '$gtype'))
            throw new TypeError(`${klass.name}.actions: "${type}" must be a class of GObject, registered, or null for an action without members`);
        klass.bind_action(type, members?.$gtype ?? GObject.TYPE_NONE, (controller, ws, object) => call(controller, ws, method, object));
    }
}

/** @returns {boolean} whether a class, or one above it, has any */
function hasActions(prototype) {
    return prototype[ACTIONS] !== undefined;
}

/** @returns {{method: string, members: object}?} what @message is for; null where it names no action of @controller's */
function findAction(controller, message) {
    const actions = controller[ACTIONS];
    if (actions === undefined || !message.isText)
        return null;
    let value;
    try {
        value = parseJson(message.text);
    } catch {
        return null;
    }
    const method = actions.get(value?.type);
    if (method === undefined)
        return null;
    const {type: _, ...members} = value;
    return {method, members};
}

/** @returns {string} for a peer that asked for something else, as much of it as a close frame holds */
function listActions(controller) {
    const typed = [];
    for (let klass = controller.constructor; klass?.actions; klass = Object.getPrototypeOf(klass))
        typed.push(...Object.keys(Object.hasOwn(klass, 'actions') ? klass.actions : {}));
    const untyped = [...new Set(controller[ACTIONS].values())].map(method => toType(method, '-'));
    const types = [...new Set([...typed, ...untyped])].map(type => `"${type}"`);
    const text = `type: one of ${types.join(', ')} is wanted`;
    return text.length <= 123 ? text : 'type: no such action';
}
