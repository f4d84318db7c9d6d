/* exported registerOnUse */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Classes that derive from ours need no GObject.registerClass(): they are registered when they are first used.
const {GObject} = imports.gi;

/** Two files may each have a class Chat; GObject has one name for all. */
function giveFreeName(klass) {
    if (Object.hasOwn(klass, GObject.GTypeName))
        return;
    const base = `Gjs_${(klass.name || 'Anonymous').replace(/[^A-Za-z0-9_+-]/g, '_')}`;
    let name = base;
    for (let i = 2; GObject.type_from_name(name) !== null && GObject.type_from_name(name) !== GObject.TYPE_INVALID; i++)
        name = `${base}_${i}`;
    klass[GObject.GTypeName] = name;
}

/**
 * @param {object} Nx - the namespace
 * @param {string} name - of a class in it
 * @param {Function} prepare - what is done to a class that derives from it, before it is registered
 * @param {Function} complete - and after
 * @returns {Function} registers a class, and those above it, unless that is done
 */
function registerOnUse(Nx, name, prepare, complete) {
    const Native = Nx[name];

    function register(klass) {
        if (klass === Native || klass === Nx[name] || Object.hasOwn(klass, '$gtype'))
            return;
        register(Object.getPrototypeOf(klass));
        giveFreeName(klass);
        GObject.registerClass(klass);
    }

    Native._classInit = function (klass) {
        prepare(klass);
        const registered = GObject.Object._classInit.call(this, klass);
        complete(registered);
        return registered;
    };
    Nx[name] = new Proxy(Native, {
        construct(target, args, newTarget) {
            if (newTarget !== Nx[name])
                register(newTarget);
            return Reflect.construct(target, args, newTarget);
        },
    });
    return register;
}
