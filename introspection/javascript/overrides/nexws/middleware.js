/* exported addMiddleware */
function addMiddleware(Nx) {}
