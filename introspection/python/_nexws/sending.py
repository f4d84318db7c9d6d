# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What `send_*`, `accept` and `close` return. They act when they are called; who awaits what they return waits until the peer has
taken enough of it, and who does not need not.
"""

from weakref import ref

from gi.repository import GObject

from .errors import WebSocketDisconnect, disconnect_of
from .loop import get_loop
from .raw import Nx
from .state import state_of

_connect = GObject.Object.connect
_is_congested = Nx.WebSocket.is_congested


class Done:
    """Nothing has to be waited for."""

    __slots__ = ()

    def __await__(self):
        return
        yield


DONE = Done()


_NOTHING = iter(())


class Sent:
    """Waits for the low-water mark, where there is more than that. One for all messages of a connection."""

    __slots__ = ("_ws", "may_wait")

    def __init__(self, ws):
        self._ws = ref(ws)
        self.may_wait = True  # False: when the last message was sent there was not more

    def __await__(self):
        return self._wait() if self.may_wait else _NOTHING

    def _wait(self):
        ws = self._ws()
        if ws is not None and _is_congested(ws):
            yield from drained(ws).__await__()


class Over:
    """The peer has ended its side, and all that it sent has been received. What is sent still leaves, but who awaits that is told, or a
    coroutine that only sends would go on until the connection itself has ended."""

    __slots__ = ("_code", "_reason", "may_wait")

    def __init__(self, ws):
        self._code = ws.get_close_code()
        self._reason = ws.get_close_reason()

    def __await__(self):
        yield  # who fails in a loop leaves the others a turn
        raise WebSocketDisconnect(self._code, self._reason)


def _on_close_code(ws, pspec):
    """The handler of `notify::close-code`, for all connections."""
    ws._nexws.sent = Over(ws)


def watch_end(ws):
    """Looks out for the end of what the peer says, when somebody first sends or waits for this connection."""
    state_of(ws).watched = True
    _connect(ws, "notify::close-code", _on_close_code)
    if ws.get_close_code():
        _on_close_code(ws, None)


def drained(ws):
    """A future: what is unsent has fallen to the low-water mark."""
    future = get_loop().create_future()
    if ws.get_close_code():  # which was told before anybody waited
        future.set_exception(disconnect_of(ws))
        return future

    def done(ws, *args):
        if future.done():
            return
        if args:
            future.set_exception(disconnect_of(ws))
        else:
            future.set_result(None)

    handlers = [_connect(ws, name, done) for name in ("drain", "closed", "notify::close-code")]
    of = ref(ws)

    def forget(future):
        ws = of()
        for handler in handlers if ws is not None else ():
            if ws.handler_is_connected(handler):
                ws.disconnect(handler)

    # Also when it is cancelled: who tries again and again, with a timeout, would else leave more and more of them.
    future.add_done_callback(forget)
    return future


class Failed:
    """A call that failed at once, made in a coroutine. Who awaits it leaves the others a turn before it gets the error; when nobody
    does, the error is the handler's."""

    __slots__ = ("_error", "_report")

    def __init__(self, error, report):
        self._error = error
        self._report = report

    def __await__(self):
        error, self._error = self._error, None
        yield
        raise error

    def __del__(self):
        if self._error is not None:
            self._report(self._error)
