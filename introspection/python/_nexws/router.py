# SPDX-License-Identifier: LGPL-2.1-or-later
"""Nx.Router as Python has it: decorators, functions of either kind, classes, and routers in routers."""

import inspect
from time import perf_counter

from gi.repository import GLib, GObject

from .dispatch import SLOW_S, check_signature, fail, failing, log, name_of, report, start, tell_slow
from .errors import to_gerror, translate
from .loop import interrupt
from .middleware import add_ws_middleware
from .raw import Nx
from .state import here, state_of

_add_route = Nx.Router.add_route
_add_controller = Nx.Router.add_controller
_add_controller_factory = Nx.Router.add_controller_factory
_connect = GObject.Object.connect
_mount = Nx.Router.mount
_WANTED = "def or async def with one parameter, the websocket (whose path_params and query_params have the rest)"


def _raise(error):
    raise translate(error) from None


def _make_handler(func):
    def handler(ws, *data):
        state_of(ws)  # from here on the wrapper stays, and knows its thread
        now = here()
        outer, now.ws = now.ws, ws
        began = perf_counter()
        try:
            result = func(ws)
            if result is not None and inspect.iscoroutine(result):
                start(ws, result, func)
        except BaseException as error:
            fail(ws, error, func)
        finally:
            now.ws = outer
        if perf_counter() - began > SLOW_S:
            tell_slow(func, perf_counter() - began)

    return handler


def _on_route_error(route, ws, error):
    """The default: the log. What is said beyond it, other handlers of the signal say; C ends the connection."""
    raised, func = failing()
    if raised is not None:
        report(ws, raised, func)
    else:
        log.error("Connection %s to %.128s failed: %s", ws.get_id(), ws.get_path(), error.message)


def add_route(self, pattern, func):
    """Has a function handle the connections to paths of a pattern: `def` or `async def`, with the websocket. Returns the route."""
    check_signature(func, 1, _WANTED)
    try:
        route = _add_route(self, pattern, _make_handler(func))
    except GLib.Error as error:
        _raise(error)
    except TypeError:
        raise TypeError(f"{name_of(func)}: a pattern is a str such as \"/rooms/{{room}}\", not {pattern!r}") from None
    _connect(route, "error", _on_route_error)
    return route


def websocket_route(self, path="/", name=None):
    """Decorates the function that handles the connections to paths of a pattern, such as "/rooms/{room}"."""
    if callable(path):
        raise TypeError(f"{name_of(path)}: write @websocket_route(\"/path\"), with a path")

    def decorate(func):
        if inspect.isclass(func) and issubclass(func, Nx.Controller):
            route = add_controller_type(self, path, func)
        else:
            route = add_route(self, path, func)
        if name is not None:
            route.set_name(name)
        return func

    return decorate


def ws_route(self, path="/", name=None):
    """The same as `websocket_route`."""
    return websocket_route(self, path, name)


def websocket(self, path="/", name=None):
    """The same as `websocket_route`."""
    return websocket_route(self, path, name)


def add_controller(self, pattern, controller):
    """Has one controller handle all connections to paths of a pattern. Returns the route."""
    try:
        return _add_controller(self, pattern, controller)
    except GLib.Error as error:
        _raise(error)


def add_controller_factory(self, pattern, func):
    """Has a function make a controller for each connection. Returns the route."""
    return _add_maker(self, pattern, func)


def _add_maker(self, pattern, func, maker=None):
    """`maker` is whose name the log has, where it is not the function's."""
    check_signature(func, 1, "a function that takes the websocket and returns a Controller")

    def factory(ws, *data):
        try:
            controller = func(ws)
            if not isinstance(controller, Nx.Controller):
                raise TypeError(f"{name_of(func)} returned {controller!r}; wanted: a Controller")
            return controller
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
            raise to_gerror(error) from None
        except BaseException as error:
            if ws is None:
                log.error("Exception in %s, asked for a controller to describe", name_of(maker or func), exc_info=error)
            else:
                log.error("Connection %s to %.128s: exception in %s", ws.get_id(), ws.get_path(), name_of(maker or func), exc_info=error)
            raise to_gerror(error) from None

    try:
        route = _add_controller_factory(self, pattern, factory)
    except GLib.Error as error:
        _raise(error)
    _connect(route, "error", lambda *args: None)  # it has been logged
    return route


