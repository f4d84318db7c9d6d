# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Middleware as an onion: `async def auth(websocket, call_next)`. `call_next()` lets the handshake go on, to the next middleware and at
last to the route; awaited, it returns when the connection is over. Who returns without having called it has refused.
"""

import inspect
from time import perf_counter

from gi._gi import hook_up_vfunc_implementation
from gi.repository import GObject

from .dispatch import SLOW_S, accepts, check_signature, log, name_of, tell_slow, watch
from .loop import get_loop, interrupt, is_end, start_task
from .raw import Nx
from .signals import decide
from .state import here, state_of

_connect = GObject.Object.connect
_PASS = Nx.Verdict.PASS
_CONNECTING = Nx.State.CONNECTING
_WANTED = "def or async def with two parameters, the websocket and call_next, or a class whose instances are called like that"


class _Next:
    """What `call_next()` returns: waits for the end of the connection."""

    __slots__ = ("_ws",)

    def __init__(self, ws):
        self._ws = ws

    def __await__(self):
        state = state_of(self._ws)
        if state.finished:
            return
        future = get_loop().create_future()

        def finished(ws):
            ws.disconnect(handler)
            if not future.done():
                future.set_result(None)

        handler = _connect(self._ws, "finished", finished)
        yield from future


def _run(ws, chain, index):
    """Asks a middleware; behind the last one, the handshake goes on."""
    if index == len(chain):
        ws.proceed()
        return
    func = chain[index]
    was_called = False

    def call_next(*args):
        nonlocal was_called
        if was_called:
            raise RuntimeError(f"{name_of(func)} called call_next() twice")
        was_called = True
        if ws.get_state() == _CONNECTING:
            _run(ws, chain, index + 1)
        return _Next(ws)

    try:
        result = func(ws, call_next)
        if inspect.iscoroutine(result):
            start_task(_drive(ws, result, func, lambda: was_called))
            return
    except BaseException as error:
        _fail(ws, error, func)
        return
    _settle(ws, was_called)


async def _drive(ws, coroutine, func, was_called):
    try:
        await watch(coroutine, func)
    except BaseException as error:
        if is_end(error):
            raise
        _fail(ws, error, func)
        return
    _settle(ws, was_called())


def _settle(ws, was_called):
    if not was_called and ws.get_state() == _CONNECTING:
        ws.reject(403, None)


def _fail(ws, error, func):
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        interrupt(error)
        return
    log.error("Connection %s to %.128s: exception in middleware %s", ws.get_id(), ws.get_path(), name_of(func), exc_info=error)
    if ws.get_state() == _CONNECTING:
        ws.reject(500, None)


# -- Classes of the library's own kind --

_REFUSE = Nx.Verdict.REFUSE
_VFUNCS = {info.get_name(): info for info in Nx.Middleware.__info__.get_vfuncs()}
_N_ARGUMENTS = {"handshake": 2, "received": 3, "sent": 3, "closed": 4, "refused": 5}


def _find(cls, name):
    """The method of that name, with `do_` or without it; None: the library's own."""
    for base in cls.__mro__:
        if base.__module__.startswith("gi.repository"):
            return None
        for spelling in (name, "do_" + name):
            func = base.__dict__.get(spelling)
            if inspect.isfunction(func):
                return func
    return None


def _make_virtual(name, func):
    """What C calls: an exception is logged with its traceback, and refuses what can be refused."""
    has_verdict = name in ("handshake", "received")
    keeps = name in ("sent", "received")

    def virtual(self, first, *args):
        ws = first if isinstance(first, Nx.WebSocket) else None
        if keeps and is_coroutine:
            args = (args[0].ref(),)  # the message that C lends goes when this returns
        now = here()
        outer, now.ws = now.ws, ws
        began = perf_counter()
        try:
            result = func(self, first, *args)
            if inspect.iscoroutine(result):
                if name == "handshake":
                    first.defer()
                    start_task(decide(first, result, func))
                    return _PASS
                start_task(_log(ws, result, func))
                return None
            if has_verdict and not isinstance(result, (bool, Nx.Verdict)):
                raise TypeError(f"{name_of(func)} returned {result!r}; wanted: Verdict.PASS or Verdict.REFUSE")
            return result if has_verdict else None
        except BaseException as error:
            if ws is not None:
                # A handshake that failed is not the client's fault: 500, where a plain refusal would say 403.
                (_fail if name == "handshake" else _report)(ws, error, func)
            elif isinstance(error, (KeyboardInterrupt, SystemExit)):
                interrupt(error)
            else:
                log.error("Exception in middleware %s", name_of(func), exc_info=error)
            return _REFUSE if has_verdict else None
        finally:
            now.ws = outer
            if perf_counter() - began > SLOW_S:
                tell_slow(func, perf_counter() - began)

    is_coroutine = inspect.iscoroutinefunction(func)
    return virtual


def _report(ws, error, func):
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        interrupt(error)
        return
    log.error("Connection %s to %.128s: exception in middleware %s", ws.get_id(), ws.get_path(), name_of(func), exc_info=error)


async def _log(ws, coroutine, func):
    try:
        await watch(coroutine, func)
    except BaseException as error:
        if is_end(error):
            raise
        if ws is not None:
            _report(ws, error, func)
        else:
            log.error("Exception in middleware %s", name_of(func), exc_info=error)


class MiddlewareMeta(type(Nx.Middleware)):
    """Finds a class's methods when it is made."""

    def __init__(cls, name, bases, namespace):
        super().__init__(name, bases, namespace)
        if cls.__module__.startswith("gi.repository"):
            return
        for one, n in _N_ARGUMENTS.items():
            func = _find(cls, one)
            if func is None:
                continue
            if not accepts(func, n):
                raise TypeError(f"{name_of(func)} cannot be called with {n - 1} arguments besides self")
            if one == "received" and inspect.iscoroutinefunction(func):
                raise TypeError(f"{name_of(func)} says at once whether a message is delivered: it has to be a def, and not an async def")
            hook_up_vfunc_implementation(_VFUNCS[one], cls.__gtype__, _make_virtual(one, func))


Nx.Middleware.__class__ = MiddlewareMeta


def add_ws_middleware(self, middleware):
    """Adds a middleware, which sees every handshake that leads to a route in or below this router, in the order added.

    It is `def` or `async def` with the websocket and `call_next`, an object that can be called like that, a class of such objects, or
    an Nx.Middleware.
    """
    if inspect.isclass(middleware):
        middleware = middleware()
    if isinstance(middleware, Nx.Middleware):
        self.add_middleware(middleware)
        return middleware
    check_signature(middleware, 2, _WANTED)
    chain = self.__dict__.get("_nexws_chain")
    if chain is None:
        chain = self._nexws_chain = []

        def ask(router, ws):
            ws.defer()
            _run(ws, tuple(chain), 0)
            return _PASS

        _connect(self, "middleware", ask)
    chain.append(middleware)
    return middleware
