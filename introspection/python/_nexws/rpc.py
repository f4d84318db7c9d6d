# SPDX-License-Identifier: LGPL-2.1-or-later
"""
JSON-RPC with methods that are plain methods: `@method` on one of a subclass of RpcController makes it one that peers can call, by
position or by name, `def` or `async def`; what it returns is the result. `calling` has the other way.
"""

import asyncio
import inspect
import itertools
import typing

from gi._gi import hook_up_vfunc_implementation
from gi.repository import GLib, GObject, Json

from .arguments import want_text
from .calling import RpcError, from_node, to_node
from .controller import further
from .dispatch import log, name_of, watch
from .errors import to_gerror
from .loop import interrupt, is_end, start_task
from .methods import as_function, own_name
from .raw import Nx
from .state import current
from .typed import Misfit, fit

_INVALID_PARAMS = -32602
_INTERNAL = -32603
_TIMED_OUT = -32000
GRACE_S = 5
"""So long may a method go on when nobody waits for its answer."""

_on_call_info = next(info for info in Nx.RpcController.__info__.get_vfuncs() if info.get_name() == "on_call")
_c_on_error = Nx.RpcController.do_on_error
_c_on_call = Nx.RpcController.do_on_call


def method(name=None):
    """Decorates a method that peers can call, under its own name or the given one."""
    if name is not None and not isinstance(name, str):  # classmethod makes nothing that can be called
        return method()(name)

    def decorate(func):
        func._nexws_method = name or own_name(func, "method")
        return func

    return decorate


def _fit_argument(value, hint, parameter):
    """The annotation of `*numbers: float` and `**options: str` is that of each one."""
    name = parameter.name
    if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
        return tuple(fit(one, hint, f"{name}[{i}]") for i, one in enumerate(value))
    if parameter.kind is inspect.Parameter.VAR_KEYWORD:
        return {key: fit(one, hint, key) for key, one in value.items()}
    return fit(value, hint, name)


def _bind(self, func, params):
    """The arguments, each as its annotation says."""
    signature = inspect.signature(func)
    args, kwargs = (params, {}) if isinstance(params, list) else ([], params or {})
    try:
        bound = signature.bind(self, *args, **kwargs)
        hints = typing.get_type_hints(func)
        for name, value in list(bound.arguments.items())[1:]:
            if name in hints:
                bound.arguments[name] = _fit_argument(value, hints[name], signature.parameters[name])
    except (TypeError, Misfit) as error:
        raise RpcError(_INVALID_PARAMS, "Invalid params", str(error)) from None
    return bound


def _answer_with(call, error):
    """What a method raised of its own; TypeError, ValueError or OverflowError when that is none that could be told."""
    want_text("RpcError", "message", error.message)
    call.return_error(error.code, error.message, None if error.data is None else to_node(error.data))


def _fail(call, error, func):
    if isinstance(error, RpcError):
        try:
            _answer_with(call, error)
            return
        except Exception as mistake:  # the peer waits for an answer all the same
            error = mistake
    log.error("Connection %s: exception in %s", call.get_web_socket().get_id(), name_of(func), exc_info=error)
    if isinstance(error, TimeoutError) or (isinstance(error, GLib.Error) and error.matches(Nx.error_quark(), Nx.Error.TIMEOUT)):
        call.return_error(_TIMED_OUT, "Timed out", None)
    else:
        call.return_error(_INTERNAL, "Internal error", None)


async def _drive(call, coroutine, func):
    current.set(call.get_web_socket())
    try:
        call.return_json(to_node(await watch(coroutine, func)))
    except BaseException as error:
        if is_end(error) or (isinstance(error, asyncio.CancelledError) and _is_lost(call)):
            raise
        _fail(call, error, func)


def _is_lost(call):
    return call.get_cancellable().is_cancelled()


def _start(call, coroutine, func):
    """Runs a method's coroutine. When nobody waits for its answer any more it goes on for a while, as a handler does; or peers that call and
    leave would have it run as often as they like."""
    task = start_task(_drive(call, coroutine, func))
    if task.done():
        return
    loop = task.get_loop()

    def give_up(cancellable):
        if not task.done():
            timer = loop.call_later(GRACE_S, task.cancel)
            task.add_done_callback(lambda task: timer.cancel())

    cancellable = call.get_cancellable()
    if cancellable.is_cancelled():
        give_up(cancellable)
    else:
        # Not Gio.Cancellable.connect(), in whose handler nothing of it may be touched.
        handler = GObject.Object.connect(cancellable, "cancelled", give_up)
        # The task knows how it ended, and with that the call, whose cancellable would know the task: that circle leads through C.
        task.add_done_callback(lambda task: GObject.Object.disconnect(cancellable, handler))


def _make_on_call(methods):
    def on_call(self, call):
        func = methods.get(call.get_method())
        if func is None:
            _c_on_call(self, call)
            return
        try:
            bound = _bind(self, func, from_node(call.get_params()))
            result = func(*bound.args, **bound.kwargs)
            if inspect.iscoroutine(result):
                _start(call, result, func)
            else:
                call.return_json(to_node(result))
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        except BaseException as error:
            _fail(call, error, func)

    return on_call


def _without_web_socket(func):
    """What a peer passes is all that a method gets: it would be asked for its own connection."""
    first = next(itertools.islice(inspect.signature(func).parameters.values(), 1, None), None)
    if first is not None and (first.name == "websocket" or first.annotation in (Nx.WebSocket, "WebSocket")):
        raise TypeError(f"{name_of(func)} has a parameter {first.name}, and peers pass the parameters of a method: self.websocket is who calls")
    return func


def _never(self, call, params):
    raise AssertionError(f"{call.get_method()} came past on_call")


def _implement(cls):
    """Gives a class what C calls."""
    if not issubclass(cls, Nx.RpcController):
        return
    methods = {}
    for base in reversed(cls.__mro__):
        for key, func in vars(base).items():
            name = getattr(func, "_nexws_method", None)
            if name is not None:
                methods[name] = _without_web_socket(as_function(func, base, key))
    if methods:
        # Never called, since on_call comes first: it is for --describe.
        for name in methods:
            cls.bind_method(name, Json.Node, Json.Node, _never)
        hook_up_vfunc_implementation(_on_call_info, cls.__gtype__, _make_on_call(methods))


def _on_error(self, websocket, error):
    """As that of Controller. What goes wrong with a call of a peer's is its answer, and ends no connection."""
    if isinstance(error, GLib.Error):
        _c_on_error(self, websocket, to_gerror(error))
    else:
        Nx.Controller.on_error(self, websocket, error)


further.append(_implement)
Nx.RpcController.on_error = _on_error