def add_controller_type(self, pattern, cls, *args, **kwargs):
    """Has each connection to paths of a pattern handled by a controller of its own, made as `cls(*args, **kwargs)`."""
    if not inspect.isclass(cls):
        cls = getattr(cls, "pytype", None) or cls
    if not inspect.isclass(cls) or not issubclass(cls, Nx.Controller):
        raise TypeError(f"{cls!r} is no subclass of Controller")
    try:
        inspect.signature(cls.__init__).bind(None, *args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name_of(cls)}() cannot be made for each connection: {error}") from None
    except ValueError:
        pass
    route = _add_maker(self, pattern, lambda ws: cls(*args, **kwargs), cls)
    route.set_controller_type(cls.__gtype__)
    route.set_gives_sample(True)
    return route


class WebsocketRoute:
    """A route before it is added: a path, and a function, a controller or a class of controllers."""

    def __init__(self, path, handler, middleware=(), name=None):
        if middleware:
            raise TypeError(f"The middleware of {path} belongs on a WSRouter: router.add_ws_middleware(…), and mount the router")
        self.path = path
        self.handler = handler
        self.name = name


def add_ws_route(self, *args, name=None):
    """Adds a route: `add_ws_route(Controller())` for the path /, or with a path before or after it. It may be a controller, a class
    of controllers (one a connection), a function, or a WebsocketRoute, which has its path."""
    if len(args) == 1 and isinstance(args[0], WebsocketRoute):
        args, name = (args[0].path, args[0].handler), name or args[0].name
    paths = [arg for arg in args if isinstance(arg, str)]
    handlers = [arg for arg in args if not isinstance(arg, str)]
    if len(handlers) != 1 or len(paths) > 1:
        raise TypeError("add_ws_route() wants a controller, a class of controllers or a function, and at most one path; or a WebsocketRoute")
    path, handler = (paths or ["/"])[0], handlers[0]
    if isinstance(handler, Nx.Controller):
        route = add_controller(self, path, handler)
    elif inspect.isclass(handler) and issubclass(handler, Nx.Controller):
        route = add_controller_type(self, path, handler)
    else:
        route = add_route(self, path, handler)
    if name is not None:
        route.set_name(name)
    return route


def mount(self, prefix, router):
    """Hands all paths that begin with a prefix on to another router, which sees the rest of them."""
    try:
        return _mount(self, prefix, router)
    except GLib.Error as error:
        _raise(error)


def mount_ws_router(self, router, prefix=None):
    """Hands paths on to another router: those of its prefix, or of the one that is given."""
    mount(self, prefix or getattr(router, "prefix", None) or "/", router)
    return router


def include_ws_router(self, router, prefix=None):
    """The same as `mount_ws_router`."""
    return mount_ws_router(self, router, prefix)


for _function in (
    add_controller, add_controller_factory, add_controller_type, add_route, add_ws_middleware, add_ws_route, include_ws_router, mount,
    mount_ws_router, websocket, websocket_route, ws_route,
):  # fmt: skip
    setattr(Nx.Router, _function.__name__, _function)


def _as_route(cls, path, name=None):
    """A route with a controller of this class for each connection, for `add_ws_route`."""
    return WebsocketRoute(path, cls, name=name)


Nx.Controller.as_route = classmethod(_as_route)


class WSRouter(Nx.Router):
    """A router with the prefix that it is mounted at when no other is given: `WSRouter("/ws")`, `WSRouter([WebsocketRoute(…), …])`, or both."""

    __gtype_name__ = "NxPythonRouter"

    def __init__(self, *args, routes=None, prefix=None):
        super().__init__()
        for arg in args:
            if arg is not None and (prefix if isinstance(arg, str) else routes) is not None:
                raise TypeError("WSRouter() wants one prefix and one list of routes at most")
            if isinstance(arg, str):
                prefix = arg
            else:
                routes = arg
        self.prefix = prefix
        for route in routes or ():
            if not isinstance(route, WebsocketRoute):
                raise TypeError(f"WSRouter() wants WebsocketRoutes in its list, not {route!r}")
            self.add_ws_route(route)
