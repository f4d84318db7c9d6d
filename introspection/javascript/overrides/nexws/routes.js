/* exported addRoutes */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Routes to functions, routers in routers, and who hears of their errors.
const {GObject} = imports.gi;
const {tell} = imports.overrides.nexws.blocking;
const {thrownFor, toGError} = imports.overrides.nexws.errors;
const {NAME, checkFunction, nameFunction, run} = imports.overrides.nexws.handlers;
const {kindOf} = imports.overrides.nexws.words;
const {keepWhileOpen} = imports.overrides.nexws.running;

/** A handler of the signal `error` gets what was thrown, and its answer is a boolean: a promise would be true, whatever it is kept with. */
function hearErrors(prototype, className, isAsked) {
    function wrap(func) {
        return (source, ws, error) => {
            const result = func(source, ws, thrownFor(ws, error));
            if (typeof result?.then !== 'function')
                return result;
            result.then(null, again => tell(`${className}: ${nameFunction(func)} for "error" failed: ${toGError(again).message}`));
            if (isAsked)
                tell(`${className}: ${nameFunction(func)} for "error" returned a promise, which says too late whether it has handled it, and counts as false`);
            return false;
        };
    }
    for (const name of ['connect', 'connect_after']) {
        const connect = GObject.Object.prototype[name];
        prototype[name] = function (signal, func) {
            return connect.call(this, signal, signal === 'error' && typeof func === 'function' ? wrap(func) : func);
        };
    }
}

function addRoutes(Nx) {
    const prototype = Nx.Router.prototype;
    const addRoute = prototype.add_route;

    prototype.websocketRoute = function (pattern, func) {
        if (typeof pattern !== 'string')
            throw new TypeError(`websocketRoute(pattern, func): pattern must be a string such as '/ws', not ${kindOf(pattern)}`);
        checkFunction(func, 1, `websocketRoute('${pattern}', …)`, 'async ws => …');
        const name = `${nameFunction(func)} of ${pattern}`;
        return addRoute.call(this, pattern, ws => {
            ws[NAME] = name;
            keepWhileOpen(ws);
            run(ws, name, () => func(ws));
        });
    };
    prototype.wsRoute = prototype.websocketRoute;
    prototype.addRoute = prototype.websocketRoute;

    hearErrors(prototype, 'Router', true);
    hearErrors(Nx.Route.prototype, 'Route', false);
    prototype.mountRouter = function (router, prefix = '/') {
        return this.mount(prefix, router);
    };
}
