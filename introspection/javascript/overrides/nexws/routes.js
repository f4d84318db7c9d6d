/* exported addRoutes */
// SPDX-License-Identifier: LGPL-2.1-or-later
// Routes to functions, and routers in routers.
const {NAME, checkFunction, nameFunction, run} = imports.overrides.nexws.handlers;
const {kindOf} = imports.overrides.nexws.words;
const {keepWhileOpen} = imports.overrides.nexws.running;

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

    prototype.mountRouter = function (router, prefix = '/') {
        return this.mount(prefix, router);
    };
}
