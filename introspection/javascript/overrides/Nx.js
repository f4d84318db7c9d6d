/* exported _init */
// SPDX-License-Identifier: LGPL-2.1-or-later
// What makes `gi://Nx?version=1` feel at home in JavaScript. GJS runs _init() when the namespace is imported; each file beside it
// is one idea.
const {addCamelNames} = imports.overrides.nexws.names;
const {addBlocking} = imports.overrides.nexws.blocking;
const {addErrors} = imports.overrides.nexws.errors;
const {addMessages} = imports.overrides.nexws.message;
const {addRequest} = imports.overrides.nexws.request;
const {addSending} = imports.overrides.nexws.send;
const {addReceiving} = imports.overrides.nexws.receive;
const {addRoutes} = imports.overrides.nexws.routes;
const {addGroups} = imports.overrides.nexws.groups;
const {addMiddleware} = imports.overrides.nexws.middleware;
const {addControllers} = imports.overrides.nexws.controller;
const {addRpc} = imports.overrides.nexws.rpc;
const {addRunning} = imports.overrides.nexws.running;
const {addTesting} = imports.overrides.nexws.testing;

function _init() {
    const Nx = this;
    addErrors(Nx);
    addBlocking(Nx);
    addMessages(Nx);
    addRequest(Nx);
    addSending(Nx);
    addReceiving(Nx);
    addRoutes(Nx);
    addGroups(Nx);
    addMiddleware(Nx);
    addControllers(Nx);
    addRpc(Nx);
    addRunning(Nx);
    addTesting(Nx);
    // The last one: what has a name of its own by now keeps it.
    addCamelNames(Nx);
}
