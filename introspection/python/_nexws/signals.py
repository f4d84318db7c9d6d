# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signal handlers of either kind: `ws.connect("message", func)`, where `func` may be `async def` and may raise."""

import inspect

from gi.repository import GObject

from .dispatch import fail, log, name_of, start, watch
from .loop import interrupt, is_end, start_task
from .raw import Nx
from .state import here

_connect = GObject.Object.connect
_connect_after = GObject.Object.connect_after
_PASS = Nx.Verdict.PASS
_REFUSE = Nx.Verdict.REFUSE
_CONNECTING = Nx.State.CONNECTING


class Handler:
    """Calls a user's function for a signal. It is equal to that function, so that `disconnect_by_func` finds it."""

    __slots__ = ("_func", "_is_verdict")

    def __init__(self, func, is_verdict):
        self._func = func
        self._is_verdict = is_verdict

    def __eq__(self, other):
        return self is other or self._func == other

    __hash__ = None

    def __call__(self, *args):
        ws = next((arg for arg in args[:2] if isinstance(arg, Nx.WebSocket)), None)
        now = here()
        outer, now.ws = now.ws, ws
        try:
            result = self._func(*args)
            if not inspect.iscoroutine(result):
                return result
            if self._is_verdict:
                ws.defer()
                start_task(decide(ws, result, self._func))
                return _PASS
            if ws is not None:
                start(ws, result, self._func)
            else:
                start_task(_log(result, self._func))
        except (KeyboardInterrupt, SystemExit) as error:
            interrupt(error)
        except BaseException as error:
            if ws is not None and not self._is_verdict:
                fail(ws, error, self._func)
            else:
                log.error("Exception in %s", name_of(self._func), exc_info=error)
        finally:
            now.ws = outer
        return _REFUSE if self._is_verdict else None


async def _log(coroutine, func):
    try:
        await watch(coroutine, func)
    except BaseException as error:
        if is_end(error):
            raise
        log.error("Exception in %s", name_of(func), exc_info=error)


async def decide(ws, coroutine, func):
    """An async handler of `middleware`: the handshake waits for its verdict."""
    verdict = _REFUSE
    status = 403
    try:
        verdict = await watch(coroutine, func)
    except BaseException as error:
        if is_end(error):
            raise
        status = 500
        log.error("Connection %s to %.128s: exception in %s", ws.get_id(), ws.get_path(), name_of(func), exc_info=error)
    if ws.get_state() != _CONNECTING:
        return
    if verdict == _PASS:
        ws.proceed()
    else:
        ws.reject(status, None)


def connect(self, signal, func, *args):
    """Connects a function to a signal: `def` or `async def`. What it raises reaches `on_error` and the log."""
    return _connect(self, signal, Handler(func, signal == "middleware"), *args)


def connect_after(self, signal, func, *args):
    """As `connect`, behind the class's own handler."""
    return _connect_after(self, signal, Handler(func, signal == "middleware"), *args)


for _class in (Nx.WebSocket, Nx.Router, Nx.Route, Nx.Controller, Nx.Group):
    _class.connect = connect
    _class.connect_after = connect_after
