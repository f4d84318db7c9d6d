/* exported addRunning */
const System = imports.system;
function addRunning(Nx) {
    const run = Nx.App.prototype.run;
    Nx.App.prototype.run = function (argv = [System.programInvocationName, ...System.programArgs]) { return run.call(this, argv); };
}
