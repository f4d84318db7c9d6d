# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Calling the application's handlers, plain functions and coroutines, on behalf of a connection. Whatever goes wrong in one reaches
`on_error` and the log; none takes the loop for long without being named.
"""

import functools
import inspect
import logging
import types
from asyncio import CancelledError
from time import monotonic, perf_counter

from gi.repository import GLib

from .errors import PEER_MADE, encodable, to_gerror
from .loop import interrupt, is_ending, start_task
from .raw import Nx
from .receiving import listen
from .state import current, here, state_of

log = logging.getLogger("nexws")

SLOW_S = 0.1
"""A handler that holds the loop for longer is named in a warning."""

_SLOW_INTERVAL_S = 10
_slow_warnings = {}
_told = set()

_begin_handler = Nx.WebSocket.begin_handler
_end_handler = Nx.WebSocket.end_handler
_handler_returned = Nx.WebSocket.handler_returned
_reject = Nx.WebSocket.reject
_close = Nx.WebSocket.close
_get_state = Nx.WebSocket.get_state
_CONNECTING = Nx.State.CONNECTING
_OPEN = Nx.State.OPEN


def name_of(func):
    """What to call a user's function, with the line where it stands."""
    if isinstance(func, types.CodeType):
        return f"{func.co_qualname} ({func.co_filename}:{func.co_firstlineno})"
    func = inspect.unwrap(func) if callable(func) else func
    while hasattr(func, "func"):  # functools.partial
        func = func.func
    name = getattr(func, "__qualname__", None) or type(func).__qualname__
    module = getattr(func, "__module__", None) or "?"
    code = getattr(func, "__code__", None)
    place = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{module}.{name}{place}"


def tell_slow(func, seconds):
    """Once in a while for each function."""
    key = name_of(func)
    moment = monotonic()
    if moment - _slow_warnings.get(key, -_SLOW_INTERVAL_S) < _SLOW_INTERVAL_S:
        return
    _slow_warnings[key] = moment
    log.warning(
        "%s held the loop for %d ms, and every other connection waited: what takes long belongs in a coroutine that awaits, "
        "or in a thread (asyncio.to_thread)",
        key,
        seconds * 1000,
    )


def failing():
    """The exception that C reports at the moment, and where it came from; or (None, None)."""
    stack = here().failing
    return stack[-1] if stack else (None, None)


def report(ws, error, func):
    """An exception goes to the log, with its traceback. What any peer can bring about as often as it likes is a warning but once."""
    level = logging.ERROR
    if isinstance(error, PEER_MADE):
        level = logging.INFO if type(error) in _told else logging.WARNING
        _told.add(type(error))
    log.log(level, "Connection %s to %.128s: exception in %s", ws.get_id(), ws.get_path(), name_of(func), exc_info=error)


def tell_peer(ws, fault):
    """A peer hears of its own faults, and the log hardly."""
    text = encodable(str(fault))
    log.info("Connection %s to %.128s: %s", ws.get_id(), ws.get_path(), text)
    end_with(ws, fault.close_code, text)


def end_with(ws, code, reason=None):
    """Ends a connection whose handler failed."""
    state = _get_state(ws)
    if state == _CONNECTING:
        _reject(ws, 500, None)
    elif state == _OPEN:
        _close(ws, code, reason.encode()[:123].decode(errors="ignore") if reason else None)


def fail(ws, error, func):
    """An exception came out of a handler: it goes to on_error, or to the route's `error`, through C."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        interrupt(error)
        return
    if state_of(ws).finished:  # nobody stands behind it any more
        report(ws, error, func)
        return
    _begin_handler(ws)
    stack = here().failing
    stack.append((error, func))
    try:
        _end_handler(ws, to_gerror(error))
    finally:
        stack.pop()


@types.coroutine
def watch(coroutine, func):
    """Runs a coroutine, and looks at the clock at each of its steps."""
    send = coroutine.send
    value = None
    thrown = []  # an exception knows this frame, and must not find itself in it: that circle would keep the connection
    while True:
        began = perf_counter()
        try:
            result = send(value) if not thrown else coroutine.throw(thrown.pop())
        except StopIteration as stop:
            return stop.value
        finally:
            if perf_counter() - began > SLOW_S:
                tell_slow(func, perf_counter() - began)
        try:
            value = yield result
        except GeneratorExit:
            coroutine.close()
            raise
        except BaseException as error:
            thrown.append(error)
            value = None


async def _drive(ws, coroutine, func, raised):
    """A handler's coroutine, to its end. The exception that came out of it is not the task's, which would make a circle: the exception
    knows the frames that the task's step came through."""
    current.set(ws)
    try:
        await watch(coroutine, func)
    except (KeyboardInterrupt, SystemExit):
        raise
    except CancelledError as error:
        if not state_of(ws).finished and not is_ending():
            raised.append(error)
    except BaseException as error:
        raised.append(error)


def start(ws, coroutine, func, is_last=False):
    """Runs a handler's coroutine; the connection's other handlers wait for it. All but the last one, on_disconnect, are cancelled
    when they have not come back in time after the end."""
    _begin_handler(ws)
    raised = []
    task = start_task(_drive(ws, coroutine, func, raised))
    if task.done():
        _finish(ws, task, func, raised)
        return
    state = state_of(ws)
    if not state.connected:
        listen(ws, state)
    if not is_last:
        state.tasks.add(task)
    task.add_done_callback(lambda task: _finish(ws, task, func, raised))


def _finish(ws, task, func, raised):
    state_of(ws).tasks.discard(task)
    if not task.cancelled():
        task.exception()  # KeyboardInterrupt and SystemExit have gone their own way
    try:
        if raised:
            fail(ws, raised.pop(), func)
    finally:
        _handler_returned(ws)


def call(ws, func, *args, is_last=False):
    """Calls a handler that may be of either kind, and is not called often."""
    now = here()
    outer, now.ws = now.ws, ws
    began = perf_counter()
    try:
        result = func(*args)
        if result is not None and inspect.iscoroutine(result):
            start(ws, result, func, is_last)
            return
    except BaseException as error:
        fail(ws, error, func)
    finally:
        now.ws = outer
    if perf_counter() - began > SLOW_S:
        tell_slow(func, perf_counter() - began)


def accepts(func, n):
    """Whether `func` can be called with `n` positional arguments; True where nobody can tell."""
    try:
        inspect.signature(func).bind(*[None] * n)
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def refuse_generator(func, wanted):
    """Calling one runs nothing of it: nobody would see that it is never iterated."""
    inner = func
    while isinstance(inner, functools.partial):
        inner = inner.func
    for one in (inner, getattr(type(inner), "__call__", None)):
        if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
            raise TypeError(f"{name_of(func)} has a yield in it, and would never run; wanted: {wanted}")


def check_signature(func, n, wanted):
    """A handler that could never be called is told when it is added."""
    if not callable(func):
        raise TypeError(f"{func!r} is not callable; wanted: {wanted}")
    refuse_generator(func, wanted)
    if not accepts(func, n):
        raise TypeError(f"{name_of(func)} cannot be called with {n} argument{'s' if n > 1 else ''}: {wanted}")
