/* exported addCamelNames, promisify */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Every method under the name that JavaScript would give it: get_path_param() is getPathParam() as well, and ping_async() with
// ping_finish() is ping(), which returns a promise.
const {toJsError} = imports.overrides.nexws.errors;

// What is written by hand for JavaScript, or is not for it.
const CLASSES = ['App', 'Controller', 'CredentialsFilter', 'FileService', 'Group', 'Message', 'Middleware', 'OriginFilter', 'RateLimiter',
    'RequestLog', 'Route', 'Router', 'RpcCall', 'RpcController', 'TestClient', 'TokenFilter', 'WebSocket'];

function toCamel(name) {
    return name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
}

/**
 * A pair of C's as one function that returns a promise. What C wants of arguments may be left out at the end, where it is
 * nullable; the cancellable is the last.
 *
 * @param {object} prototype - whose methods they are
 * @param {string} name - without its ending
 */
function promisify(prototype, name) {
    const start = prototype[`${name}_async`];
    const finish = prototype[`${name}_finish`];
    const nArguments = start.length - 1;

    return function (...args) {
        while (args.length < nArguments)
            args.push(null);
        return new Promise((resolve, reject) => {
            start.call(this, ...args, (_, result) => {
                try {
                    resolve(finish.call(this, result));
                } catch (error) {
                    reject(toJsError(error, [this, ...args].find(one => typeof one?.get_close_code === 'function')));
                }
            });
        });
    };
}

function define(prototype, name, value) {
    Object.defineProperty(prototype, name, {value, writable: true, configurable: true});
}

function addMethods(prototype) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
        if (name === 'constructor' || name.startsWith('vfunc_'))
            continue;
        const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
        if (typeof descriptor.value !== 'function' || name.endsWith('_finish'))
            continue;
        const isAsync = name.endsWith('_async');
        const camel = toCamel(isAsync ? name.slice(0, -'_async'.length) : name);
        // Such as send_text() and send_text_async(): the one that acts at once is made to be awaited as well.
        if (Object.hasOwn(prototype, camel))
            continue;
        define(prototype, camel, isAsync ? promisify(prototype, name.slice(0, -'_async'.length)) : descriptor.value);
    }
}

function addCamelNames(Nx) {
    for (const name of CLASSES) {
        if (name in Nx)
            addMethods(Nx[name].prototype);
    }
    Nx.closeCodeIsSendable = Nx.close_code_is_sendable;
}
