# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Middleware as an onion: `async def auth(websocket, call_next)`. `call_next()` lets the handshake go on, to the next middleware and at
last to the route; awaited, it returns when the connection is over. Who returns without having called it has refused.
"""

import inspect

from gi.repository import GObject

from .dispatch import check_signature, log, name_of, watch
from .loop import get_loop, interrupt, is_end, start_task
from .raw import Nx
from .state import state_of

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
